// Products of a matrix with several vectors at once. The instructions are put together here, byte by
// byte, for WebAssembly's vectors of four numbers; where a browser has none of these, plain loops.

const MOST_VECTORS = 9;
const LANES = 4;
const PAGE_BYTES = 65536;

/** A matrix in a kernel's memory: `rows` of `steps` times four columns, and a bias for each row. */
class Matrix {
  constructor(place, rows, columns, bias) {
    Object.assign(this, { place, rows, columns, bias, steps: Math.ceil(columns / LANES) });
  }
}

export class Kernel {
  /** @param {{rows: number, columns: number}[]} sizes of all matrices; @param {boolean} isPlain */
  constructor(sizes, isPlain = false) {
    const numbers = sizes.map(({ rows, columns }) => rows * LANES * Math.ceil(columns / LANES));
    const most = (size) => Math.max(LANES, ...sizes.map(size));
    this.inputs = 0;
    this.outputs = this.inputs + 4 * MOST_VECTORS * (most(({ columns }) => columns) + LANES);
    this.free = 16 * Math.ceil((this.outputs + 4 * MOST_VECTORS * most(({ rows }) => rows)) / 16);
    const bytes = this.free + 4 * numbers.reduce((sum, one) => sum + one, 0);
    this.module = isPlain ? null : compiled();
    if (this.module) {
      const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE_BYTES) + 1 });
      this.calls = new WebAssembly.Instance(this.module, { reverie: { memory } }).exports;
      this.buffer = memory.buffer;
    } else {
      this.buffer = new ArrayBuffer(bytes);
    }
    this.memory = new Float32Array(this.buffer);
  }

  /** Put a matrix [rows, columns] into memory. */
  matrix(values, rows, columns, bias) {
    const matrix = new Matrix(this.free, rows, columns, bias);
    const stride = LANES * matrix.steps;
    for (let row = 0; row < rows; row += 1) {
      this.memory.set(values.subarray(row * columns, (row + 1) * columns), this.free / 4 + row * stride);
    }
    this.free += 4 * rows * stride;
    return matrix;
  }

  /**
   * Compute matrix times vector plus bias, for each of `count` vectors.
   *
   * @param {Float32Array} vectors [count, columns]; @param {Float32Array} results [count, rows]
   */
  multiply(matrix, vectors, count, results) {
    const { rows, columns, bias } = matrix;
    const parts = Math.ceil(count / MOST_VECTORS);
    let first = 0;
    for (let part = 0; part < parts; part += 1) {
      const width = Math.floor(count / parts) + (part < count % parts ? 1 : 0);
      this.arrange(vectors, first, width, columns);
      if (this.module) this.callAll(matrix, width);
      else this.plain(matrix, width);
      const found = this.outputs / 4;
      for (let vector = 0; vector < width; vector += 1) {
        const to = (first + vector) * rows;
        const from = found + vector * rows;
        if (bias) for (let row = 0; row < rows; row += 1) results[to + row] = this.memory[from + row] + bias[row];
        else results.set(this.memory.subarray(from, from + rows), to);
      }
      first += width;
    }
  }

  /** Four numbers of each vector in turn, zeros after the last. */
  arrange(vectors, first, width, columns) {
    const steps = Math.ceil(columns / LANES);
    const { memory } = this;
    for (let vector = 0; vector < width; vector += 1) {
      const from = (first + vector) * columns;
      for (let column = 0; column < steps * LANES; column += 1) {
        const place = (column >> 2) * width * LANES + vector * LANES + (column & 3);
        memory[place] = column < columns ? vectors[from + column] : 0;
      }
    }
  }

  callAll({ place, rows, steps }, width) {
    const tile = tileOf(width);
    const whole = Math.floor(rows / tile);
    const stride = 4 * rows;
    if (whole) this.calls[nameOf(tile, width)](place, this.inputs, this.outputs, whole, steps, stride);
    const rest = rows - whole * tile;
    const done = whole * tile;
    if (rest) this.calls[nameOf(1, width)](place + done * steps * 16, this.inputs, this.outputs + 4 * done, rest, steps, stride);
  }

  plain({ place, rows, steps }, width) {
    const { memory } = this;
    for (let vector = 0; vector < width; vector += 1) {
      for (let row = 0; row < rows; row += 1) {
        const weights = place / 4 + row * steps * LANES;
        let a = 0;
        let b = 0;
        let c = 0;
        let d = 0;
        for (let step = 0; step < steps; step += 1) {
          const weight = weights + step * LANES;
          const input = (step * width + vector) * LANES;
          a += memory[weight] * memory[input];
          b += memory[weight + 1] * memory[input + 1];
          c += memory[weight + 2] * memory[input + 2];
          d += memory[weight + 3] * memory[input + 3];
        }
        memory[this.outputs / 4 + vector * rows + row] = a + b + (c + d);
      }
    }
  }
}

/** Rows that are computed together: as many sums as a processor has registers for. */
const tileOf = (width) => (width > 4 ? 1 : [4, 4, 4, 3, 2][width]);
const nameOf = (tile, width) => `r${tile}v${width}`;

let cached;

function compiled() {
  if (cached !== undefined) return cached;
  try {
    cached = new WebAssembly.Module(moduleBytes());
  } catch {
    cached = null;
  }
  return cached;
}

const I32 = 0x7f;
const V128 = 0x7b;
const get = (local) => [0x20, ...unsigned(local)];
const set = (local) => [0x21, ...unsigned(local)];
const tee = (local) => [0x22, ...unsigned(local)];
const constant = (value) => [0x41, ...signed(value)];
const ADD = [0x6a];
const load = (offset) => [0xfd, 0x00, 2, ...unsigned(offset)];
const VECTOR_ADD = [0xfd, 0xe4, 0x01];
const VECTOR_MULTIPLY = [0xfd, 0xe6, 0x01];
const ZEROS = [0xfd, 0x0c, ...new Array(16).fill(0)];
const lane = (index) => [0xfd, 0x1f, index];
const LANE_ADD = [0x92];
const store = (offset) => [0x38, 2, ...unsigned(offset)];
const moved = (local, by) => [...get(local), ...by, ...ADD, ...set(local)];

/** A module of one function for each number of rows and vectors that are computed together. */
function moduleBytes() {
  const kinds = [];
  for (let width = 1; width <= MOST_VECTORS; width += 1) {
    for (const tile of new Set([1, tileOf(width)])) kinds.push([tile, width]);
  }
  const text = (value) => listed([...value].map((one) => one.charCodeAt(0)));
  const type = [0x60, ...listed([I32, I32, I32, I32, I32, I32]), 0];
  return new Uint8Array([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, [1, ...type]),
    ...section(2, [1, ...text("reverie"), ...text("memory"), 0x02, 0x00, 1]),
    ...section(3, listed(kinds.map(() => 0))),
    ...section(7, [kinds.length, ...kinds.flatMap(([tile, width], index) => [...text(nameOf(tile, width)), 0, index])]),
    ...section(10, [kinds.length, ...kinds.flatMap(([tile, width]) => listed(body(tile, width)))]),
  ]);
}

/** Of `(weights, inputs, outputs, groups, steps, stride)`, by which the sums of a row lie apart. */
function body(tile, width) {
  const [weights, inputs, outputs, groups, steps, stride, left, input, rowBytes, output] = Array.from({ length: 10 }, (_, index) => index);
  const row = (index) => 10 + index;
  const weight = (index) => 10 + tile + index;
  const value = 10 + 2 * tile;
  const sum = (index, vector) => value + 1 + index * width + vector;
  const rows = Array.from({ length: tile }, (_, index) => index);
  const vectors = Array.from({ length: width }, (_, index) => index);
  const inner = [
    ...rows.flatMap((index) => [...get(row(index)), ...load(0), ...set(weight(index)), ...moved(row(index), constant(16))]),
    ...vectors.flatMap((vector) => [
      ...get(input), ...load(16 * vector), ...set(value),
      ...rows.flatMap((index) => [...get(sum(index, vector)), ...get(weight(index)), ...get(value), ...VECTOR_MULTIPLY, ...VECTOR_ADD, ...set(sum(index, vector))]),
    ]),
    ...moved(input, constant(16 * width)),
    ...get(left), ...constant(-1), ...ADD, ...tee(left), 0x0d, 0,
  ];
  const total = (local) => [...get(local), ...lane(0), ...get(local), ...lane(1), ...LANE_ADD, ...get(local), ...lane(2), ...get(local), ...lane(3), ...LANE_ADD, ...LANE_ADD];
  const outer = [
    ...get(weights), ...set(row(0)),
    ...rows.slice(1).flatMap((index) => [...get(row(index - 1)), ...get(rowBytes), ...ADD, ...set(row(index))]),
    ...get(row(tile - 1)), ...get(rowBytes), ...ADD, ...set(weights),
    ...get(inputs), ...set(input), ...get(steps), ...set(left),
    ...rows.flatMap((index) => vectors.flatMap((vector) => [...ZEROS, ...set(sum(index, vector))])),
    0x03, 0x40, ...inner, 0x0b,
    ...get(outputs), ...set(output),
    ...vectors.flatMap((vector) => [
      ...rows.flatMap((index) => [...get(output), ...total(sum(index, vector)), ...store(4 * index)]),
      ...moved(output, get(stride)),
    ]),
    ...moved(outputs, constant(4 * tile)),
    ...get(groups), ...constant(-1), ...ADD, ...tee(groups), 0x0d, 0,
  ];
  const locals = [2, 4 + tile, I32, ...unsigned(tile + 1 + tile * width), V128];
  return [...locals, ...get(steps), ...constant(4), 0x74, ...set(rowBytes), 0x03, 0x40, ...outer, 0x0b, 0x0b];
}

const listed = (items) => [...unsigned(items.length), ...items];
const section = (number, content) => [number, ...listed(content)];

function unsigned(value) {
  const bytes = [];
  for (let left = value; ; left >>>= 7) {
    if (left < 128) return [...bytes, left];
    bytes.push((left & 127) | 128);
  }
}

function signed(value) {
  const bytes = [];
  for (let left = value; ; left >>= 7) {
    const isLast = (left >= 0 && left < 64) || (left < 0 && left >= -64);
    bytes.push((left & 127) | (isLast ? 0 : 128));
    if (isLast) return bytes;
  }
}

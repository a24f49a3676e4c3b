// What was learnt: many tables in one sequence of bytes, each number as few bits as it needs.

const [FIRST, LEFT_OUT, CHARACTERS, PAIR_BITS] = [0x23, 0x3c, 91, 13];

/** Undo `packing.py`: two characters of 91, from # to ~ without <, for each 13 bits of `size` bytes. */
export function fromText(text, size) {
  const digit = (index) => {
    const code = text.charCodeAt(index);
    return code - FIRST - (code > LEFT_OUT ? 1 : 0);
  };
  const bytes = new Uint8Array(size);
  let [bits, waiting, place] = [0, 0, 0];
  for (let index = 0; place < size; index += 2) {
    bits = (bits << PAIR_BITS) | (CHARACTERS * digit(index) + digit(index + 1));
    waiting += PAIR_BITS;
    for (; waiting >= 8 && place < size; place += 1) {
      waiting -= 8;
      bytes[place] = bits >> waiting;
    }
    bits &= (1 << waiting) - 1;
  }
  return bytes;
}

/** Undo the compression of zlib. */
export async function unpacked(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * @param {Uint8Array} bytes
 * @param {Object<string, {kind: string, shape: number[], at: number, scales_at: number}>} places
 * @returns {Object<string, {shape: number[], values: Float32Array}>}
 */
export function tablesOf(bytes, places) {
  return Object.fromEntries(Object.entries(places).map(([name, place]) => [name, { shape: place.shape, values: valuesOf(bytes, place) }]));
}

function valuesOf(bytes, { kind, shape, at, scales_at: scalesAt }) {
  const count = shape.reduce((product, one) => product * one, 1);
  const part = (size, from = at) => bytes.slice(from, from + size).buffer;
  switch (kind) {
    case "float32": return new Float32Array(part(4 * count));
    case "float16": return Float32Array.from(new Uint16Array(part(2 * count)), half);
    case "uint16": return Float32Array.from(new Uint16Array(part(2 * count)));
    case "int16": return Float32Array.from(new Int16Array(part(2 * count)), (value) => value / 32768);
    case "rows": {
      const columns = shape[shape.length - 1];
      const scales = new Float32Array(part((4 * count) / columns, scalesAt));
      const whole = new Int8Array(part(count));
      const values = new Float32Array(count);
      for (let index = 0; index < count; index += 1) values[index] = whole[index] * scales[Math.floor(index / columns)];
      return values;
    }
    default: throw new Error(`no table is of the kind ${kind}`);
  }
}

function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return exponent === 31 ? sign * Infinity : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

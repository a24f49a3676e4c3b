// Networks that tell something of each frame from its vector and those around it.
//
// Letters: C channels of the network, L frames of context on either side.

const KERNEL_FRAMES = 5;

/** A matrix and its bias, in the kernel's memory. */
export function linearOf(name, tables, kernel) {
  const { shape: [rows, columns], values } = tables[`${name}.weight`];
  return kernel.matrix(values, rows, columns, tables[`${name}.bias`]?.values ?? null);
}

/** What was learnt of a network; many streams may use it. */
export class ContextNetwork {
  /** @param {string} name begins the names of its tables; @param {number} blocks one after another */
  constructor(name, blocks, tables, kernel) {
    const each = (part) => Array.from({ length: blocks }, (_, index) => linearOf(`${name}.${part}.${index}`, tables, kernel));
    this.kernel = kernel;
    this.enter = linearOf(`${name}.enter`, tables, kernel);
    this.leave = linearOf(`${name}.leave`, tables, kernel);
    this.convolve = each("convolve");
    this.mix = each("mix");
  }

  /** L. */
  get context() {
    return (this.convolve.length * (KERNEL_FRAMES - 1)) / 2;
  }

  apply(matrix, vectors) {
    const count = vectors.length / matrix.columns;
    const results = new Float32Array(count * matrix.rows);
    if (count) this.kernel.multiply(matrix, vectors, count, results);
    return results;
  }
}

/** A network that hears one stream: its last frames wait for those after them. */
export class Listener {
  /** @param {ContextNetwork} network; @param {Float32Array} before vectors of the L frames before */
  constructor(network, before) {
    this.network = network;
    this.waiting = network.convolve.map(() => new Float32Array(0));
    this.take(before);
  }

  /** Take vectors of frames; what is told of those whose context there is. */
  take(vectors) {
    const { network } = this;
    let hidden = network.apply(network.enter, vectors);
    for (let block = 0; block < this.waiting.length; block += 1) hidden = this.through(block, hidden);
    return network.apply(network.leave, hidden);
  }

  /** Frames [any, C] through a block: [fewer, C]. */
  through(block, frames) {
    const { network } = this;
    const channels = network.enter.rows;
    const hidden = joined(this.waiting[block], frames);
    const count = Math.max(0, hidden.length / channels - KERNEL_FRAMES + 1);
    this.waiting[block] = hidden.slice(count * channels);
    const around = new Float32Array(count * KERNEL_FRAMES * channels);
    for (let frame = 0; frame < count; frame += 1) around.set(hidden.subarray(frame * channels, (frame + KERNEL_FRAMES) * channels), frame * KERNEL_FRAMES * channels);
    const inner = network.apply(network.convolve[block], around);
    for (let index = 0; index < inner.length; index += 1) inner[index] = gelu(inner[index]);
    const mixed = network.apply(network.mix[block], inner);
    const middle = ((KERNEL_FRAMES - 1) / 2) * channels;
    for (let index = 0; index < mixed.length; index += 1) mixed[index] += hidden[middle + index];
    return mixed;
  }
}

export function joined(first, second) {
  const all = new first.constructor(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}

const gelu = (x) => (x / 2) * (1 + errorFunction(x / Math.SQRT2));

/** The error function, to 1.2e-7 (Press et al. 1992, by Chebyshev fitting). */
function errorFunction(x) {
  const t = 1 / (1 + Math.abs(x) / 2);
  const series = -1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418 + t * (-0.18628806 + t * (0.27886807 + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277))))))));
  const rest = t * Math.exp(-x * x + series);
  return x >= 0 ? 1 - rest : rest - 1;
}

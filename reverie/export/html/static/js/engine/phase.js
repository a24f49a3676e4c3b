// Finds phases for magnitudes: a guess from their slopes (Průša, Balazs & Søndergaard 2017), then steps
// of fast Griffin-Lim (Perraudin, Balazs & Søndergaard 2013).
//
// Letters: N frames of the short-time transform, F bins, W samples of a window, h hop = W / 4.

import { RealFourier } from "./fourier.js";

const OVERLAP = 4;
const HANN_GAMMA = 0.25645;
const ITERATIONS = 8;
const MOMENTUM = 0.99;
const SMALLEST = 1e-8;
const RATIO = OVERLAP * HANN_GAMMA;

/** Short-time transforms with a Hann window. */
export class ShortTime {
  constructor(windowSamples) {
    this.windowSamples = windowSamples;
    this.hop = windowSamples / OVERLAP;
    this.bins = windowSamples / 2 + 1;
    this.fourier = new RealFourier(windowSamples);
    this.window = Float64Array.from({ length: windowSamples }, (_, index) => Math.fround((1 - Math.cos((2 * Math.PI * index) / windowSamples)) / 2));
    this.block = new Float64Array(windowSamples);
    this.squares = new Map();
  }

  /** Transform [(N + 3) h] to N frames of F pairs. */
  transform(samples, bins = null) {
    const count = samples.length / this.hop - OVERLAP + 1;
    const found = bins ?? new Float64Array(2 * count * this.bins);
    const { window, block, windowSamples } = this;
    for (let frame = 0; frame < count; frame += 1) {
      const first = frame * this.hop;
      for (let index = 0; index < windowSamples; index += 1) block[index] = samples[first + index] * window[index];
      this.fourier.forward(block, found, 2 * frame * this.bins);
    }
    return found;
  }

  /** The samples whose transform is nearest to N frames: [(N + 3) h]. */
  overlapAdd(bins, samples) {
    const count = samples.length / this.hop - OVERLAP + 1;
    const { window, windowSamples } = this;
    samples.fill(0);
    for (let frame = 0; frame < count; frame += 1) {
      const block = this.fourier.inverse(bins, 2 * frame * this.bins);
      const first = frame * this.hop;
      for (let index = 0; index < windowSamples; index += 1) samples[first + index] += block[index] * window[index];
    }
    const squares = this.squaresOf(count);
    for (let index = 0; index < samples.length; index += 1) samples[index] /= squares[index];
  }

  squaresOf(count) {
    if (!this.squares.has(count)) {
      const total = new Float64Array((count + OVERLAP - 1) * this.hop);
      for (let frame = 0; frame < count; frame += 1) {
        for (let index = 0; index < this.windowSamples; index += 1) total[frame * this.hop + index] += this.window[index] ** 2;
      }
      this.squares.set(count, total.map((one) => Math.max(one, SMALLEST)));
    }
    return this.squares.get(count);
  }
}

/**
 * Continue the phases of a frame by the slopes of the magnitudes.
 *
 * @param {Float64Array} logs [N + 1, F], the first of which is of the frame before
 * @param {Float64Array} before [F], its phases
 * @returns {Float64Array} [N, F]
 */
export function firstPhases(logs, before, bins) {
  const count = logs.length / bins - 1;
  const phases = new Float64Array(count * bins);
  const climbed = new Float64Array(bins);
  const sources = new Int32Array(bins);
  let last = before;
  let along = alongOf(logs, 0, bins);
  for (let frame = 1; frame <= count; frame += 1) {
    const first = frame * bins;
    const next = alongOf(logs, first, bins);
    const isLast = frame === count;
    const across = (bin) => (isLast ? 0 : (logs[first + bins + bin] - logs[first - bins + bin]) * (-RATIO / 2)) - Math.PI;
    let sum = 0;
    let here = across(0);
    for (let bin = 0; bin + 1 < bins; bin += 1) {
      const there = across(bin + 1);
      climbed[bin] = sum / 2;
      sum += here + there;
      here = there;
    }
    climbed[bins - 1] = sum / 2;
    findSources(logs, first, bins, sources);
    const found = phases.subarray(first - bins, first);
    for (let bin = 0; bin < bins; bin += 1) {
      const source = sources[bin];
      found[bin] = last[source] + climbed[bin] + (along[source] + next[source]) / 2 - climbed[source];
    }
    last = found;
    along = next;
  }
  return phases;
}

/** How the phase moves from frame to frame. */
function alongOf(logs, first, bins) {
  const along = new Float64Array(bins);
  for (let bin = 0; bin < bins; bin += 1) {
    const slope = bin === 0 || bin === bins - 1 ? 0 : (logs[first + bin + 1] - logs[first + bin - 1]) / (2 * RATIO);
    along[bin] = slope + ((2 * Math.PI) / OVERLAP) * (bin % OVERLAP);
  }
  return along;
}

/** The bin whose phase leads to that of each bin: its own in the frame before, if that stands out. */
function findSources(logs, first, bins, sources) {
  const own = (bin) => {
    const louder = Math.max(bin ? logs[first + bin - 1] : -Infinity, bin + 1 < bins ? logs[first + bin + 1] : -Infinity);
    return logs[first - bins + bin] >= louder || logs[first + bin] >= louder;
  };
  let [from, to] = [-1, -1];
  for (let bin = 0; bin < bins; bin += 1) {
    if (own(bin)) from = bin;
    if (to < bin) {
      to = bin;
      while (to < bins - 1 && !own(to)) to += 1;
    }
    sources[bin] = from >= 0 && logs[first + from] >= logs[first + to] ? from : to;
  }
}

/**
 * Find samples whose magnitudes come near to those wanted.
 *
 * @param {ShortTime} shortTime
 * @param {Float64Array} magnitudes [N, F]
 * @param {Float64Array} spectrum [N, F] pairs, the guess to begin at; it is written over
 * @param {Float64Array} prefix [3 h], samples that stay
 * @returns {Float64Array} [(N + 3) h]
 */
export function refine(shortTime, magnitudes, spectrum, prefix) {
  const count = magnitudes.length / shortTime.bins;
  const samples = new Float64Array((count + OVERLAP - 1) * shortTime.hop);
  let [found, before] = [new Float64Array(spectrum.length), new Float64Array(spectrum.length)];
  for (let iteration = 0; iteration < ITERATIONS; iteration += 1) {
    shortTime.overlapAdd(spectrum, samples);
    samples.set(prefix);
    shortTime.transform(samples, found);
    const push = iteration ? MOMENTUM : 0;
    for (let index = 0; index < magnitudes.length; index += 1) {
      const real = found[2 * index];
      const imag = found[2 * index + 1];
      const pushedReal = real + push * (real - before[2 * index]);
      const pushedImag = imag + push * (imag - before[2 * index + 1]);
      const power = Math.max(pushedReal * pushedReal + pushedImag * pushedImag, SMALLEST * SMALLEST);
      const scale = magnitudes[index] / Math.sqrt(power);
      spectrum[2 * index] = pushedReal * scale;
      spectrum[2 * index + 1] = pushedImag * scale;
    }
    [found, before] = [before, found];
  }
  shortTime.overlapAdd(spectrum, samples);
  samples.set(prefix);
  return samples;
}

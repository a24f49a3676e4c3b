// Logarithmic magnitudes to samples, block after block; two frames of the transform in one of ours.
//
// Letters: n samples a frame, F = n + 1 bins, h = n / 2.

import { firstPhases, refine, ShortTime } from "./phase.js";

const KEPT_FRAMES = 3;
export const FLOOR = 1e-5;
const QUIETEST = Math.log(FLOOR) + 1e-3;

export class Spectrum {
  /** @param {number} hopSamples n; @param {?Float32Array} before samples that what comes continues */
  constructor(hopSamples, before) {
    this.shortTime = new ShortTime(2 * hopSamples);
    this.bins = hopSamples + 1;
    this.fullScale = hopSamples / 2;
    this.overlap = KEPT_FRAMES * this.shortTime.hop;
    this.recent = new Float64Array(2 * this.overlap);
    if (before) this.recent.set(before.subarray(Math.max(0, before.length - this.recent.length)), Math.max(0, this.recent.length - before.length));
    this.magnitudes = magnitudesOf(this.shortTime.transform(this.recent));
  }

  /** Synthesise the next block: logs [T, 2F] -> samples [T n]. */
  next(logs) {
    const { bins, fullScale, overlap, shortTime } = this;
    const spectrum = shortTime.transform(this.recent);
    const before = this.magnitudes.subarray((KEPT_FRAMES - 1) * bins);
    const all = new Float64Array(bins + logs.length);
    const phaseBefore = new Float64Array(bins);
    for (let bin = 0; bin < bins; bin += 1) {
      const pair = 2 * ((KEPT_FRAMES - 1) * bins + bin);
      all[bin] = Math.log(Math.max(before[bin] / fullScale, FLOOR));
      phaseBefore[bin] = Math.atan2(spectrum[pair + 1], spectrum[pair]);
    }
    all.set(logs, bins);
    const phases = firstPhases(all, phaseBefore, bins);
    const magnitudes = new Float64Array(this.magnitudes.length + logs.length);
    magnitudes.set(this.magnitudes);
    const guess = new Float64Array(2 * magnitudes.length);
    guess.set(spectrum);
    for (let index = 0; index < logs.length; index += 1) {
      const place = this.magnitudes.length + index;
      const size = logs[index] > QUIETEST ? Math.exp(logs[index]) * fullScale : 0;
      magnitudes[place] = size;
      guess[2 * place] = size * Math.cos(phases[index]);
      guess[2 * place + 1] = size * Math.sin(phases[index]);
    }
    const samples = refine(shortTime, magnitudes, guess, this.recent.subarray(0, overlap));
    this.recent = samples.slice(-2 * overlap);
    this.magnitudes = magnitudes.slice(-KEPT_FRAMES * bins);
    return Float32Array.from(samples.subarray(overlap, samples.length - overlap));
  }
}

/** The logarithm of the root mean square magnitude of a frame: [2F] from `first`. */
export function level(logs, first, width) {
  let most = -Infinity;
  for (let index = first; index < first + width; index += 1) most = Math.max(most, logs[index]);
  let sum = 0;
  for (let index = first; index < first + width; index += 1) sum += Math.exp(2 * (logs[index] - most));
  return most + Math.log(sum / width) / 2;
}

function magnitudesOf(pairs) {
  return Float64Array.from({ length: pairs.length / 2 }, (_, index) => Math.hypot(pairs[2 * index], pairs[2 * index + 1]));
}

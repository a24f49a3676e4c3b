// Codes to samples: vectors of the codebooks, refined by the frames around them, as magnitudes.
//
// Letters: Q codes of a frame, K principal components, C channels of the decoder, L frames of context.

import { FLOOR, level, Spectrum } from "./spectrum.js";

const KERNEL_FRAMES = 5;

/** A convolution over time that is fed frame by frame: its last frames wait for those after them. */
class Block {
  constructor(convolve, mix, channels) {
    Object.assign(this, { convolve, mix, channels });
    this.waiting = new Float32Array(0);
  }

  /** Take frames [any, C]; what they decide: [fewer, C]. */
  take(frames, kernel) {
    const { channels } = this;
    const hidden = new Float32Array(this.waiting.length + frames.length);
    hidden.set(this.waiting);
    hidden.set(frames, this.waiting.length);
    const count = hidden.length / channels - KERNEL_FRAMES + 1;
    this.waiting = hidden.slice(Math.max(0, count) * channels);
    if (count <= 0) return new Float32Array(0);
    const around = new Float32Array(count * KERNEL_FRAMES * channels);
    for (let frame = 0; frame < count; frame += 1) around.set(hidden.subarray(frame * channels, (frame + KERNEL_FRAMES) * channels), frame * KERNEL_FRAMES * channels);
    const inner = new Float32Array(count * channels);
    kernel.multiply(this.convolve, around, count, inner);
    for (let index = 0; index < inner.length; index += 1) inner[index] = gelu(inner[index]);
    const mixed = new Float32Array(count * channels);
    kernel.multiply(this.mix, inner, count, mixed);
    const middle = ((KERNEL_FRAMES - 1) / 2) * channels;
    for (let index = 0; index < mixed.length; index += 1) mixed[index] += hidden[middle + index];
    return mixed;
  }
}

/** What was learnt of the sound, as matrices; many streams may use it. */
export class Codec {
  constructor(about, tables, kernel) {
    Object.assign(this, { about, tables, kernel });
    const linear = (name) => {
      const { shape: [rows, columns], values } = tables[`${name}.weight`];
      return kernel.matrix(values, rows, columns, tables[`${name}.bias`].values);
    };
    this.basis = linear("codec.basis");
    this.soft = Math.exp(tables["codec.soft"].values[0]);
    if (!about.decoder) return;
    const { blocks } = about.decoder;
    this.scale = tables["decoder.scale"].values[0];
    this.enter = linear("decoder.enter");
    this.leave = linear("decoder.leave");
    this.convolve = Array.from({ length: blocks }, (_, index) => linear(`decoder.convolve.${index}`));
    this.mix = Array.from({ length: blocks }, (_, index) => linear(`decoder.mix.${index}`));
  }

  /** L. */
  get context() {
    return this.about.decoder ? (this.about.decoder.blocks * (KERNEL_FRAMES - 1)) / 2 : 0;
  }

  /** The vectors of frames of codes: [frames, K]. */
  vectors(frames) {
    const { shape: [, size, width], values } = this.tables["codec.codebooks"];
    const found = new Float32Array(frames.length * width);
    frames.forEach((codes, frame) => codes.forEach((code, place) => {
      const first = (place * size + code) * width;
      for (let index = 0; index < width; index += 1) found[frame * width + index] += values[first + index];
    }));
    return found;
  }

  /** Log magnitudes of vectors [frames, K], no quieter or louder than each may be. */
  magnitudes(vectors, levels) {
    const count = levels.length;
    const width = this.basis.rows;
    const logs = new Float32Array(count * width);
    this.kernel.multiply(this.basis, vectors, count, logs);
    for (let index = 0; index < logs.length; index += 1) logs[index] = Math.log(Math.max(Math.exp(logs[index]) - this.soft, FLOOR));
    levels.forEach(([quietest, loudest], frame) => {
      const loudness = level(logs, frame * width, width);
      const change = Math.min(Math.max(loudness, quietest), loudest) - loudness;
      for (let index = frame * width; index < (frame + 1) * width; index += 1) logs[index] += change;
    });
    return logs;
  }
}

/** The sound of one stream. */
export class Synthesis {
  /** @param {Codec} codec; @param {number[][]} prompt its codes; @param {?Float32Array} samples its end */
  constructor(codec, prompt, samples) {
    this.codec = codec;
    this.spectrum = new Spectrum(codec.about.hop_samples, samples);
    this.levels = [];
    this.vectors = [];
    if (!codec.about.decoder) return;
    this.blocks = codec.convolve.map((convolve, index) => new Block(convolve, codec.mix[index], codec.about.decoder.channels));
    const width = codec.about.n_components;
    const before = new Float32Array(codec.context * width);
    const recent = codec.vectors(prompt.slice(-codec.context));
    before.set(recent, before.length - recent.length);
    this.refined(before);
  }

  /** Synthesise frames of codes; those that wait for others come later. */
  next(frames) {
    const { codec } = this;
    const { shape: [, values], values: levels } = codec.tables["codec.levels"];
    this.levels.push(...frames.map(([first]) => [levels[first], levels[values + first]]));
    const vectors = this.refined(codec.vectors(frames));
    const count = vectors.length / codec.about.n_components;
    if (!count) return new Float32Array(0);
    return this.spectrum.next(codec.magnitudes(vectors, this.levels.splice(0, count)));
  }

  /** Add to each vector what the frames around it tell. */
  refined(vectors) {
    const { codec } = this;
    if (!codec.about.decoder) return vectors;
    const width = codec.about.n_components;
    const count = vectors.length / width;
    for (let frame = 0; frame < count; frame += 1) this.vectors.push(vectors.subarray(frame * width, (frame + 1) * width));
    let hidden = new Float32Array(count * codec.enter.rows);
    codec.kernel.multiply(codec.enter, vectors.map((value) => value / codec.scale), count, hidden);
    for (const block of this.blocks) hidden = block.take(hidden, codec.kernel);
    const ready = hidden.length / codec.enter.rows;
    const found = new Float32Array(ready * width);
    if (!ready) return found;
    codec.kernel.multiply(codec.leave, hidden, ready, found);
    for (let frame = 0; frame < ready; frame += 1) {
      const own = this.vectors[codec.context + frame];
      for (let index = 0; index < width; index += 1) found[frame * width + index] = own[index] + codec.scale * found[frame * width + index];
    }
    this.vectors.splice(0, ready);
    return found;
  }
}

const gelu = (x) => (x / 2) * (1 + errorFunction(x / Math.SQRT2));

/** The error function, to 1.2e-7 (Press et al. 1992, by Chebyshev fitting). */
function errorFunction(x) {
  const t = 1 / (1 + Math.abs(x) / 2);
  const series = -1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418 + t * (-0.18628806 + t * (0.27886807 + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277))))))));
  const rest = t * Math.exp(-x * x + series);
  return x >= 0 ? 1 - rest : rest - 1;
}

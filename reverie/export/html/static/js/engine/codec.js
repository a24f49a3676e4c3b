// Codes to samples: vectors of the codebooks, refined by the frames around them, as magnitudes.
//
// Letters: Q codes of a frame, K principal components, L frames of context.

import { ContextNetwork, linearOf, Listener } from "./network.js";
import { FLOOR, level, Spectrum } from "./spectrum.js";

/** What was learnt of the sound, as matrices; many streams may use it. */
export class Codec {
  constructor(about, tables, kernel) {
    Object.assign(this, { about, tables, kernel });
    this.basis = linearOf("codec.basis", tables, kernel);
    this.soft = Math.exp(tables["codec.soft"].values[0]);
    this.decoder = about.decoder ? new ContextNetwork("decoder", about.decoder.blocks, tables, kernel) : null;
    this.scale = this.decoder ? tables["decoder.scale"].values[0] : 1;
  }

  /** L. */
  get context() {
    return this.decoder?.context ?? 0;
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

  /** The vectors of the last L frames, the first of them zeros where there are fewer: [L, K]. */
  before(frames) {
    const width = this.about.n_components;
    const found = new Float32Array(this.context * width);
    if (!this.context) return found;
    const recent = this.vectors(frames.slice(-this.context));
    found.set(recent, found.length - recent.length);
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
  /** @param {Codec} codec; @param {{codes: number[][], samples: ?Float32Array}} prompt samples: its end */
  constructor(codec, { codes, samples }) {
    this.codec = codec;
    this.spectrum = new Spectrum(codec.about.hop_samples, samples);
    this.levels = [];
    this.vectors = [];
    this.listener = codec.decoder ? new Listener(codec.decoder, this.pushed(codec.before(codes))) : null;
  }

  /** Synthesise frames of codes, for each channel; those that wait for others come later. */
  next(frames) {
    return [this.samples(frames)];
  }

  samples(frames) {
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
    const { codec, listener } = this;
    if (!listener) return vectors;
    const width = codec.about.n_components;
    const found = listener.take(this.pushed(vectors));
    const own = this.vectors.slice(codec.context);
    for (let index = 0; index < found.length; index += 1) found[index] = own[Math.floor(index / width)][index % width] + codec.scale * found[index];
    this.vectors.splice(0, found.length / width);
    return found;
  }

  /** Keep vectors [any, K] until they are told of; as the decoder hears them. */
  pushed(vectors) {
    const { codec } = this;
    const width = codec.about.n_components;
    for (let first = 0; first < vectors.length; first += width) this.vectors.push(vectors.subarray(first, first + width));
    return vectors.map((value) => value / codec.scale);
  }
}

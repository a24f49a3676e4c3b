// The full band and both channels, from a narrow sound and features of the rest: a part of the sound
// that leans to one side, a part turned by a quarter, which is heard as width, and bands of noise above.
//
// Letters: E features of a frame, K principal components, L frames of context, m samples of a frame at
// the narrow rate, g = m / 2; n at the full rate, h = n / 2.

import { Synthesis } from "./codec.js";
import { RealFourier } from "./fourier.js";
import { ContextNetwork, joined, Listener } from "./network.js";
import { Generator } from "./random.js";

const LONG_WINDOWS = 2;

/** What was learnt of the full band; many streams may use it. */
export class Wide {
  constructor(about, codec, tables, kernel) {
    const table = (name) => tables[`wide.${name}`].values;
    Object.assign(this, { ...about, codec, half: about.hop_samples / 2, narrowHalf: codec.about.hop_samples / 2 });
    this.teller = new ContextNetwork("teller", about.blocks, tables, kernel);
    this.means = table("means");
    this.scales = table("scales");
    this.vectorScale = table("vector_scale")[0];
    this.turn = table("turn");
    this.longBands = Uint16Array.from(table("long_bands"));
    this.shortBands = Uint16Array.from(table("short_bands"));
    this.highBands = Uint16Array.from(table("high_bands"));
    this.noise = this.n_high ? this.noises() : null;
  }

  /** Spectra of noise of mean power 1, for the mid and the side, as Python draws them. */
  noises() {
    const numbers = new Float32Array(2 * this.noise_windows * 2 * (this.half / 2 + 1));
    new Generator(this.noise_seed).fill(numbers);
    for (let index = 0; index < numbers.length; index += 1) numbers[index] *= Math.SQRT1_2;
    return [numbers.subarray(0, numbers.length / 2), numbers.subarray(numbers.length / 2)];
  }
}

/** The sound of one stream, for each channel. */
export class WideSynthesis {
  /** @param {Wide} wide; @param {object} prompt its codes, its end, and what was measured of it */
  constructor(wide, prompt) {
    const { codec } = wide;
    this.wide = wide;
    this.narrow = new Synthesis(codec, prompt);
    this.style = prompt.style ?? new Float32Array(wide.means.length);
    this.listener = new Listener(wide.teller, this.inputs(codec.before(prompt.codes)));
    this.widening = new Widening(wide);
    if (prompt.samples) this.readEnd(prompt);
  }

  /** Widen the last frame of a prompt: of that is heard what waits for the next. */
  readEnd({ samples, features }) {
    const { narrowHalf, means } = this.wide;
    const size = 3 * narrowHalf;
    const end = samples.subarray(0, Math.max(0, samples.length - size));
    const last = new Float32Array(size);
    last.set(end.subarray(Math.max(0, end.length - size)), Math.max(0, size - end.length));
    this.widening.narrow = last.subarray(0, narrowHalf);
    this.widening.features = features.subarray(0, means.length);
    this.widening.next(last.subarray(narrowHalf), features.subarray(means.length));
  }

  /** Synthesise frames of codes, for each channel; those that wait for others come later. */
  next(frames) {
    const told = this.listener.take(this.inputs(this.wide.codec.vectors(frames)));
    return this.widening.next(this.narrow.samples(frames), this.features(told));
  }

  /** What the teller hears: vectors [T, K] and the style -> [T, K + E]. */
  inputs(vectors) {
    const { codec, vectorScale } = this.wide;
    const [width, size] = [codec.about.n_components, this.style.length];
    const count = vectors.length / width;
    const found = new Float32Array(count * (width + size));
    for (let frame = 0; frame < count; frame += 1) {
      const first = frame * (width + size);
      for (let index = 0; index < width; index += 1) found[first + index] = vectors[frame * width + index] / vectorScale;
      found.set(this.style, first + width);
    }
    return found;
  }

  /** How far a frame is from the style, to what it is: [T, E]. */
  features(told) {
    const { means, scales } = this.wide;
    const size = means.length;
    return told.map((value, index) => means[index % size] + scales[index % size] * (this.style[index % size] + value));
  }
}

/** Sine windows that overlap by half. */
class SineWindows {
  constructor(size) {
    this.size = size;
    this.fourier = new RealFourier(size);
    this.window = Float64Array.from({ length: size }, (_, index) => Math.sin((Math.PI * index) / size));
    this.block = new Float64Array(size);
  }

  forward(samples, at, bins) {
    const { block, window } = this;
    for (let index = 0; index < this.size; index += 1) block[index] = samples[at + index] * window[index];
    this.fourier.forward(block, bins, 0);
  }

  addInverse(bins, samples, at) {
    const { window } = this;
    const block = this.fourier.inverse(bins, 0);
    for (let index = 0; index < this.size; index += 1) samples[at + index] += block[index] * window[index];
  }
}

/** Narrow samples and features to samples of each channel, which run late by h. */
export class Widening {
  constructor(wide) {
    const { half, narrowHalf, channels } = wide;
    const each = (make) => Array.from({ length: channels }, make);
    this.wide = wide;
    this.narrow = new Float32Array(narrowHalf);
    this.features = wide.means;
    this.windows = 0;
    // What is made already of the samples to come: of long windows h, of short ones h / 2.
    this.waiting = each(() => new Float64Array(half));
    this.narrowWindows = new SineWindows(2 * narrowHalf);
    this.longWindows = new SineWindows(2 * half);
    this.shortWindows = new SineWindows(half);
    this.narrowBins = new Float64Array(2 * (narrowHalf + 1));
    this.longBins = each(() => new Float64Array(2 * (half + 1)));
    this.shortBins = each(() => new Float64Array(half + 2));
  }

  /** @param {Float32Array} narrow [T m]; @param {Float32Array} features [T, E] */
  next(narrow, features) {
    const { half, narrowHalf, means } = this.wide;
    const count = narrow.length / (2 * narrowHalf);
    const size = means.length;
    const all = joined(this.narrow, narrow);
    const made = this.waiting.map((before) => joined(before, new Float64Array(2 * count * half)));
    for (let frame = 0; frame < count; frame += 1) {
      const spread = this.spreadOf(this.features);
      for (let window = LONG_WINDOWS * frame; window < LONG_WINDOWS * (frame + 1); window += 1) {
        this.addLong(all, window * narrowHalf, spread, made, window * half);
      }
      if (this.wide.n_high) this.addNoise(spread, made, 2 * frame * half);
      this.features = features.subarray(frame * size, (frame + 1) * size);
    }
    this.narrow = all.slice(all.length - narrowHalf);
    this.features = this.features.slice();
    this.waiting = made.map((one) => one.slice(one.length - half));
    return made.map((one) => Float32Array.from(one.subarray(0, one.length - half)));
  }

  /** Levels of high bands, and of each stereo band how much of the mid is added to one side and taken
   * from the other, as it is and turned. */
  spreadOf(features) {
    const { steps, n_high: high, n_stereo: stereo, channels, most_side: most } = this.wide;
    const levels = features.subarray(0, steps * high);
    if (channels === 1) return { levels };
    const [lean, width, mid] = [new Float64Array(stereo), new Float64Array(stereo), new Float64Array(stereo)];
    for (let band = 0; band < stereo; band += 1) {
      const share = Math.min(Math.max(features[levels.length + band], 0), most);
      const bound = 2 * Math.sqrt(share * (1 - share));
      const balance = Math.min(Math.max(features[levels.length + stereo + band], -1), 1);
      lean[band] = Math.min(Math.max(balance, -bound), bound) / (2 * (1 - share));
      width[band] = Math.sqrt(Math.max(share / (1 - share) - lean[band] ** 2, 0));
      mid[band] = Math.sqrt(1 - share);
    }
    return { levels, lean, width, mid };
  }

  /** Add a window of the narrow sound to each channel. */
  addLong(narrow, from, { lean, width }, made, at) {
    const { half, narrowHalf, channels, turn, longBands } = this.wide;
    const bins = this.narrowBins;
    this.narrowWindows.forward(narrow, from, bins);
    // The highest bin that both have holds no phase.
    const shared = half === narrowHalf ? half + 1 : Math.min(half, narrowHalf);
    const scale = half / narrowHalf;
    const [left, right] = this.longBins;
    for (let bin = 0; bin < shared; bin += 1) {
      const real = scale * bins[2 * bin];
      const imag = scale * bins[2 * bin + 1];
      if (channels === 1) {
        left[2 * bin] = real;
        left[2 * bin + 1] = imag;
        continue;
      }
      const band = longBands[bin];
      const turned = width[band] * turn[bin];
      const sideReal = real * lean[band] - imag * turned;
      const sideImag = imag * lean[band] + real * turned;
      left[2 * bin] = real + sideReal;
      left[2 * bin + 1] = imag + sideImag;
      right[2 * bin] = real - sideReal;
      right[2 * bin + 1] = imag - sideImag;
    }
    made.forEach((samples, channel) => this.longWindows.addInverse(this.longBins[channel], samples, at));
  }

  /** Add the bands of noise of a frame to each channel. */
  addNoise({ levels, lean, width, mid }, made, at) {
    const { half, channels, steps, n_high: high, noise, noise_windows: most, high_from: from, highBands, shortBands } = this.wide;
    const bins = half / 2 + 1;
    const [left, right] = this.shortBins;
    for (let step = 0; step < steps; step += 1) {
      const first = 2 * this.windows * bins;
      for (let bin = from; bin < bins; bin += 1) {
        const loud = half * Math.exp(levels[step * high + highBands[bin]]);
        const place = first + 2 * bin;
        const real = noise[0][place];
        const imag = noise[0][place + 1];
        if (channels === 1) {
          left[2 * bin] = loud * real;
          left[2 * bin + 1] = loud * imag;
          continue;
        }
        const band = shortBands[bin];
        const both = loud * mid[band];
        const sideReal = lean[band] * real + width[band] * noise[1][place];
        const sideImag = lean[band] * imag + width[band] * noise[1][place + 1];
        left[2 * bin] = both * (real + sideReal);
        left[2 * bin + 1] = both * (imag + sideImag);
        right[2 * bin] = both * (real - sideReal);
        right[2 * bin + 1] = both * (imag - sideImag);
      }
      this.windows = (this.windows + 1) % most;
      made.forEach((samples, channel) => this.shortWindows.addInverse(this.shortBins[channel], samples, at + (step * half) / 2));
    }
  }
}

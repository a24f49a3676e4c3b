// Samples from one rate to another, piece by piece: windowed sinc, a table of its phases.

const TAPS = 32;
const PHASES = 512;

/** Convert a stream of samples; what it gives lags half the window behind. */
export class Resampler {
  /**
   * @param {number} from samples per second that come in
   * @param {number} to samples per second that go out
   */
  constructor(from, to) {
    this.step = from / to;
    this.table = from === to ? null : windows(Math.min(1, to / from));
    this.before = new Float32Array(TAPS);
    // The place of the next output among `before` and what comes in.
    this.at = TAPS;
  }

  /** How many output samples the last input is still away from being heard. */
  get lag() {
    return this.table ? TAPS / 2 / this.step : 0;
  }

  /** @param {Float32Array} samples @returns {Float32Array} */
  push(samples) {
    if (!this.table) return samples;
    const input = new Float32Array(this.before.length + samples.length);
    input.set(this.before);
    input.set(samples, this.before.length);
    const last = input.length - TAPS / 2 - 1;
    const count = Math.max(0, Math.ceil((last - this.at) / this.step));
    const output = new Float32Array(count);
    for (let index = 0; index < count; index += 1) {
      const place = this.at + index * this.step;
      const whole = Math.floor(place);
      const window = this.table[Math.round((place - whole) * PHASES)];
      const first = whole - TAPS / 2 + 1;
      let sum = 0;
      for (let tap = 0; tap < TAPS; tap += 1) sum += window[tap] * input[first + tap];
      output[index] = sum;
    }
    this.at += count * this.step;
    const used = Math.max(0, Math.floor(this.at) - TAPS);
    this.before = input.slice(used);
    this.at -= used;
    return output;
  }
}

/** For each phase between two samples the weights of the samples around it. */
function windows(bandwidth) {
  return Array.from({ length: PHASES + 1 }, (_, phase) => {
    const weights = new Float32Array(TAPS);
    for (let tap = 0; tap < TAPS; tap += 1) {
      const away = tap - TAPS / 2 + 1 - phase / PHASES;
      weights[tap] = bandwidth * sinc(bandwidth * away) * kaiser(away / (TAPS / 2));
    }
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return weights.map((weight) => weight / sum);
  });
}

const sinc = (x) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

function kaiser(x) {
  return Math.abs(x) >= 1 ? 0 : bessel(8 * Math.sqrt(1 - x * x)) / bessel(8);
}

function bessel(x) {
  let [sum, term] = [1, 1];
  for (let k = 1; k < 30; k += 1) {
    term *= (x / 2 / k) ** 2;
    sum += term;
  }
  return sum;
}

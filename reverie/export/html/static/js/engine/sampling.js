// Draws the codes of a frame: the chain of what changes the logits, the guards, and the race.

import { logProbabilities } from "./model.js";

const [SURPRISAL_GAIN, MOST_TEMPERATURE] = [5, 2];

/** The mean of a figure over a window of the newest frames; at first the middle of what is usual. */
class RunningMean {
  constructor({ low, high, frames }) {
    Object.assign(this, { low, high, frames, middle: (low + high) / 2 });
    this.reset();
  }

  reset() {
    this.values = new Float32Array(this.frames).fill(this.middle);
    this.count = 0;
  }

  append(value) {
    this.values[this.count % this.frames] = value;
    this.count += 1;
  }

  /** How far the mean is below what is usual, or (negative) above it. */
  shortfall() {
    const mean = this.values.reduce((sum, one) => sum + one, 0) / this.frames;
    return Math.max(this.low, Math.min(this.high, mean)) - mean;
  }
}

class SurprisalTemperature {
  constructor(usual) {
    this.recent = new RunningMean(usual);
  }

  change(logits) {
    const limit = Math.log(MOST_TEMPERATURE);
    const gain = SURPRISAL_GAIN / Math.max(this.recent.middle, 1e-6);
    const temperature = Math.exp(Math.max(-limit, Math.min(limit, gain * this.recent.shortfall())));
    return logits.map((one) => one / temperature);
  }

  observe(logits, code) {
    this.recent.append(-logProbabilities(logits)[code] / Math.LN2);
  }
}

class LoudnessBias {
  constructor(usual, { gain, most_bias: most }, loudness) {
    Object.assign(this, { recent: new RunningMean(usual), gain, most, loudness });
  }

  change(logits) {
    const bias = Math.max(-this.most, Math.min(this.most, this.gain * this.recent.shortfall()));
    return logits.map((one, index) => one + bias * this.loudness[index]);
  }

  observe(_, code) {
    this.recent.append(this.loudness[code]);
  }
}

export class Sampler {
  /** @param {object} about of the player; @param {Float32Array} loudness of each first code, in dB */
  constructor(about, loudness, settings, generator) {
    this.count = about.model.n_codebooks;
    this.generator = generator;
    const { surprisal_bits: surprisal, loudness_db: level } = about.calibration;
    this.guards = [];
    if (surprisal) this.guards.push(new SurprisalTemperature(surprisal));
    if (level) this.guards.push(new LoudnessBias(level, about.calibration, loudness));
    this.settings = settings;
  }

  /** Draw a frame: whole numbers [Q]. */
  draw(prefix) {
    const codes = [];
    for (let place = 0; place < this.count; place += 1) {
      const [own, short] = prefix.logits();
      let logits = Float64Array.from(own);
      if (short && this.settings.guidance) logits = guided(own, short, this.settings.guidance);
      const guards = place === 0 && this.settings.guard ? this.guards : [];
      for (const guard of guards) logits = guard.change(logits);
      const code = this.one(logits, temperatureOf(this.settings, place, this.count));
      for (const guard of guards) guard.observe(own, code);
      if (place + 1 < this.count) prefix.append(code);
      codes.push(code);
    }
    return codes;
  }

  one(logits, temperature) {
    if (temperature === 0) return likeliest(logits);
    const waits = new Float64Array(logits.length);
    this.generator.exponentials(waits);
    const chosen = limited(logits.map((one) => one / temperature), this.settings);
    return likeliest(chosen.map((one, index) => one - Math.log(Math.max(waits[index], 1e-30))));
  }
}

function guided(own, short, scale) {
  const [all, newest] = [logProbabilities(own), logProbabilities(short)];
  return all.map((one, index) => newest[index] + (1 + scale) * (one - newest[index]));
}

function limited(logits, { top_k: topK, min_p: minP, top_p: topP }) {
  let left = logits;
  const without = (isOut) => { left = left.map((one, index) => (isOut(one, index) ? -Infinity : one)); };
  if (topK) {
    const least = Float64Array.from(left).sort()[Math.max(0, left.length - topK)];
    without((one) => one < least);
  }
  if (minP) {
    const least = left.reduce((most, one) => Math.max(most, one), -Infinity) + Math.log(minP);
    without((one) => one < least);
  }
  if (topP < 1) {
    const likelihoods = logProbabilities(left).map(Math.exp);
    const order = Array.from(likelihoods.keys()).sort((one, other) => likelihoods[other] - likelihoods[one]);
    const beyond = new Set();
    let sum = 0;
    for (const index of order) {
      if (sum >= topP) beyond.add(index);
      sum += likelihoods[index];
    }
    without((_, index) => beyond.has(index));
  }
  return left;
}

function temperatureOf({ temperature, detail_temperature: detail }, place, count) {
  if (detail === null || detail === undefined || count === 1) return temperature;
  const share = place / (count - 1);
  return (1 - share) * temperature + share * detail;
}

function likeliest(logits) {
  let best = 0;
  for (let index = 1; index < logits.length; index += 1) if (logits[index] > logits[best]) best = index;
  return best;
}

// The model, frame by frame: codes to features, features through LSTMs, hidden states to codes.
//
// Letters: S states in flight, M members side by side, F features, H hidden width, Q codes of a
// frame, C values of a code, W width inside the head of each code.

/** What the model was told of the beat: sine and cosine within one and two beats, tempo, and 1. */
function beatFeatures([position, period]) {
  if (!(period > 0)) return null;
  const one = 2 * Math.PI * position;
  const two = Math.PI * position;
  return [Math.sin(one), Math.cos(one), Math.sin(two), Math.cos(two), Math.log2(Math.max(period, 1e-3) / 0.5), 1];
}

/** The names of the matrices that vectors are multiplied with. */
export const matrixNames = (tables) => Object.keys(tables).filter((name) => name.endsWith(".weight"));

export class Model {
  /**
   * @param {object} about its sizes
   * @param {object} tables what it learnt
   * @param {Kernel} kernel which has room for its matrices
   */
  constructor(about, tables, kernel) {
    this.about = about;
    this.kernel = kernel;
    this.tables = tables;
    this.layers = about.layers.map((layer, number) => ({
      ...layer,
      input: this.each(layer.members, (member) => this.linear(`core.${number}.${member}.input`)),
      hiddenToHidden: this.each(layer.members, (member) => this.linear(`core.${number}.${member}.hidden`)),
    }));
    this.front = about.front ? this.linear("front.dense") : null;
    this.dense = about.head.dense ? this.linear("head.dense") : null;
    this.members = this.each(about.head.members, (member) => ({
      embedding: tables[`head.${member}.embedding`].values,
      context: this.linear(`head.${member}.context`),
      prefix: this.each(about.n_codebooks - 1, (place) => this.linear(`head.${member}.prefix.${place}`)),
      bottleneck: this.each(about.n_codebooks, (place) => this.linear(`head.${member}.bottleneck.${place}`)),
      projection: this.each(about.n_codebooks, (place) => this.linear(`head.${member}.projection.${place}`)),
    }));
  }

  each(count, make) {
    return Array.from({ length: count }, (_, index) => make(index));
  }

  linear(name) {
    const { shape: [rows, columns], values } = this.tables[`${name}.weight`];
    return this.kernel.matrix(values, rows, columns, this.tables[`${name}.bias`]?.values ?? null);
  }

  apply(matrix, vectors, count = 1) {
    const results = new Float32Array(count * matrix.rows);
    this.kernel.multiply(matrix, vectors, count, results);
    return results;
  }

  /** The features of a frame of codes [Q]: [F]. */
  features(codes) {
    const { shape: [, size, width], values } = this.tables["front.embedding"];
    const sum = new Float32Array(width);
    codes.forEach((code, place) => addRow(sum, values, (place * size + code) * width));
    if (!this.front) return sum;
    const features = this.apply(this.front, sum);
    return this.about.front.relu ? features.map((value) => Math.max(0, value)) : features;
  }

  /** The same with a beat: position and period. */
  withBeat(features, beat) {
    const told = this.tables.conditioner && beat ? beatFeatures(beat) : null;
    if (!told) return features;
    const { values } = this.tables.conditioner;
    return features.map((value, row) => told.reduce((sum, one, index) => sum + one * values[row * told.length + index], value));
  }

  /** The zero state of `count` sequences. */
  state(count) {
    return this.layers.map(({ members, hidden }) => this.each(members, () => ({ hidden: new Float32Array(count * hidden), cell: new Float32Array(count * hidden) })));
  }

  /**
   * Advance all states by one frame, in place.
   *
   * @param {Float32Array[]} features of the frame, one or two: with the beat and without
   * @param {Array} state of S sequences
   * @param {number} long how many of them take the first of the features
   */
  step(features, state, long) {
    let inputs = null;
    this.layers.forEach((layer, number) => {
      const outputs = [];
      for (let member = 0; member < layer.members; member += 1) {
        const own = state[number][member];
        const count = own.hidden.length / layer.hidden;
        const gates = this.apply(layer.hiddenToHidden[member], own.hidden, count);
        if (number === 0) {
          const projected = features.map((one) => this.apply(layer.input[member], one));
          for (let index = 0; index < count; index += 1) addTo(gates, index * 4 * layer.hidden, projected[index < long ? 0 : features.length - 1]);
        } else {
          addTo(gates, 0, this.apply(layer.input[member], inputs[member], count));
        }
        advance(gates, own, count, layer.hidden);
        outputs.push(own.hidden);
      }
      inputs = outputs;
    });
  }

  /** The hidden state of one sequence, over the members: [H or M * H]. */
  hidden(state, index) {
    const { hidden } = this.layers[this.layers.length - 1];
    const parts = state[state.length - 1].map((member) => member.hidden.subarray(index * hidden, (index + 1) * hidden));
    if (this.about.join === "sum") {
      const sum = parts[0].slice();
      for (const part of parts.slice(1)) addTo(sum, 0, part);
      return sum;
    }
    return joined(parts);
  }

  /** What the codes of a frame share, from one or two hidden states. */
  head(hidden) {
    const count = hidden.length;
    let features = hidden;
    if (this.dense) {
      const relu = this.about.head.dense.relu;
      features = hidden.map((one) => this.apply(this.dense, one).map((value) => (relu ? Math.max(0, value) : value)));
    }
    const size = features[0].length / this.members.length;
    const inner = this.members.map(({ context }, member) => this.apply(context, joined(features.map((one) => one.subarray(member * size, (member + 1) * size))), count));
    return new Prefix(this, inner, count);
  }
}

/** The codes of a frame that are known so far, and the distribution of the next. */
class Prefix {
  constructor(model, inner, count) {
    Object.assign(this, { model, inner, count, place: 0 });
    const [, , width] = model.tables["head.0.embedding"].shape;
    this.sums = model.members.map(() => new Float32Array(width));
  }

  /** The logits of the next code, for each hidden state: [C] each. */
  logits() {
    const { model, place, count } = this;
    const [width, n] = [model.about.head.width, model.about.n_codebooks];
    const each = model.members.map((member, number) => {
      const inner = new Float32Array(count * width);
      const more = place ? model.apply(member.prefix[place - 1], this.sums[number]) : null;
      for (let index = 0; index < count; index += 1) {
        const from = index * n * width + place * width;
        for (let at = 0; at < width; at += 1) inner[index * width + at] = Math.max(0, this.inner[number][from + at] + (more ? more[at] : 0));
      }
      const logits = model.apply(member.projection[place], model.apply(member.bottleneck[place], inner, count), count);
      const size = logits.length / count;
      return model.each(count, (index) => logits.subarray(index * size, (index + 1) * size));
    });
    return each.length === 1 ? each[0] : model.each(count, (index) => averaged(each.map((one) => one[index])));
  }

  append(code) {
    this.model.members.forEach(({ embedding }, number) => {
      const [, size, width] = this.model.tables[`head.${number}.embedding`].shape;
      addRow(this.sums[number], embedding, (this.place * size + code) * width);
    });
    this.place += 1;
  }
}

function advance(gates, { hidden, cell }, count, width) {
  for (let index = 0; index < count; index += 1) {
    const first = index * 4 * width;
    for (let at = 0; at < width; at += 1) {
      const place = index * width + at;
      const write = 1 / (1 + Math.exp(-gates[first + at]));
      const forget = 1 / (1 + Math.exp(-gates[first + width + at]));
      const read = 1 / (1 + Math.exp(-gates[first + 3 * width + at]));
      cell[place] = forget * cell[place] + write * tanh(gates[first + 2 * width + at]);
      hidden[place] = read * tanh(cell[place]);
    }
  }
}

/** By the exponential, which is faster than the language's own; small ones by their series. */
function tanh(x) {
  if (x > -0.01 && x < 0.01) return x - (x * x * x) / 3;
  const power = Math.exp(-2 * Math.abs(x));
  const value = (1 - power) / (1 + power);
  return x < 0 ? -value : value;
}

function addTo(target, first, values) {
  for (let index = 0; index < values.length; index += 1) target[first + index] += values[index];
}

function addRow(target, values, first) {
  for (let index = 0; index < target.length; index += 1) target[index] += values[first + index];
}

function joined(parts) {
  const all = new Float32Array(parts.reduce((sum, one) => sum + one.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Logarithms of probabilities. */
export function logProbabilities(logits) {
  let most = -Infinity;
  for (let index = 0; index < logits.length; index += 1) most = Math.max(most, logits[index]);
  let sum = 0;
  for (let index = 0; index < logits.length; index += 1) sum += Math.exp(logits[index] - most);
  const whole = most + Math.log(sum);
  const found = new Float64Array(logits.length);
  for (let index = 0; index < logits.length; index += 1) found[index] = logits[index] - whole;
  return found;
}

/** Logarithms of the mean of probabilities. */
function averaged(logits) {
  const each = logits.map(logProbabilities);
  return each[0].map((_, index) => Math.log(each.reduce((sum, one) => sum + Math.exp(one[index]), 0) / each.length));
}

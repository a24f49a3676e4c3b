// The context that the next frame is predicted from: a window that rolls, or a state that is carried
// on; and for guidance a short memory besides. Each is a ring of states that begin anew in turn; the
// oldest of them predicts.

class Ring {
  constructor(first, count, period = 1) {
    Object.assign(this, { first, count, period, steps: 0 });
  }

  get oldest() {
    return this.first + (Math.max(Math.ceil(this.steps / this.period) - this.count, 0) % this.count);
  }

  /** Count a step: the place of the state that begins anew with it, or null. */
  advance() {
    const [turn, within] = [Math.floor(this.steps / this.period), this.steps % this.period];
    this.steps += 1;
    return within ? null : this.first + (turn % this.count);
  }
}

export class Context {
  /** @param {Model} model; @param {number|null} windowFrames null carries one state on */
  constructor(model, windowFrames) {
    this.model = model;
    this.isCarried = windowFrames === null;
    this.long = new Ring(0, windowFrames ?? 1);
    this.short = null;
    this.state = model.state(this.long.count);
  }

  /** Predict also from the newest frames alone, of those that are appended from now on. */
  addShort({ states, period }) {
    if (this.short) return;
    this.short = new Ring(this.long.count, states, period);
    const wider = this.model.state(this.long.count + states);
    wider.forEach((layer, number) => layer.forEach((member, index) => {
      member.hidden.set(this.state[number][index].hidden);
      member.cell.set(this.state[number][index].cell);
    }));
    this.state = wider;
  }

  /** Add a frame; `beat` is that of the frame after it. */
  append(codes, beat) {
    const plain = this.model.features(codes);
    const features = [this.model.withBeat(plain, beat)];
    if (this.short) features.push(plain);
    if (!this.isCarried) this.renew(this.long.advance());
    if (this.short) this.renew(this.short.advance());
    this.model.step(features, this.state, this.long.count);
  }

  renew(place) {
    if (place === null) return;
    this.state.forEach((layer, number) => layer.forEach(({ hidden, cell }) => {
      const width = this.model.layers[number].hidden;
      hidden.fill(0, place * width, (place + 1) * width);
      cell.fill(0, place * width, (place + 1) * width);
    }));
  }

  /** What the codes of the next frame share: of the whole context, and of the short one. */
  predict() {
    const places = [this.long.oldest, ...(this.short ? [this.short.oldest] : [])];
    return this.model.head(places.map((place) => this.model.hidden(this.state, place)));
  }
}

// The beat that the music is told: that of its prompt, which goes on as strictly as it was kept there.

const MEMORY = 0.7;

export class Metronome {
  /** @param {number[]} beat position and period; @param {?number} rubato null for a strict beat */
  constructor([position, period], frameSeconds, rubato, generator) {
    Object.assign(this, { position, period, frameSeconds, rubato, generator, deviation: 0 });
  }

  /** Advance by one frame; @returns {number[]} position and period */
  next(bpm) {
    const period = (bpm ? 60 / bpm : this.period) * Math.exp(this.deviation);
    const position = this.position + (period > 0 ? this.frameSeconds / Math.max(period, 1e-3) : 0);
    if (this.rubato !== null) {
      const noise = this.generator.normal();
      const begins = Math.floor(position) > Math.floor(this.position);
      if (begins) this.deviation = MEMORY * this.deviation + Math.sqrt(1 - MEMORY ** 2) * this.rubato * noise;
    }
    this.position = position % 2;
    return [Math.fround(this.position), Math.fround(period)];
  }
}

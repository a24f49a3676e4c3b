// Play passages again, as generation/reprise.py does: from the same place among the beats, and what
// follows is drawn anew.

const [PASSAGE_SECONDS, APART_SECONDS, MEMORY_SECONDS] = [3, 8, 64];
const TEMPO_TOLERANCE = Math.log(1.1);

export class Reprise {
  /** @param {number} frameSeconds from one frame to the next; @param {object} generator chooses passages */
  constructor(frameSeconds, generator) {
    this.frameSeconds = frameSeconds;
    this.generator = generator;
    [this.passage, this.apart, this.memory] = [PASSAGE_SECONDS, APART_SECONDS, MEMORY_SECONDS].map((seconds) => Math.max(1, Math.round(seconds / frameSeconds)));
    this.frames = [];
    this.beats = [];
    this.count = 0;
    this.source = 0;
    this.left = 0;
    this.since = 0;
  }

  /** The next frame: the one that was drawn, or one of a passage. */
  next(frame, beat, everySeconds) {
    const told = beat ?? [0, 0];
    if (everySeconds && !this.left && (this.count - this.since) * this.frameSeconds >= everySeconds) this.choose(told);
    let played = frame;
    if (this.left) {
      played = this.frames[this.source % this.memory];
      this.source += 1;
      this.left -= 1;
    }
    this.frames[this.count % this.memory] = played;
    this.beats[this.count % this.memory] = told;
    this.count += 1;
    return played;
  }

  /** Choose a passage that goes on from a beat; where there is none, the next frame tries. */
  choose([now, seconds]) {
    const starts = [];
    for (let start = Math.max(0, this.count - this.memory + this.passage); start <= this.count - this.apart; start += 1) {
      const [position, period] = this.beats[start % this.memory];
      const away = Math.abs(((((position - now + 1) % 2) + 2) % 2) - 1);
      const isNear = Math.abs(Math.log(Math.max(period, 1e-3) / seconds)) <= TEMPO_TOLERANCE;
      if (seconds ? isNear && away <= (0.5 * this.frameSeconds) / seconds : period === 0) starts.push(start);
    }
    if (!starts.length) return;
    this.source = starts[this.generator.bits() % starts.length];
    this.left = this.passage;
    this.since = this.count;
  }
}

// What sounds, in the audio thread: a queue of samples that is begun once there are enough of them,
// fades in and out, and counts the gaps.

const BEGIN_SECONDS = 0.08;
const FADE_SECONDS = 0.006;
const REPORT_SECONDS = 0.05;

const dying = (sample) => (Math.abs(sample) < 1e-5 ? 0 : 0.99 * sample);

class Speaker extends AudioWorkletProcessor {
  constructor() {
    super();
    this.chunks = [];
    this.at = 0;
    this.queued = 0;
    this.wanted = false;
    this.isRunning = false;
    this.level = 0;
    this.last = [0, 0];
    this.gaps = 0;
    this.sinceReport = 0;
    this.feed = null;
    this.port.onmessage = ({ data }) => {
      if (data.feed) this.follow(data.feed);
      if (data.wanted !== undefined) this.wanted = data.wanted;
    };
  }

  /** Take samples from a port. */
  follow(port) {
    this.feed = port;
    port.onmessage = ({ data }) => {
      if (data.clear) {
        this.chunks = [];
        this.at = 0;
        this.queued = 0;
        this.isRunning = false;
      }
      if (data.samples) {
        this.chunks.push(data.samples);
        this.queued += data.samples[0].length;
      }
    };
  }

  process(_, [[left, right]]) {
    const step = 1 / (FADE_SECONDS * sampleRate);
    for (let index = 0; index < left.length; index += 1) {
      this.advance(step);
      left[index] = this.last[0];
      right[index] = this.last[1];
    }
    this.sinceReport += left.length;
    if (this.sinceReport >= REPORT_SECONDS * sampleRate) this.report();
    return true;
  }

  /** Put the next sample of each side into `last`. */
  advance(step) {
    if (!this.isRunning && this.wanted && this.queued >= BEGIN_SECONDS * sampleRate) {
      this.isRunning = true;
      this.level = 0;
      this.report();
    }
    if (this.isRunning && !this.queued) {
      this.isRunning = false;
      if (this.wanted) this.gaps += 1;
      this.report();
    }
    const goal = this.isRunning && this.wanted ? 1 : 0;
    this.level += Math.max(-step, Math.min(step, goal - this.level));
    if (!this.isRunning || (this.level === 0 && goal === 0)) {
      // What sounded last dies away instead of stopping with a click.
      this.last[0] = dying(this.last[0]);
      this.last[1] = dying(this.last[1]);
      return;
    }
    this.take();
  }

  /** Mono is heard on both sides. */
  take() {
    const [chunk] = this.chunks;
    const left = chunk[0];
    this.last[0] = left[this.at] * this.level;
    this.last[1] = (chunk[1] ?? left)[this.at] * this.level;
    this.at += 1;
    this.queued -= 1;
    if (this.at === left.length) {
      this.chunks.shift();
      this.at = 0;
    }
  }

  report() {
    this.sinceReport = 0;
    const told = { queued: this.queued, gaps: this.gaps, isRunning: this.isRunning && this.wanted };
    this.feed?.postMessage(told);
    this.port.postMessage(told);
  }
}

registerProcessor("reverie-speaker", Speaker);

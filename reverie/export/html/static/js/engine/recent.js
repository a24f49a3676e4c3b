// The newest music, as much of it as may be kept, and a WAV file of its end.

export class Recent {
  constructor(rate, seconds) {
    this.rate = rate;
    this.samples = new Float32Array(Math.ceil(rate * seconds));
    this.total = 0;
  }

  append(samples) {
    const size = this.samples.length;
    const place = this.total % size;
    const first = Math.min(samples.length, size - place);
    this.samples.set(samples.subarray(0, first), place);
    this.samples.set(samples.subarray(first), 0);
    this.total += samples.length;
  }

  /** The music of so many seconds before the sample `end`, or as much of it as there is. */
  before(end, seconds) {
    const oldest = Math.max(0, this.total - this.samples.length);
    const from = Math.max(oldest, end - Math.round(seconds * this.rate));
    return Float32Array.from({ length: Math.max(0, end - from) }, (_, index) => this.samples[(from + index) % this.samples.length]);
  }
}

const FULL_SCALE = 32768;

/**
 * A WAV file of 16 bits a sample.
 *
 * @param {Float32Array} samples of mono music; @param {number} rate of them
 * @param {Object<string, string>} told text by the four letters of its field, such as ISFT
 * @returns {ArrayBuffer}
 */
export function wavOf(samples, rate, told) {
  const fields = Object.entries(told).map(([name, text]) => [name, new TextEncoder().encode(`${text}\0`)]);
  const padded = (size) => size + (size % 2);
  const listBytes = 4 + fields.reduce((sum, [, text]) => sum + 8 + padded(text.length), 0);
  const bytes = new Uint8Array(44 + 8 + listBytes + 2 * samples.length);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const letters = (text) => { for (const one of text) bytes[at++] = one.charCodeAt(0); };
  const word = (value) => { view.setUint32(at, value, true); at += 4; };
  const short = (value) => { view.setUint16(at, value, true); at += 2; };
  letters("RIFF"); word(bytes.length - 8); letters("WAVEfmt "); word(16);
  short(1); short(1); word(rate); word(2 * rate); short(2); short(16);
  letters("LIST"); word(listBytes); letters("INFO");
  for (const [name, text] of fields) {
    letters(name); word(text.length);
    bytes.set(text, at);
    at += padded(text.length);
  }
  letters("data"); word(2 * samples.length);
  for (const one of samples) {
    view.setInt16(at, Math.max(-FULL_SCALE, Math.min(FULL_SCALE - 1, Math.round(one * FULL_SCALE))), true);
    at += 2;
  }
  return bytes.buffer;
}

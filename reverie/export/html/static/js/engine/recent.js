// The newest music, as much of it as may be kept, and a WAV file of its end.

export class Recent {
  constructor(channels, rate, seconds) {
    this.rate = rate;
    this.size = Math.ceil(rate * seconds);
    this.channels = Array.from({ length: channels }, () => new Float32Array(this.size));
    this.total = 0;
  }

  /** @param {Float32Array[]} channels samples of each */
  append(channels) {
    const count = channels[0].length;
    const place = this.total % this.size;
    const first = Math.min(count, this.size - place);
    this.channels.forEach((kept, channel) => {
      kept.set(channels[channel].subarray(0, first), place);
      kept.set(channels[channel].subarray(first), 0);
    });
    this.total += count;
  }

  /** Of each channel the music of so many seconds before the sample `end`, or as much as there is. */
  before(end, seconds) {
    const oldest = Math.max(0, this.total - this.size);
    const from = Math.max(oldest, end - Math.round(seconds * this.rate));
    const length = Math.max(0, end - from);
    return this.channels.map((kept) => Float32Array.from({ length }, (_, index) => kept[(from + index) % this.size]));
  }
}

const FULL_SCALE = 32768;

/**
 * A WAV file of 16 bits a sample.
 *
 * @param {Float32Array[]} channels samples of each; @param {number} rate of them
 * @param {Object<string, string>} told text by the four letters of its field, such as ISFT
 * @returns {ArrayBuffer}
 */
export function wavOf(channels, rate, told) {
  const count = channels[0].length;
  const frameBytes = 2 * channels.length;
  const fields = Object.entries(told).map(([name, text]) => [name, new TextEncoder().encode(`${text}\0`)]);
  const padded = (size) => size + (size % 2);
  const listBytes = 4 + fields.reduce((sum, [, text]) => sum + 8 + padded(text.length), 0);
  const bytes = new Uint8Array(44 + 8 + listBytes + frameBytes * count);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const letters = (text) => { for (const one of text) bytes[at++] = one.charCodeAt(0); };
  const word = (value) => { view.setUint32(at, value, true); at += 4; };
  const short = (value) => { view.setUint16(at, value, true); at += 2; };
  letters("RIFF"); word(bytes.length - 8); letters("WAVEfmt "); word(16);
  short(1); short(channels.length); word(rate); word(frameBytes * rate); short(frameBytes); short(16);
  letters("LIST"); word(listBytes); letters("INFO");
  for (const [name, text] of fields) {
    letters(name); word(text.length);
    bytes.set(text, at);
    at += padded(text.length);
  }
  letters("data"); word(frameBytes * count);
  for (let index = 0; index < count; index += 1) {
    for (const samples of channels) short(Math.max(-FULL_SCALE, Math.min(FULL_SCALE - 1, Math.round(samples[index] * FULL_SCALE))));
  }
  return bytes.buffer;
}

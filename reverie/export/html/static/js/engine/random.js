// Random numbers as torch draws them on a processor, from a Mersenne twister (Matsumoto & Nishimura
// 1998): a seed gives the same ones here and there.

const [SIZE, SHIFT] = [624, 397];

export class Generator {
  /** @param {number} seed of which 32 bits count, as in torch */
  constructor(seed) {
    this.state = new Uint32Array(SIZE);
    this.state[0] = seed >>> 0;
    for (let index = 1; index < SIZE; index += 1) {
      const before = this.state[index - 1] ^ (this.state[index - 1] >>> 30);
      this.state[index] = Math.imul(before, 1812433253) + index;
    }
    this.at = SIZE;
    this.spare = null;
  }

  /** 32 random bits, as a whole number. */
  bits() {
    if (this.at === SIZE) this.renew();
    let word = this.state[this.at];
    this.at += 1;
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  }

  renew() {
    const { state } = this;
    for (let index = 0; index < SIZE; index += 1) {
      const joined = (state[index] & 0x80000000) | (state[(index + 1) % SIZE] & 0x7fffffff);
      state[index] = state[(index + SHIFT) % SIZE] ^ (joined >>> 1) ^ (joined & 1 ? 0x9908b0df : 0);
    }
    this.at = 0;
  }

  /** A number in [0, 1) of 53 random bits. */
  uniform() {
    const high = this.bits() & 0x1fffff;
    return (high * 4294967296 + this.bits()) * 2 ** -53;
  }

  /** A normal number; the second of each pair is kept (Box & Muller 1958). */
  normal() {
    if (this.spare !== null) {
      const { spare } = this;
      this.spare = null;
      return spare;
    }
    const angle = 2 * Math.PI * this.uniform();
    const radius = Math.sqrt(-2 * Math.log1p(-this.uniform()));
    this.spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** Fill `numbers`, as many as a multiple of 16, as torch fills a table of normal numbers. */
  fill(numbers) {
    const uniform = () => (this.bits() & 0xffffff) / 0x1000000;
    for (let first = 0; first < numbers.length; first += 16) {
      for (let index = first; index < first + 16; index += 1) numbers[index] = uniform();
      for (let index = first; index < first + 8; index += 1) {
        const radius = Math.sqrt(-2 * Math.log(1 - numbers[index]));
        const angle = 2 * Math.PI * numbers[index + 8];
        numbers[index] = radius * Math.cos(angle);
        numbers[index + 8] = radius * Math.sin(angle);
      }
    }
  }

  /** Fill `waits` with exponential numbers of rate 1. */
  exponentials(waits) {
    for (let index = 0; index < waits.length; index += 1) waits[index] = -Math.log1p(-this.uniform());
  }
}

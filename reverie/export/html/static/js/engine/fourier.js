// Discrete Fourier transforms of any even length: Stockham's order, a pass for each factor.

/** Real samples to the half of their transform that is not redundant, and back. */
export class RealFourier {
  /** @param {number} length even */
  constructor(length) {
    this.length = length;
    this.half = length / 2;
    this.passes = passesOf(this.half);
    this.turns = new Float64Array(2 * (this.half + 1));
    for (let bin = 0; bin <= this.half; bin += 1) {
      this.turns[2 * bin] = Math.cos((2 * Math.PI * bin) / length);
      this.turns[2 * bin + 1] = -Math.sin((2 * Math.PI * bin) / length);
    }
    this.work = [new Float64Array(length), new Float64Array(length)];
  }

  /** Transform `samples` [length] into `bins`, from `at`: real and imaginary part in turn. */
  forward(samples, bins, at) {
    const { half, turns } = this;
    this.work[0].set(samples);
    const found = this.run();
    for (let bin = 0; bin <= half; bin += 1) {
      const one = bin < half ? 2 * bin : 0;
      const other = bin ? 2 * (half - bin) : 0;
      const evenReal = (found[one] + found[other]) / 2;
      const evenImag = (found[one + 1] - found[other + 1]) / 2;
      const oddReal = (found[one + 1] + found[other + 1]) / 2;
      const oddImag = (found[other] - found[one]) / 2;
      const cos = turns[2 * bin];
      const sin = turns[2 * bin + 1];
      bins[at + 2 * bin] = evenReal + oddReal * cos - oddImag * sin;
      bins[at + 2 * bin + 1] = evenImag + oddReal * sin + oddImag * cos;
    }
  }

  /** Invert `forward`: `bins` from `at` to the samples, which are valid until the next call. */
  inverse(bins, at) {
    const { half, turns } = this;
    const [work] = this.work;
    for (let bin = 0; bin < half; bin += 1) {
      const one = at + 2 * bin;
      const other = at + 2 * (half - bin);
      const imagOne = bin ? bins[one + 1] : 0;
      const imagOther = bin ? bins[other + 1] : 0;
      const evenReal = bins[one] + bins[other];
      const evenImag = imagOne - imagOther;
      const differReal = bins[one] - bins[other];
      const differImag = imagOne + imagOther;
      const cos = turns[2 * bin];
      const sin = -turns[2 * bin + 1];
      const oddReal = differReal * cos - differImag * sin;
      const oddImag = differReal * sin + differImag * cos;
      // Turned over, so that the forward passes invert.
      work[2 * bin] = evenReal - oddImag;
      work[2 * bin + 1] = -(evenImag + oddReal);
    }
    const found = this.run();
    const scale = 1 / this.length;
    for (let index = 0; index < this.length; index += 2) {
      found[index] *= scale;
      found[index + 1] *= -scale;
    }
    return found;
  }

  /** Transform what lies in `work[0]`; where the result lies. */
  run() {
    let [from, to] = this.work;
    for (const pass of this.passes) {
      if (pass.radix === 4) pass4(pass, from, to);
      else if (pass.radix === 2) pass2(pass, from, to);
      else passOdd(pass, from, to);
      [from, to] = [to, from];
    }
    return from;
  }
}

function passesOf(length) {
  const passes = [];
  let [left, stride] = [length, 1];
  while (left > 1) {
    const radix = left % 4 === 0 ? 4 : [2, 3, 5, 7].find((one) => left % one === 0) ?? smallestFactor(left);
    const groups = left / radix;
    const turns = new Float64Array(2 * groups * radix);
    for (let group = 0; group < groups; group += 1) {
      for (let index = 0; index < radix; index += 1) {
        const angle = (-2 * Math.PI * group * index) / left;
        turns[2 * (group * radix + index)] = Math.cos(angle);
        turns[2 * (group * radix + index) + 1] = Math.sin(angle);
      }
    }
    const roots = Float64Array.from({ length: 2 * radix }, (_, index) => {
      const angle = (-2 * Math.PI * (index >> 1)) / radix;
      return index % 2 ? Math.sin(angle) : Math.cos(angle);
    });
    passes.push({ radix, groups, stride, turns, roots, scratch: new Float64Array(2 * radix) });
    left = groups;
    stride *= radix;
  }
  return passes;
}

function smallestFactor(number) {
  for (let factor = 11; factor * factor <= number; factor += 2) if (number % factor === 0) return factor;
  return number;
}

// Here and below numbers have names of their own, not places in lists: lists would be made and thrown
// away a million times a second.

function pass2({ groups, stride, turns }, from, to) {
  const apart = 2 * stride * groups;
  for (let group = 0; group < groups; group += 1) {
    const cos = turns[4 * group + 2];
    const sin = turns[4 * group + 3];
    for (let place = 0; place < stride; place += 1) {
      const at = 2 * (place + stride * group);
      const out = 2 * (place + stride * 2 * group);
      const real = from[at] - from[at + apart];
      const imag = from[at + 1] - from[at + apart + 1];
      to[out] = from[at] + from[at + apart];
      to[out + 1] = from[at + 1] + from[at + apart + 1];
      to[out + 2 * stride] = real * cos - imag * sin;
      to[out + 2 * stride + 1] = real * sin + imag * cos;
    }
  }
}

function pass4({ groups, stride, turns }, from, to) {
  const apart = 2 * stride * groups;
  const step = 2 * stride;
  for (let group = 0; group < groups; group += 1) {
    const turn = 8 * group;
    const c1 = turns[turn + 2];
    const s1 = turns[turn + 3];
    const c2 = turns[turn + 4];
    const s2 = turns[turn + 5];
    const c3 = turns[turn + 6];
    const s3 = turns[turn + 7];
    for (let place = 0; place < stride; place += 1) {
      const at = 2 * (place + stride * group);
      const out = 2 * (place + stride * 4 * group);
      const sumReal = from[at] + from[at + 2 * apart];
      const sumImag = from[at + 1] + from[at + 2 * apart + 1];
      const lessReal = from[at] - from[at + 2 * apart];
      const lessImag = from[at + 1] - from[at + 2 * apart + 1];
      const oddReal = from[at + apart] + from[at + 3 * apart];
      const oddImag = from[at + apart + 1] + from[at + 3 * apart + 1];
      const turnedReal = from[at + apart + 1] - from[at + 3 * apart + 1];
      const turnedImag = from[at + 3 * apart] - from[at + apart];
      to[out] = sumReal + oddReal;
      to[out + 1] = sumImag + oddImag;
      const oneReal = lessReal + turnedReal;
      const oneImag = lessImag + turnedImag;
      to[out + step] = oneReal * c1 - oneImag * s1;
      to[out + step + 1] = oneReal * s1 + oneImag * c1;
      const twoReal = sumReal - oddReal;
      const twoImag = sumImag - oddImag;
      to[out + 2 * step] = twoReal * c2 - twoImag * s2;
      to[out + 2 * step + 1] = twoReal * s2 + twoImag * c2;
      const threeReal = lessReal - turnedReal;
      const threeImag = lessImag - turnedImag;
      to[out + 3 * step] = threeReal * c3 - threeImag * s3;
      to[out + 3 * step + 1] = threeReal * s3 + threeImag * c3;
    }
  }
}

/** An odd radix: what lies as far from the first as from the end shares its cosines and sines. */
function passOdd({ radix, groups, stride, turns, roots, scratch }, from, to) {
  const pairs = (radix - 1) / 2;
  const apart = 2 * stride * groups;
  for (let group = 0; group < groups; group += 1) {
    for (let place = 0; place < stride; place += 1) {
      const at = 2 * (place + stride * group);
      const first = 2 * (place + stride * radix * group);
      let sumReal = from[at];
      let sumImag = from[at + 1];
      for (let index = 1; index <= pairs; index += 1) {
        const one = at + index * apart;
        const other = at + (radix - index) * apart;
        const both = 4 * (index - 1);
        scratch[both] = from[one] + from[other];
        scratch[both + 1] = from[one + 1] + from[other + 1];
        scratch[both + 2] = from[one] - from[other];
        scratch[both + 3] = from[one + 1] - from[other + 1];
        sumReal += scratch[both];
        sumImag += scratch[both + 1];
      }
      to[first] = sumReal;
      to[first + 1] = sumImag;
      for (let out = 1; out <= pairs; out += 1) {
        let evenReal = from[at];
        let evenImag = from[at + 1];
        let oddReal = 0;
        let oddImag = 0;
        let root = 0;
        for (let both = 0; both < 4 * pairs; both += 4) {
          root += out;
          if (root >= radix) root -= radix;
          const cos = roots[2 * root];
          const sin = roots[2 * root + 1];
          evenReal += scratch[both] * cos;
          evenImag += scratch[both + 1] * cos;
          oddReal -= scratch[both + 3] * sin;
          oddImag += scratch[both + 2] * sin;
        }
        turned(to, first + 2 * stride * out, evenReal + oddReal, evenImag + oddImag, turns, 2 * (group * radix + out));
        turned(to, first + 2 * stride * (radix - out), evenReal - oddReal, evenImag - oddImag, turns, 2 * (group * radix + radix - out));
      }
    }
  }
}

function turned(to, at, real, imag, turns, turn) {
  to[at] = real * turns[turn] - imag * turns[turn + 1];
  to[at + 1] = real * turns[turn + 1] + imag * turns[turn];
}

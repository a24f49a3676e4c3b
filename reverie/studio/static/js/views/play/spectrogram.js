// A spectrogram that moves with what sounds; where motion is not wanted, it stands and is written
// over from left to right.

import { onColours } from "../../core/colours.js";
import { el } from "../../core/dom.js";

const [LOW_HZ, FLOOR_DB, TOP_DB] = [50, -82, -22];
const COLUMN_SECONDS = 1 / 45;
const STILL_SECONDS = 0.5;
const still = matchMedia("(prefers-reduced-motion: reduce)");

/**
 * @param {string} label what the picture is called
 * @returns {{node, listen(source: AudioNode, hertz: number), run(isRunning), close()}}
 */
export function spectrogram(label) {
  const canvas = el("canvas.endless-picture", { role: "img", "aria-label": label });
  const pen = canvas.getContext("2d", { alpha: false });
  let [analyser, bins, rows, top, frame, drawnAt, place] = [null, null, [], 8000, 0, 0, 0];
  let colours = null; // until it has a size
  const observer = new ResizeObserver(() => resize());
  observer.observe(canvas);
  const forgetColours = onColours(() => resize());

  function resize() {
    const scale = Math.min(2, devicePixelRatio || 1);
    canvas.width = Math.max(1, Math.round(canvas.clientWidth * scale));
    canvas.height = Math.max(1, Math.round(canvas.clientHeight * scale));
    colours = ramp(canvas);
    pen.fillStyle = colours[0];
    pen.fillRect(0, 0, canvas.width, canvas.height);
    place = 0;
    layout();
  }

  /** Which bins each row of pixels shows, from low to high in octaves. */
  function layout() {
    if (!analyser) return;
    const nyquist = analyser.context.sampleRate / 2;
    rows = Array.from({ length: canvas.height }, (_, row) => {
      const at = (share) => ((LOW_HZ * (top / LOW_HZ) ** share) / nyquist) * analyser.frequencyBinCount;
      const [from, to] = [at(row / canvas.height), at((row + 1) / canvas.height)];
      return [Math.floor(from), Math.max(Math.floor(from) + 1, Math.ceil(to))];
    });
  }

  function draw(now) {
    frame = requestAnimationFrame(draw);
    const pause = still.matches ? STILL_SECONDS : COLUMN_SECONDS;
    if (!analyser || !colours || document.hidden || now - drawnAt < pause * 1000) return;
    const columns = still.matches ? 6 : Math.min(4, Math.max(1, Math.round((now - drawnAt) / 1000 / COLUMN_SECONDS)));
    drawnAt = now;
    analyser.getFloatFrequencyData(bins);
    const width = 2 * columns;
    if (still.matches) {
      pen.fillStyle = colours[0];
      pen.fillRect(place, 0, 4 * width, canvas.height);
    } else {
      pen.drawImage(canvas, -width, 0);
      place = canvas.width - width;
    }
    column(width);
    if (still.matches) place = (place + width) % canvas.width;
  }

  function column(width) {
    const image = pen.createImageData(width, canvas.height);
    const pixels = new Uint32Array(image.data.buffer);
    rows.forEach(([from, to], row) => {
      let loudest = -200;
      for (let bin = from; bin < to; bin += 1) loudest = Math.max(loudest, bins[bin]);
      const share = Math.min(1, Math.max(0, (loudest - FLOOR_DB) / (TOP_DB - FLOOR_DB)));
      const line = (canvas.height - 1 - row) * width;
      pixels.fill(colours.words[Math.round(share * 255)], line, line + width);
    });
    pen.putImageData(image, place, 0);
  }

  return {
    node: canvas,
    listen(source, hertz) {
      if (!analyser) {
        analyser = new AnalyserNode(source.context, { fftSize: 4096, smoothingTimeConstant: 0.2 });
        bins = new Float32Array(analyser.frequencyBinCount);
        source.connect(analyser);
      }
      top = Math.min(hertz / 2, 12000);
      layout();
    },
    run(isRunning) {
      cancelAnimationFrame(frame);
      frame = isRunning ? requestAnimationFrame(draw) : 0;
    },
    close() {
      cancelAnimationFrame(frame);
      observer.disconnect();
      forgetColours();
      analyser?.disconnect();
    },
  };
}

/** 256 colours from the ground over the accent to the ink. */
function ramp(canvas) {
  const style = getComputedStyle(canvas);
  const stops = ["--sunk", "--accent", "--ink"].map((name) => rgb(style.getPropertyValue(name).trim()));
  const all = Array.from({ length: 256 }, (_, index) => {
    const share = (index / 255) ** 1.7;
    const [from, to, part] = share < 0.6 ? [stops[0], stops[1], share / 0.6] : [stops[1], stops[2], (share - 0.6) / 0.4];
    return from.map((value, channel) => Math.round(value + (to[channel] - value) * part));
  });
  const words = Uint32Array.from(all, ([red, green, blue]) => ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0);
  return Object.assign(all.map((one) => `rgb(${one.join(" ")})`), { words });
}

function rgb(colour) {
  const digits = colour.replace("#", "");
  return [0, 2, 4].map((at) => parseInt(digits.slice(at, at + 2), 16) || 0);
}

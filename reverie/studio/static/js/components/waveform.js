// A waveform of bars, drawn on a canvas; where it may be, it is a slider over time.

import { onColours } from "../core/colours.js";
import { el } from "../core/dom.js";
import { clock } from "../core/format.js";
import { peaksOf } from "./peaks.js";

const BAR = 2;
const GAP = 1;
const STEP_SECONDS = 5;
const drawn = new Set();

onColours(() => {
  for (const draw of drawn) draw();
});

/**
 * @param {object} options
 * @param {string} [options.path], [options.source] of the sound; or `load` one later.
 * @param {(seconds: number) => void} [options.onSeek] makes it a slider.
 * @param {string} [options.label] of the slider.
 * @returns {{node, load, setTime, close}}
 */
export function waveform({ path, source, onSeek, label } = {}) {
  const canvas = el("canvas", { "aria-hidden": "true" });
  const node = el(`div.wave${onSeek ? ".is-seekable" : ""}`, {}, canvas);
  const state = { peaks: null, time: 0, seconds: 0, abort: null };
  const draw = () => paint(canvas, state.peaks, state.seconds ? state.time / state.seconds : 0);
  const watcher = new ResizeObserver(draw);
  watcher.observe(node);
  drawn.add(draw);
  const wave = {
    node,
    load(sound) {
      state.abort?.abort();
      state.abort = new AbortController();
      state.peaks = null;
      draw();
      if (!sound) return;
      const { signal } = state.abort;
      peaksOf(sound, signal).then((peaks) => {
        if (signal.aborted) return;
        state.peaks = peaks;
        draw();
      }, () => {});
    },
    setTime(time, seconds) {
      const was = state.seconds ? state.time / state.seconds : 0;
      [state.time, state.seconds] = [time, seconds];
      const told = `${clock(time)} / ${clock(seconds)}`;
      if (onSeek && node.getAttribute("aria-valuetext") !== told) {
        node.setAttribute("aria-valuemax", Math.round(seconds || 0));
        node.setAttribute("aria-valuenow", Math.round(time));
        node.setAttribute("aria-valuetext", told);
      }
      const now = seconds ? time / seconds : 0;
      if (Math.abs(now - was) * canvas.clientWidth > 0.4 || now === 0) draw();
    },
    close() {
      state.abort?.abort();
      watcher.disconnect();
      drawn.delete(draw);
    },
  };
  if (onSeek) makeSlider(node, state, label, (seconds) => onSeek(seconds));
  if (path) wave.load({ path, source });
  return wave;
}

function makeSlider(node, state, label, onSeek) {
  const attributes = { role: "slider", tabindex: 0, "aria-label": label, "aria-valuemin": 0, "aria-valuemax": 0, "aria-valuenow": 0 };
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  const to = (seconds) => onSeek(Math.min(state.seconds, Math.max(0, seconds)));
  node.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !state.seconds) return;
    node.setPointerCapture(event.pointerId);
    const move = ({ clientX }) => {
      const box = node.getBoundingClientRect();
      to(((clientX - box.left) / box.width) * state.seconds);
    };
    move(event);
    node.addEventListener("pointermove", move);
    node.addEventListener("lostpointercapture", () => node.removeEventListener("pointermove", move), { once: true });
  });
  node.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: -STEP_SECONDS, ArrowDown: -STEP_SECONDS, ArrowRight: STEP_SECONDS, ArrowUp: STEP_SECONDS };
    if (event.key in steps) to(state.time + steps[event.key]);
    else if (event.key === "Home") to(0);
    else if (event.key === "End") to(state.seconds);
    else return;
    event.preventDefault();
  });
}

function paint(canvas, peaks, played) {
  const [width, height] = [canvas.parentElement.clientWidth, canvas.parentElement.clientHeight];
  if (!width || !height) return;
  const scale = devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  const colours = getComputedStyle(canvas);
  const [wave, accent] = [colours.getPropertyValue("--wave"), colours.getPropertyValue("--accent")];
  const bars = Math.max(1, Math.floor((width + GAP) / (BAR + GAP)));
  const heights = peaks?.length ? barHeights(peaks, bars) : null;
  for (let bar = 0; bar < bars; bar += 1) {
    const size = heights ? Math.max(2, heights[bar] * height) : 2;
    pen.fillStyle = heights && (bar + 0.5) / bars <= played ? accent : wave;
    pen.globalAlpha = heights ? 1 : 0.5;
    pen.beginPath();
    pen.roundRect(bar * (BAR + GAP), (height - size) / 2, BAR, size, 1);
    pen.fill();
  }
}

/** The height of each bar, 0 to 1, of which the loudest is 0.96. */
function barHeights(peaks, bars) {
  const heights = [];
  for (let bar = 0; bar < bars; bar += 1) {
    const first = Math.floor((bar / bars) * peaks.length);
    const end = Math.max(first + 1, Math.floor(((bar + 1) / bars) * peaks.length));
    let most = 0;
    for (let index = first; index < end; index += 1) {
      most = Math.max(most, Math.abs(peaks[index][0]), Math.abs(peaks[index][1]));
    }
    heights.push(most);
  }
  const loudest = Math.max(...heights, 1e-4);
  return heights.map((height) => (0.96 * height) / loudest);
}

// A stretch of a fixed length, dragged on a waveform.

import WaveSurfer from "../../vendor/wavesurfer/wavesurfer.js";
import RegionsPlugin from "../../vendor/wavesurfer/regions.js";
import { el } from "../core/dom.js";

/**
 * @param {{onMove: (seconds: number) => void}} options told where the stretch begins.
 */
export function stretchPicker({ onMove }) {
  const node = el("div.stretch", {});
  let [surfer, regions, region, length] = [null, null, null, 10];

  function clear() {
    surfer?.destroy();
    [surfer, regions, region] = [null, null, null];
  }

  function colours() {
    const style = getComputedStyle(document.documentElement);
    return (name) => style.getPropertyValue(name).trim();
  }

  function place(start) {
    const last = Math.max(0, surfer.getDuration() - length);
    const from = Math.min(last, Math.max(0, start));
    const shape = { start: from, end: Math.min(surfer.getDuration(), from + length) };
    if (region) region.setOptions(shape);
    else region = regions.addRegion({ ...shape, drag: true, resize: false, color: `color-mix(in srgb, ${colours()("--accent")} 26%, transparent)` });
    return from;
  }

  // A click or a drag on the bare waveform brings the stretch there; on the stretch, it moves it.
  node.addEventListener("pointerdown", (event) => {
    if (!surfer || event.composedPath().some((one) => one === region?.element)) return;
    const at = ({ clientX }) => {
      const box = node.getBoundingClientRect();
      return ((clientX - box.left) / box.width) * surfer.getDuration();
    };
    onMove(place(at(event) - length / 2));
    const move = (next) => onMove(place(at(next) - length / 2));
    addEventListener("pointermove", move);
    addEventListener("pointerup", () => removeEventListener("pointermove", move), { once: true });
  });

  return {
    node,
    isShown: () => Boolean(surfer),
    async show(peaks, seconds, start, stretchSeconds) {
      clear();
      length = stretchSeconds;
      const colour = colours();
      regions = RegionsPlugin.create();
      surfer = WaveSurfer.create({
        container: node, height: 76, waveColor: colour("--wave"), progressColor: colour("--wave"), cursorWidth: 0,
        barWidth: 2, barGap: 1, barRadius: 1, interact: false, normalize: true, hideScrollbar: true,
        peaks: [peaks.map(([low, high]) => Math.max(Math.abs(low), Math.abs(high)))], duration: seconds, plugins: [regions],
      });
      await new Promise((resolve) => surfer.once("ready", resolve));
      regions.on("region-updated", (moved) => onMove(moved.start));
      place(start);
    },
    move: (start) => surfer && place(start),
    clear,
    close: clear,
  };
}

// Curves of a training: loss over epochs, of training and of held-out music.

import { el, svg } from "../core/dom.js";
import { loss } from "../core/format.js";
import { t } from "../core/texts.js";

const [WIDTH, HEIGHT] = [760, 250];
const EDGE = { left: 46, right: 12, top: 10, bottom: 26 };

/**
 * @returns {{node, draw(curve, checkpoints)}} where `curve` is [{epoch, train_loss, held_out_loss}] and
 *   `checkpoints` [{epoch, best}].
 */
export function lossChart() {
  const picture = svg("svg.chart", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" });
  const reading = el("span.reading", { "aria-hidden": "true" });
  const legend = el(
    "div.legend",
    { "aria-hidden": "true" },
    el("span.a", {}, el("i", {}), t("loss_training")),
    el("span.b", {}, el("i", {}), t("loss_held_out")),
    el("span.dot", {}, el("i", {}), t("loss_kept")),
    reading,
  );
  const node = el("figure.loss", {}, picture, el("figcaption", {}, legend));
  let now = null;
  picture.addEventListener("pointermove", (event) => now && point(picture, now, event, reading));
  picture.addEventListener("pointerleave", () => {
    reading.textContent = "";
    picture.querySelector(".cross")?.remove();
  });
  return {
    node,
    draw(curve, checkpoints = []) {
      now = scaled(curve);
      picture.replaceChildren();
      if (!now) {
        picture.setAttribute("aria-label", t("loss_none"));
        picture.append(svg("text", { x: WIDTH / 2, y: HEIGHT / 2, "text-anchor": "middle" }, t("loss_none")));
        return;
      }
      const last = curve.at(-1);
      const held = [...curve].reverse().find((one) => Number.isFinite(one.held_out_loss));
      picture.setAttribute("aria-label", t("loss_words", { epoch: last.epoch, training: loss(last.train_loss), held: loss(held?.held_out_loss) }));
      axes(picture, now);
      for (const [name, key] of [["a", "train_loss"], ["b", "held_out_loss"]]) {
        const points = curve.filter((one) => Number.isFinite(one[key])).map((one) => `${now.x(one.epoch)},${now.y(one[key])}`);
        if (points.length === 1) points.push(points[0]);
        if (points.length) picture.append(svg(`polyline.series.${name}`, { points: points.join(" ") }));
      }
      for (const one of checkpoints) {
        const value = nearest(curve, one.epoch)?.held_out_loss;
        if (Number.isFinite(value)) picture.append(svg(`circle.kept${one.best ? ".best" : ""}`, { cx: now.x(one.epoch), cy: now.y(value), r: one.best ? 5 : 4 }));
      }
    },
  };
}

function scaled(curve) {
  const values = curve.flatMap((one) => [one.train_loss, one.held_out_loss]).filter(Number.isFinite);
  if (!values.length) return null;
  const sorted = [...values].sort((a, b) => a - b);
  // The first losses tower over all that follows: what lies above nearly all is cut off.
  const top = curve.length > 20 ? sorted[Math.floor(sorted.length * 0.97)] : sorted.at(-1);
  const low = sorted[0];
  const room = (top - low || Math.abs(low) || 1) * 0.08;
  const [y0, y1] = [low - room, top + room];
  const [x0, x1] = [Math.min(...curve.map((one) => one.epoch)), Math.max(...curve.map((one) => one.epoch))];
  const width = WIDTH - EDGE.left - EDGE.right;
  const height = HEIGHT - EDGE.top - EDGE.bottom;
  return {
    curve,
    x: (epoch) => EDGE.left + (x1 > x0 ? ((epoch - x0) / (x1 - x0)) * width : width / 2),
    y: (value) => EDGE.top + Math.min(1, Math.max(0, 1 - (value - y0) / (y1 - y0))) * height,
    xs: ticks(x0, x1, 8, true),
    ys: ticks(y0, y1, 4),
  };
}

function ticks(low, high, count, areWhole = false) {
  const rough = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  let step = [1, 2, 5, 10].find((one) => one * power >= rough) * power;
  if (areWhole) step = Math.max(1, Math.round(step));
  const all = [];
  for (let value = Math.ceil(low / step) * step; value <= high + step * 1e-9; value += step) all.push(Number(value.toPrecision(10)));
  return all;
}

function axes(picture, { x, y, xs, ys }) {
  for (const value of ys) {
    picture.append(svg("line.axis", { x1: EDGE.left, x2: WIDTH - EDGE.right, y1: y(value), y2: y(value) }));
    picture.append(svg("text", { x: EDGE.left - 8, y: y(value) + 4, "text-anchor": "end" }, value));
  }
  for (const value of xs) picture.append(svg("text", { x: x(value), y: HEIGHT - 8, "text-anchor": "middle" }, value));
}

function nearest(curve, epoch) {
  return curve.reduce((best, one) => (best === null || Math.abs(one.epoch - epoch) < Math.abs(best.epoch - epoch) ? one : best), null);
}

/** Read off what lies under the pointer. */
function point(picture, now, event, reading) {
  const box = picture.getBoundingClientRect();
  const at = ((event.clientX - box.left) / box.width) * WIDTH;
  const found = now.curve.reduce((best, one) => (best === null || Math.abs(now.x(one.epoch) - at) < Math.abs(now.x(best.epoch) - at) ? one : best), null);
  if (!found) return;
  picture.querySelector(".cross")?.remove();
  picture.append(svg("line.axis.cross", { x1: now.x(found.epoch), x2: now.x(found.epoch), y1: EDGE.top, y2: HEIGHT - EDGE.bottom }));
  reading.textContent = t("loss_reading", { epoch: found.epoch, training: loss(found.train_loss), held: loss(found.held_out_loss) });
}

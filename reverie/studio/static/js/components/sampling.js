// The settings of generation as sliders, each with a word on what it does there.

import { el } from "../core/dom.js";
import { duration } from "../core/format.js";
import { t } from "../core/texts.js";
import { button, field, fold, slider, toggle } from "./controls.js";

/** The word of the last step that is not above the value. */
const worded = (name, steps) => (value) => t(`word_${name}_${steps.filter((step) => value >= step).length}`);

const SLIDERS = {
  temperature: { min: 0, max: 1.6, step: 0.05, word: worded("temperature", [0.05, 0.6, 0.9, 1.15]) },
  detail_temperature: { min: 0, max: 1.6, step: 0.05, word: worded("temperature", [0.05, 0.6, 0.9, 1.15]) },
  guidance: { min: 0, max: 5, step: 0.1, word: worded("guidance", [0.1, 1.1, 2.6]) },
  bpm: { min: 39, max: 220, step: 1, word: worded("bpm", [40, 76, 112, 150]), show: (v) => (v < 40 ? "–" : String(v)), none: 39 },
  reprise_seconds: { min: 0, max: 60, step: 1, word: worded("reprise_seconds", [1]) },
  top_p: { min: 0.05, max: 1, step: 0.01, word: worded("top_p", [0.5, 0.9, 1]) },
  min_p: { min: 0, max: 0.5, step: 0.01, word: worded("min_p", [0.01, 0.1]) },
  top_k: { min: 0, max: 512, step: 1, word: worded("top_k", [1]) },
};
const FIRST = ["temperature", "guidance", "bpm", "reprise_seconds"];
const MORE = ["detail_temperature", "top_p", "min_p", "top_k"];
const SECONDS = [2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600];

/**
 * Sliders and switches for how music is drawn.
 *
 * @param {object} values what differs from the run's own, by name.
 * @param {(values: object, name: string) => void} onChange
 * @returns {{node, set(values, defaults)}}
 */
export function samplingForm(values, onChange) {
  let [changed, defaults] = [{ ...values }, {}];
  const parts = new Map();
  const take = (name, value) => {
    changed = { ...changed };
    if (value === (defaults[name] ?? null)) delete changed[name];
    else changed[name] = value;
    own.hidden = !Object.keys(changed).some((key) => parts.has(key));
    onChange(changed, name);
  };
  for (const [name, { none, ...shape }] of Object.entries(SLIDERS)) {
    parts.set(name, {
      ...slider({ ...shape, label: t(`set_${name}`), help: t(`help_${name}`), value: shape.min, onChange: (value) => take(name, value === none ? null : value) }),
      none: none ?? (name === "detail_temperature" ? "temperature" : shape.min),
    });
  }
  for (const name of ["guard", "beat"]) {
    parts.set(name, toggle({ label: t(`set_${name}`), help: t(`help_${name}`), value: true, onChange: (value) => take(name, value) }));
  }
  const draw = () => {
    for (const [name, part] of parts) {
      const value = changed[name] ?? defaults[name];
      const otherwise = part.none === "temperature" ? changed.temperature ?? defaults.temperature ?? 1 : part.none;
      part.set(value ?? otherwise ?? true);
    }
    own.hidden = !Object.keys(changed).some((key) => parts.has(key));
  };
  const own = button(t("settings_own"), () => {
    for (const name of parts.keys()) delete changed[name];
    changed = { ...changed };
    draw();
    onChange(changed, "");
  }, { kind: "plain small" });
  const node = el(
    "div.stack",
    {},
    FIRST.map((name) => parts.get(name).node),
    parts.get("guard").node,
    fold(t("more"), el("div.stack", {}, parts.get("beat").node, MORE.map((name) => parts.get(name).node))),
    own,
  );
  draw();
  return {
    node,
    set(next, nextDefaults = defaults) {
      [changed, defaults] = [{ ...next }, nextDefaults];
      draw();
    },
  };
}

/** How many clips and how long. */
export function amountForm(values, onChange) {
  const at = (seconds) => SECONDS.reduce((best, one, index) => (Math.abs(one - seconds) < Math.abs(SECONDS[best] - seconds) ? index : best), 0);
  const seconds = slider({
    label: t("set_seconds"), min: 0, max: SECONDS.length - 1, step: 1, value: at(values.seconds ?? 10),
    show: (index) => duration(SECONDS[index]), onChange: (index) => onChange({ seconds: SECONDS[index] }),
  });
  const count = slider({ label: t("set_count"), min: 1, max: 24, step: 1, value: values.count ?? 5, onChange: (value) => onChange({ count: value }) });
  const seed = field({
    label: t("set_seed"), type: "number", min: 0, step: 1, value: values.seed ?? 0, help: t("help_seed"),
    onChange: (value) => onChange({ seed: Math.max(0, Math.floor(Number(value) || 0)) }),
  });
  return {
    node: el("div.stack", {}, seconds.node, count.node),
    seed,
    set(next) {
      seconds.set(at(next.seconds ?? 10));
      count.set(next.count ?? 5);
      seed.set(next.seed ?? 0);
    },
  };
}

const OPTIONS = { temperature: "--temperature", detail_temperature: "--detail-temperature", guidance: "--guidance", bpm: "--bpm", reprise_seconds: "--reprise-seconds", top_k: "--top-k", top_p: "--top-p", min_p: "--min-p", method: "--method" };

/** The options of `reverie generate` for settings. */
export function optionsOf(settings) {
  return [
    ...Object.entries(OPTIONS).flatMap(([name, option]) => (settings[name] === undefined || settings[name] === null ? [] : [option, settings[name]])),
    ...["guard", "beat"].flatMap((name) => (typeof settings[name] === "boolean" ? [settings[name] ? `--${name}` : `--no-${name}`] : [])),
  ];
}

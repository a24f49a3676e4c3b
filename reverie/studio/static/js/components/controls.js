// Buttons and fields.

import { el, freshId } from "../core/dom.js";
import { trim } from "../core/format.js";
import { t } from "../core/texts.js";
import { icon } from "./icons.js";
import { say, trouble } from "./toast.js";

/** A button with words; while what it began is under way it cannot be pressed again. */
export function button(label, onclick, { kind = "", symbol = null, ...attributes } = {}) {
  const node = el(
    `button.button${kind.split(" ").filter(Boolean).map((one) => `.${one}`).join("")}`,
    { type: "button", ...attributes, onclick: guarded(onclick) },
    symbol && icon(symbol),
    label && el("span", {}, label),
  );
  return node;
}

/** A button that is a drawing; its label is read out and shown when the pointer rests. */
export function iconButton(symbol, label, onclick, { kind = "", ...attributes } = {}) {
  return el(
    `button.icon${kind.split(" ").filter(Boolean).map((one) => `.${one}`).join("")}`,
    { type: "button", "aria-label": label, title: label, ...attributes, onclick: guarded(onclick) },
    icon(symbol),
  );
}

/** Give a drawing's button another drawing and label. */
export function setIcon(node, symbol, label, options) {
  if (node.dataset.symbol !== symbol + Boolean(options?.filled)) {
    node.replaceChildren(icon(symbol, options));
    node.dataset.symbol = symbol + Boolean(options?.filled);
  }
  node.setAttribute("aria-label", label);
  node.title = label;
}

function guarded(action) {
  let isBusy = false;
  return async (event) => {
    event.stopPropagation();
    if (isBusy) return;
    isBusy = true;
    try {
      await action?.(event);
    } catch (error) {
      trouble(error);
    } finally {
      isBusy = false;
    }
  };
}

/**
 * A slider with its value, and a word on what it does there.
 *
 * @param {object} options
 * @param {string} options.label
 * @param {number} options.min, options.max, options.step, options.value
 * @param {(value: number) => string} [options.word] what this value means.
 * @param {(value: number) => string} [options.show] the value as text.
 * @param {string} [options.help]
 * @param {(value: number) => void} options.onChange while it is moved.
 * @returns {{node: Element, value: number, set(value), disable(boolean)}}
 */
export function slider({ label, min, max, step, value, word, show = (v) => trim(v), help, onChange }) {
  const id = freshId("slider");
  const output = el("output", { for: id });
  const says = el("span.word", {});
  const input = el("input", { type: "range", id, min, max, step, "aria-describedby": help ? `${id}-help` : null });
  input.value = value;
  const draw = () => {
    const now = Number(input.value);
    input.style.setProperty("--part", `${((now - min) / (max - min || 1)) * 100}%`);
    output.value = show(now);
    says.textContent = word?.(now) ?? "";
    input.setAttribute("aria-valuetext", `${show(now)} ${word?.(now) ?? ""}`.trim());
  };
  input.addEventListener("input", () => {
    draw();
    onChange?.(Number(input.value));
  });
  draw();
  const node = el(
    "div.slider",
    {},
    el("label.name", { for: id }, label),
    el("span.value", {}, says, output),
    input,
    help && el("span.help", { id: `${id}-help` }, help),
  );
  return {
    node,
    get value() {
      return Number(input.value);
    },
    set(next) {
      input.value = next;
      draw();
    },
    disable(isOff) {
      input.disabled = isOff;
    },
  };
}

/** A switch. */
export function toggle({ label, value, help, onChange }) {
  const input = el("input", { type: "checkbox", role: "switch", checked: Boolean(value), onchange: () => onChange?.(input.checked) });
  const node = el(
    "label.switch",
    {},
    input,
    el("i", { "aria-hidden": "true" }),
    el("span", {}, el("span.name", {}, label), help && el("span.help", {}, " ", help)),
  );
  return { node, get value() { return input.checked; }, set(next) { input.checked = Boolean(next); } };
}

/** One of a few, side by side. `choices` are [value, label]. */
export function segments({ label, choices, value, onChange }) {
  const name = freshId("segments");
  const inputs = new Map();
  const node = el(
    "div.segments",
    { role: "radiogroup", "aria-label": label },
    choices.map(([choice, text]) => {
      const input = el("input", { type: "radio", name, value: choice, checked: choice === value, onchange: () => onChange?.(choice) });
      inputs.set(choice, input);
      return el("label", {}, input, el("span", {}, text));
    }),
  );
  return { node, set(next) { if (inputs.has(next)) inputs.get(next).checked = true; } };
}

/** One of many. `choices` are [value, label]; they can be changed. */
export function select({ label, choices, value, help, onChange, hideLabel = false }) {
  const id = freshId("select");
  const node = el("select.input", { id, onchange: () => onChange?.(node.value) });
  const set = (next, chosen) => {
    node.replaceChildren(...next.map(([choice, text]) => el("option", { value: choice }, text)));
    if (chosen !== undefined && next.some(([choice]) => choice === chosen)) node.value = chosen;
  };
  set(choices, value);
  const field = el(
    "div.field",
    {},
    el(hideLabel ? "label.hush" : "label.name", { for: id }, label),
    node,
    help && el("span.help", {}, help),
  );
  return { node: field, input: node, get value() { return node.value; }, set };
}

/** A field for text or a number. */
export function field({ label, value = "", help, type = "text", onChange, hideLabel = false, ...attributes }) {
  const id = freshId("field");
  const input = el("input.input", { id, type, ...attributes });
  input.value = value;
  input.addEventListener("change", () => onChange?.(input.value));
  const node = el(
    "div.field",
    {},
    el(hideLabel ? "label.hush" : "label.name", { for: id }, label),
    input,
    help && el("span.help", {}, help),
  );
  return { node, input, get value() { return input.value; }, set(next) { input.value = next; } };
}

/** What can be opened. */
export function fold(label, ...children) {
  return el("details", {}, el("summary", {}, icon("next"), el("span", {}, label)), children);
}

/** The command line that does the same, or several, to be copied. */
export function commandLine(first) {
  let now = first;
  const code = el("code", {});
  const set = (next) => {
    now = next;
    // Words are parted by lines as a terminal would part them, and not at their hyphens.
    code.replaceChildren(...now.split("\n").map((line) => el("span.one", {}, line.split(" ").map((word) => [el("span", {}, word), " "]))));
  };
  const copy = iconButton("copy", t("line_copy"), async () => {
    await navigator.clipboard.writeText(now);
    say(t("copied"));
  });
  set(first);
  return { node: el("div.line", { role: "group", "aria-label": t("line_label") }, code, copy), set };
}

/** Words on a state, coloured by level: "good", "warn", "bad", "accent" or nothing. */
export const badge = (text, level = "") => el(`span.badge${level ? `.${level}` : ""}`, {}, text);

/** Findings in words, each with its level. */
export function findings(list) {
  const symbols = { good: "good", warn: "warn", bad: "bad" };
  return el(
    "ul.notes",
    {},
    list.map(({ level, text }) => el(`li${symbols[level] ? `.${level}` : ""}`, {}, icon(symbols[level] ?? "info"), el("span", {}, text))),
  );
}

/** Names and values. */
export function facts(pairs) {
  return el(
    "dl.facts",
    {},
    pairs.filter(([, value]) => value !== null && value !== undefined && value !== "").map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))),
  );
}

// All settings of a kind, with a search; only what is changed is kept.

import { el } from "../core/dom.js";
import { about } from "../core/studio.js";
import { t } from "../core/texts.js";
import { field } from "./controls.js";

/**
 * @param {string} kind "recipe", "generation" or "prepare".
 * @param {object} values what is changed, by name.
 * @param {(values: object) => void} onChange
 */
export function settingsForm(kind, values, onChange) {
  let changed = { ...values };
  const search = field({ label: t("settings_search"), type: "search", placeholder: t("settings_search_help"), hideLabel: true });
  const list = el("div.settings", {});
  const items = (about.settings[kind] ?? []).map((setting) => settingRow(setting, () => changed, (next) => {
    changed = next;
    onChange(changed);
  }));
  const none = el("p.soft", { hidden: true }, t("settings_none"));
  list.append(...items.map(({ node }) => node));
  search.input.addEventListener("input", () => {
    const words = search.value.trim().toLowerCase().split(/\s+/);
    for (const item of items) item.node.hidden = !words.every((word) => item.text.includes(word));
    none.hidden = items.some((item) => !item.node.hidden);
  });
  return {
    node: el("fieldset.fieldset.stack.close", {}, el("legend", {}, t("all_settings")), search.node, list, none),
    set(next) {
      changed = { ...next };
      for (const item of items) item.draw();
    },
  };
}

function settingRow(setting, values, onChange) {
  const input = setting.kind === "choice" || setting.kind === "switch" ? choice(setting) : typed(setting);
  const draw = () => {
    const value = values()[setting.name];
    input.value = value === undefined || value === null ? "" : String(value);
    node.classList.toggle("is-changed", input.value !== "");
  };
  input.setAttribute("aria-label", setting.name);
  input.addEventListener("change", () => {
    const next = { ...values() };
    if (input.value === "") delete next[setting.name];
    else next[setting.name] = setting.kind === "whole" || setting.kind === "number" ? Number(input.value) : input.value;
    onChange(next);
    draw();
  });
  const node = el("div.setting", {}, el("div", {}, el("code", {}, setting.name), el("p.help", {}, setting.help)), input);
  draw();
  return { node, draw, text: `${setting.name} ${setting.help}`.toLowerCase() };
}

function choice({ kind, choices, default: otherwise }) {
  const all = kind === "switch" ? ["true", "false"] : choices ?? [];
  return el("select.input", {}, el("option", { value: "" }, t("by_default", { value: otherwise ?? "–" })), all.map((one) => el("option", { value: one }, one)));
}

function typed({ kind, low, high, default: otherwise }) {
  const isNumber = kind === "whole" || kind === "number";
  return el("input.input", { type: isNumber ? "number" : "text", min: isNumber ? low : null, max: isNumber ? high : null, step: kind === "whole" ? 1 : isNumber ? "any" : null, placeholder: t("by_default", { value: otherwise ?? "–" }) });
}

// Train: begin a training, and watch it.

import { el } from "../core/dom.js";
import { t } from "../core/texts.js";
import { openRun } from "./train/run.js";
import { openStart } from "./train/start.js";

export function open(root, parameters) {
  let shown = null;
  const update = (next) => {
    const key = next.run ? `run ${next.run}` : `start ${next.corpus ?? ""} ${next.like ?? ""}`;
    if (shown?.key === key) return true;
    shown?.part.close?.();
    root.replaceChildren();
    root.closest("main").scrollTop = 0;
    shown = { key, part: next.run ? openRun(root, next.run) : start(root, next) };
    return true;
  };
  update(parameters);
  return { update, close: () => shown?.part.close?.() };
}

function start(root, parameters) {
  root.append(el("header.view-head", {}, el("div", {}, el("h1", {}, t("view_train")), el("p.soft", {}, t("train_help")))));
  return openStart(root, parameters);
}

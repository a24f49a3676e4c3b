// A window above the page that asks something.

import { el, freshId } from "../core/dom.js";
import { t } from "../core/texts.js";
import { button } from "./controls.js";

/**
 * Show a window until it is answered.
 *
 * @param {string} title
 * @param {Node[]} content
 * @param {Array<[string, any, string?]>} answers [label, value, kind of button]; the first is Escape's.
 * @returns the value of the answer.
 */
export function ask(title, content, answers = [[t("close"), null]], { wide = false } = {}) {
  const id = freshId("dialog");
  return new Promise((resolve) => {
    let value = answers[0][1];
    const buttons = answers.map(([label, answer, kind]) =>
      button(label, () => {
        value = typeof answer === "function" ? answer() : answer;
        if (value !== undefined) dialog.close();
      }, { kind }),
    );
    const dialog = el(`dialog${wide ? ".wide" : ""}`, { "aria-labelledby": id }, el("h2", { id }, title), content, el("div.actions", {}, buttons));
    dialog.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !event.target.matches("input:not([type=checkbox], [type=radio])")) return;
      event.preventDefault();
      event.target.dispatchEvent(new Event("change"));
      buttons.at(-1).click();
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(value);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Ask whether to do something. */
export function confirm(title, text, yes, kind = "main") {
  return ask(title, [el("p", {}, text)], [[t("cancel"), false], [yes, true, kind]]);
}

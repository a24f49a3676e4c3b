// Words that come up at the edge of the page and go again.

import { el } from "../core/dom.js";
import { t } from "../core/texts.js";
import { icon } from "./icons.js";

const SHOWN_MS = 6000;
let place = null;

/** The place for them, once on the page. */
export function toasts() {
  place = el("div.toasts", { role: "status", "aria-live": "polite" });
  return place;
}

/** Say something; with a `line`, the command that did it; with an `action`, a link. */
export function say(text, { level = "", more = "", line = "", link = null } = {}) {
  if (!place) return;
  const close = el("button.icon", { type: "button", "aria-label": t("close"), onclick: () => toast.remove() }, icon("close"));
  const toast = el(
    `div.toast${level ? `.${level}` : ""}`,
    {},
    el(
      "div.stack.close",
      {},
      el("strong", {}, text),
      more && el("span.soft", {}, more),
      line && el("code.small", {}, line),
      link && el("a", { href: link.href }, link.text),
    ),
    close,
  );
  place.append(toast);
  while (place.children.length > 3) place.firstElementChild.remove();
  if (level !== "bad") setTimeout(() => toast.remove(), SHOWN_MS);
}

/** Say what went wrong. */
export function trouble(error) {
  if (error?.name === "AbortError" || error?.status === -1) return;
  if (error?.status === 0) say(t("unreachable"), { level: "bad", more: t("unreachable_remedy") });
  else say(error?.message || t("went_wrong"), { level: "bad", more: error?.remedy ?? "" });
  if (error?.status === undefined) console.error(error);
}

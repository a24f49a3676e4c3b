// The head of a thing's page: the way back, its name, what can be done with it.

import { el } from "../../core/dom.js";
import { nameOf } from "../../core/format.js";
import { link } from "../../core/route.js";
import { t } from "../../core/texts.js";

export function head(path, help, actions, back = "library") {
  return el(
    "header.view-head",
    {},
    el("div", {}, el("a.back", { href: link(back) }, `← ${t(`view_${back}`)}`), el("h1", {}, path === "." ? t("this_folder") : nameOf(path)), help && el("p.soft", {}, help)),
    el("div.row", {}, actions),
  );
}

// Show what lies on the disk in the machine's own file manager.

import { post } from "../core/api.js";
import { about } from "../core/studio.js";
import { t } from "../core/texts.js";
import { button } from "./controls.js";

/** A button that shows a file in its folder; none where the studio may run on another machine. */
export const showInFolder = (path) =>
  !about.token_required && button(t("show_in_folder"), () => post("/api/show", { path }), { symbol: "folder", kind: "plain" });

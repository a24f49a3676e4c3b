// "Use these settings": they are shown before they are taken.

import { el } from "../core/dom.js";
import { draft, keepDraft } from "../core/draft.js";
import { go } from "../core/route.js";
import { runOfClip } from "../core/studio.js";
import { t } from "../core/texts.js";
import { settingName } from "./clip.js";
import { ask } from "./dialog.js";

const NO_SETTINGS = new Set(["checkpoint", "prompt", "prompt_recordings", "format", "count"]);

/** Show the settings of a clip beside those that Make has now, and take them if a person says so. */
export async function useSettings(clip) {
  const wanted = Object.fromEntries(
    Object.entries(clip.settings ?? {}).filter(([name, value]) => !NO_SETTINGS.has(name) && (value === null || typeof value !== "object")),
  );
  const now = draft("make", { settings: {} });
  const run = runOfClip(clip);
  const rows = Object.entries({ run, checkpoint: clip.checkpoint, ...wanted })
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => {
      const before = name in { run: 1, checkpoint: 1 } ? now[name] : now.settings?.[name];
      const isSame = String(before ?? "") === String(value);
      return el("tr", {}, el("th", { scope: "row" }, settingName(name)), el("td.soft", {}, shown(before)), el("td", {}, isSame ? shown(value) : el("strong", {}, shown(value))));
    });
  const yes = await ask(
    t("use_title"),
    [
      el("p.soft", {}, t("use_help")),
      el(
        "table",
        {},
        el("thead", {}, el("tr", {}, ["use_setting", "use_before", "use_after"].map((name) => el("th", { scope: "col" }, t(name))))),
        el("tbody", {}, rows),
      ),
    ],
    [[t("cancel"), false], [t("use_yes"), true, "main"]],
  );
  if (!yes) return;
  const { seconds = 10, seed = 0, ...settings } = wanted;
  const amount = { ...now.amount, count: now.amount?.count ?? 5, seconds, seed };
  keepDraft("make", { ...now, run: run || now.run, checkpoint: clip.checkpoint ?? now.checkpoint, amount, settings });
  go("make", { run, checkpoint: clip.checkpoint, from: clip.path });
}

function shown(value) {
  if (value === undefined || value === null || value === "") return t("the_runs_own");
  if (value === true || value === false) return t(value ? "yes" : "no");
  return String(value);
}

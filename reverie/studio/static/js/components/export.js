// A run, to be used without Reverie: a page that plays it, a model folder, graphs, a script for nn~.

import { command } from "../core/api.js";
import { el } from "../core/dom.js";
import { draft, keepDraft } from "../core/draft.js";
import { nameOf } from "../core/format.js";
import { theLibrary } from "../core/studio.js";
import { t } from "../core/texts.js";
import { field, select } from "./controls.js";
import { ask } from "./dialog.js";
import { began, whenDone } from "./jobs.js";
import { showSaved } from "./save.js";

const KINDS = ["html", "folder", "onnx", "nn"];
/** What is written in one file, and what it is called then. */
const ENDINGS = { html: ".html", nn: ".ts" };
const FOLDER = "exported";

/** Ask what a run shall become, and export it. */
export async function exportRun(path) {
  const kept = draft("export", { to: "html", credits: "", licence: "" });
  const help = el("p.help", {});
  const credits = field({ label: t("export_credits"), help: t("export_credits_help"), value: kept.credits });
  const licence = field({ label: t("export_licence"), help: t("export_licence_help"), value: kept.licence });
  const show = (kind) => {
    help.textContent = t(`export_${kind}_help`);
    credits.node.hidden = kind !== "html";
    licence.node.hidden = kind !== "folder";
  };
  const to = select({ label: t("export_to"), choices: KINDS.map((kind) => [kind, t(`export_${kind}`)]), value: kept.to, onChange: show });
  show(to.value);
  const wanted = () => ({ to: to.value, credits: credits.value.trim(), licence: licence.value.trim() });
  const chosen = await ask(t("export_title"), [el("div.stack", {}, to.node, help, credits.node, licence.node)], [[t("cancel"), null], [t("export_yes"), wanted, "main"]]);
  if (!chosen) return;
  keepDraft("export", chosen);
  const out = placeFor(path, chosen.to);
  const answer = await command(
    "export", path, "--to", chosen.to, "--out", out,
    chosen.to === "html" && chosen.credits ? ["--credits", chosen.credits] : [],
    chosen.to === "folder" && chosen.licence ? ["--licence", chosen.licence] : [],
  );
  began(answer);
  await whenDone(answer.job.id, t("export_failed"));
  await showSaved({ ...answer, path: out }, chosen.to in ENDINGS, t(`export_${chosen.to}_done`, { path: out }));
}

/** A model folder lies beside the runs, where all that takes a run finds it; other files have a folder of their own. */
function placeFor(path, kind) {
  const now = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
  if (kind !== "folder") return `${FOLDER}/${nameOf(path)}-${now}${ENDINGS[kind] ?? `-${kind}`}`;
  const taken = new Set(theLibrary().runs.map((run) => run.path));
  const stem = `${path}-model`;
  let [name, number] = [stem, 1];
  while (taken.has(name)) name = `${stem}-${++number}`;
  return name;
}

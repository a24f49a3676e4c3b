// Take away: clips as files of the format that is wanted, with their provenance inside.

import { address, post } from "../core/api.js";
import { el } from "../core/dom.js";
import { draft, keepDraft } from "../core/draft.js";
import { began, whenDone } from "./jobs.js";
import { t } from "../core/texts.js";
import { commandLine, select, toggle } from "./controls.js";
import { showInFolder } from "./show.js";
import { ask } from "./dialog.js";

const FORMATS = ["wav16", "wav24", "wav32f", "flac", "opus", "mp3"];

/** Ask how clips shall be saved, and save them. */
export async function takeAway(clips) {
  const kept = draft("save", { format: "wav24", trim: false, loop: false, zip: false });
  const format = select({ label: t("save_format"), choices: FORMATS.map((name) => [name, t(`format_${name}`)]), value: kept.format });
  const trim = toggle({ label: t("save_trim"), help: t("save_trim_help"), value: kept.trim });
  const loop = toggle({ label: t("save_loop"), help: t("save_loop_help"), value: kept.loop });
  const zip = toggle({ label: t("save_zip"), help: t("save_zip_help"), value: kept.zip || clips.length > 1 });
  const wanted = () => ({ paths: clips.map(({ path }) => path), format: format.value, trim: trim.value, loop: loop.value, zip: zip.value });
  const yes = await ask(
    t("save_title", { count: clips.length }),
    [el("div.stack", {}, format.node, trim.node, loop.node, zip.node, el("p.help", {}, t("save_provenance")))],
    [[t("cancel"), null], [t("save_yes"), wanted, "main"]],
  );
  if (!yes) return;
  const { paths, ...choices } = yes;
  keepDraft("save", choices);
  const answer = await post("/api/save", yes);
  began(answer);
  await whenDone(answer.job.id, t("save_failed"));
  await showSaved(answer, paths.length === 1 || yes.zip);
}

/** One file can be taken right here; of several it is said where they are. */
export function showSaved({ job, line, path }, isOneFile, words = t("save_many", { path })) {
  return ask(t("saved"), [
    el(
      "div.stack",
      {},
      el("p", {}, words),
      isOneFile && el("p", {}, el("a.button.main", { href: address("/api/download", { job: job.id }), download: "" }, t("download"))),
      showInFolder(path),
      commandLine(line).node,
    ),
  ]);
}

// What the music goes on from: a stretch on a waveform, a file, something drawn, or nothing.

import { get } from "../core/api.js";
import { upload } from "../core/api.js";
import { el } from "../core/dom.js";
import { clock, duration, nameOf } from "../core/format.js";
import { changedHere } from "../core/live.js";
import { named, refreshLibrary, theLibrary } from "../core/studio.js";
import { t } from "../core/texts.js";
import { button, segments, select, slider } from "./controls.js";
import { play } from "./player.js";
import { stretchPicker } from "./stretch.js";
import { say, trouble } from "./toast.js";

const FOLDER = "prompts";
const OF_CORPUS = new Set(["held-out", "training"]);
const KINDS = ["held-out", "chosen", "training", "nothing"];

/**
 * Choose a prompt.
 *
 * @param {object} value {kind, path, corpus, source, name, at}: `path` is the file as commands name
 *   it; `corpus` and `source` say where its samples are heard, where it is a recording of a corpus.
 * @param {(value: object) => void} onChange
 * @returns {{node, useRun(run), close()}} where `run` is {corpus, prompt_seconds}.
 */
export function promptPicker(value, onChange) {
  let [prompt, length, corpus, turn] = [{ kind: "held-out", at: 0, ...value }, 10, "", 0];
  let choices = new Map();
  const tell = (changes) => {
    prompt = { ...prompt, ...changes };
    onChange(prompt);
  };
  const kind = segments({ label: t("prompt"), choices: KINDS.map((name) => [name, t(`prompt_${name.replace("-", "_")}`)]), value: prompt.kind, onChange: (next) => { tell({ kind: next }); draw(); } });
  const help = el("p.help", {});
  const which = select({ label: t("prompt_recording"), hideLabel: true, choices: [], onChange: (key) => choose(choices.get(key)) });
  const stretch = stretchPicker({ onMove: (at) => { start.set(at); says(start.value); tell({ at: start.value }); } });
  const start = slider({ label: t("prompt_start"), min: 0, max: 1, step: 0.1, value: 0, show: clock, onChange: (at) => { stretch.move(at); says(at); tell({ at }); } });
  const words = el("span.soft.small", { role: "status" });
  const says = (at) => { words.textContent = t("prompt_hears", { from: clock(at), to: clock(at + length) }); };
  const listen = button(t("prompt_play"), () => play({ ...heard(prompt), title: prompt.name, sub: t("prompt"), at: prompt.at, until: prompt.at + length }), { kind: "small", symbol: "start" });
  const file = el("input", { type: "file", accept: "audio/*,.opus,.flac", hidden: true, "aria-hidden": "true", tabindex: -1, onchange: () => { bring(file.files[0]); file.value = ""; } });
  const chosen = el("div.stack.close", {}, el("div.row.tight", {}, el("div.grow", {}, which.node), button(t("prompt_file"), () => file.click(), { symbol: "add" })), file, stretch.node, start.node, el("div.row.apart", {}, words, listen));
  const node = el("fieldset.fieldset.stack.close", {}, el("legend", {}, t("prompt")), kind.node, help, chosen);

  async function bring(one) {
    if (!one) return;
    try {
      say(t("upload"));
      // The server may have made its name a safe one.
      const { path } = await upload(one, { folder: FOLDER, file: one.name }, () => {}).done;
      changedHere("recordings");
      await refreshLibrary();
      await list();
      tell({ kind: "chosen" });
      kind.set("chosen");
      draw();
      await choose(choices.get(path) ?? { path, name: one.name });
    } catch (error) {
      trouble(error);
    }
  }
  node.addEventListener("dragover", (event) => event.preventDefault());
  node.addEventListener("drop", (event) => {
    event.preventDefault();
    bring(event.dataTransfer.files[0]);
  });

  async function list() {
    const mine = ++turn;
    const [ofCorpus, ofFolder] = await Promise.all([
      corpus ? get("/api/corpus", { path: corpus }).catch(() => null) : null,
      theLibrary().recordings.some(({ path }) => path === FOLDER) ? get("/api/recordings", { path: FOLDER }).catch(() => null) : null,
    ]);
    if (mine !== turn) return;
    const source = ofCorpus?.source ? named(ofCorpus.source) : "";
    choices = new Map([
      ...(ofFolder?.recordings ?? []).map((one) => [one.name, { path: one.name, name: one.path }]),
      ...(ofCorpus?.recordings ?? []).filter(({ part }) => !part).map((one) => {
        const path = source === "." ? one.path : `${source}/${one.path}`;
        return [path, { path, name: one.path, corpus, source: one.source, isHeld: one.split === "held-out" }];
      }),
    ]);
    const rows = [...choices].sort(([, a], [, b]) => Boolean(b.isHeld) - Boolean(a.isHeld));
    which.set(rows.map(([key, one]) => [key, one.isHeld ? `${one.name} · ${t("split_held_out")}` : one.name]), prompt.path);
  }

  async function choose(one) {
    if (!one) return;
    const isSame = one.path === prompt.path;
    const place = heard(one);
    try {
      const { peaks, seconds } = await get("/api/peaks", { ...place, count: 1200 });
      const at = isSame ? Math.min(prompt.at ?? 0, Math.max(0, seconds - length)) : 0;
      await stretch.show(peaks, seconds, at, length);
      const input = start.node.querySelector("input");
      input.max = Math.max(0, seconds - length).toFixed(1);
      start.set(at);
      says(at);
      which.input.value = one.path;
      tell({ path: one.path, name: nameOf(one.name ?? one.path), corpus: one.corpus, source: one.source, at });
    } catch (error) {
      trouble(error);
    }
  }

  function draw() {
    chosen.hidden = prompt.kind !== "chosen";
    help.textContent = t(`prompt_help_${prompt.kind.replace("-", "_")}`, { length: duration(length) });
    if (prompt.kind === "chosen" && !stretch.isShown()) {
      choose(choices.get(prompt.path) ?? [...choices.values()].find((one) => one.isHeld) ?? choices.values().next().value);
    }
  }
  draw();
  return {
    node,
    async useRun(run) {
      corpus = run?.corpus ?? "";
      length = run?.prompt_seconds ?? 10;
      if (run && !corpus && OF_CORPUS.has(prompt.kind)) {
        tell({ kind: "nothing" });
        kind.set("nothing");
      }
      stretch.clear();
      await list();
      draw();
    },
    close: () => stretch.close(),
  };
}

/** Where the samples of a prompt are heard. */
const heard = ({ path, corpus, source }) => (corpus && source !== undefined ? { path: corpus, source } : { path });

/** The options of `reverie generate` for a prompt. */
export function promptOptions({ kind, path, at }) {
  if (kind !== "chosen") return ["--prompt", kind ?? "held-out"];
  return path ? ["--prompt", path, "--prompt-at", Number(at ?? 0).toFixed(1)] : [];
}

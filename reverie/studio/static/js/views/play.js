// Play: endless music from a run. It goes on when another view is opened.

import { get } from "../core/api.js";
import { el, keyed } from "../core/dom.js";
import { draft, keepDraft } from "../core/draft.js";
import { clock } from "../core/format.js";
import { link, note } from "../core/route.js";
import { onLibrary, promptSeconds } from "../core/studio.js";
import { t } from "../core/texts.js";
import { clipRow } from "../components/clip.js";
import { badge, button, iconButton, select, setIcon } from "../components/controls.js";
import { linePreview } from "../components/preview.js";
import { promptPicker } from "../components/prompt.js";
import { samplingForm } from "../components/sampling.js";
import { say, trouble } from "../components/toast.js";
import { goOver, keep, leave, onPlaying, pause, play, prepare, soundNode, state as playing, stay, steer } from "../playing/engine.js";
import { commandOf } from "./make.js";
import { spectrogram } from "./play/spectrogram.js";

const KEEP_SECONDS = [10, 30, 60, 120];
const OF_GENERATION = "generation.";
const DRAG_MS = 400;
const SHOWN_CLIPS = 12;

export function open(root, parameters) {
  const state = draft("play", { run: "", checkpoint: "best", prompt: { kind: "held-out", at: 0 }, settings: {}, keep: 30 });
  if (parameters.run) Object.assign(state, { run: parameters.run, checkpoint: parameters.checkpoint ?? "best" });
  let [defaults, isKnown, drag, seed] = [{}, false, 0, newSeed()];
  const changed = () => {
    keepDraft("play", state);
    preview.draw();
  };
  const wanted = () => ({ run: state.run, checkpoint: state.checkpoint, ...promptOf(state.prompt), settings: { ...state.settings, seed } });
  const stage = stagePanel({
    start: () => (playing.status === "playing" || playing.wanted ? pause() : play(wanted())),
    again: () => goOver({ reset: true }),
    other: () => {
      seed = newSeed();
      return goOver({ ...promptOf(state.prompt), settings: { seed } });
    },
    keep: async () => {
      const kept = await keep(state.keep);
      say(t("play_kept", { seconds: clock(kept.seconds) }), { more: kept.path });
      await clips.show(state.run);
    },
    seconds: state.keep,
    chooseSeconds: (value) => { state.keep = value; changed(); },
  });
  const runs = select({ label: t("run"), choices: [], onChange: (path) => useRun(path).then(overToRun).catch(trouble) });
  const checkpoint = select({ label: t("checkpoint"), choices: [], onChange: (value) => { state.checkpoint = value; note({ checkpoint: value }); changed(); overToRun().catch(trouble); } });
  const prompt = promptPicker(state.prompt, (value) => {
    state.prompt = value;
    changed();
    clearTimeout(drag);
    if (isKnown && (value.kind !== "chosen" || value.path)) drag = setTimeout(() => goOver(promptOf(value)).catch(trouble), DRAG_MS);
  });
  const sampling = samplingForm(state.settings, (values, name) => {
    const names = name ? [name] : [...new Set([...Object.keys(state.settings), ...Object.keys(values)])];
    state.settings = values;
    changed();
    steer(Object.fromEntries(names.map((one) => [one, values[one] ?? defaults[one] ?? null])));
  });
  const preview = linePreview(() => (state.run ? commandOf({ ...state, amount: { seconds: 60, count: 1, seed } }) : []));
  const clips = keptPanel();
  const form = el("section.panel.stack", {}, el("div.pair", {}, runs.node, checkpoint.node), prompt.node, el("hr", {}), el("h2.in-row", {}, t("play_while")), sampling.node);
  const nothing = el("section.empty", { hidden: true }, el("h2", {}, t("make_no_run")), el("p", {}, t("make_no_run_help")), el("a.button.main", { href: link("train") }, t("view_train")));
  const sides = el("div.sides.even", {}, el("div.stack.wide.endless-side", {}, stage.node, clips.node, el("div.stack.close", {}, el("span.soft.small", {}, t("play_line")), preview.node)), form);
  root.append(el("header.view-head", {}, el("div", {}, el("h1", {}, t("view_play")), el("p.soft", {}, t("play_help")))), nothing, sides);

  async function useRun(path) {
    if (path !== state.run) state.checkpoint = "best";
    state.run = path;
    isKnown = false;
    note({ run: path, checkpoint: state.checkpoint });
    changed();
    const run = await get("/api/run", { path });
    if (state.run !== path) return;
    const own = Object.entries(run.settings ?? {}).filter(([name]) => name.startsWith(OF_GENERATION));
    defaults = Object.fromEntries(own.map(([name, value]) => [name.slice(OF_GENERATION.length), value]));
    sampling.set(state.settings, defaults);
    checkpoint.set([["best", t("checkpoint_best")], ["latest", t("checkpoint_latest")], ...run.checkpoints.map((name) => [name, name])], state.checkpoint);
    await prompt.useRun({ corpus: run.corpus, prompt_seconds: promptSeconds(run) });
    isKnown = true;
    clips.show(path).catch(() => {});
  }

  const overToRun = () => (playing.session || playing.status === "preparing" ? goOver(wanted()) : prepare(wanted()));
  const begin = async (path) => {
    await useRun(path);
    // What sounds already goes on; another run takes over when it is chosen.
    if (["off", "ended"].includes(playing.status)) await prepare(wanted());
    else if (parameters.run && playing.told.run && playing.told.run !== path) await overToRun();
  };
  let known = "";
  const ends = [
    onLibrary((library) => {
      const usable = library.runs.filter((run) => run.checkpoints?.length);
      nothing.hidden = usable.length > 0;
      sides.hidden = !usable.length;
      const key = usable.map(({ path, checkpoints }) => `${path} ${checkpoints.length}`).join("\n");
      if (key === known || !usable.length) return;
      const isFirst = known === "";
      known = key;
      if (!usable.some(({ path }) => path === state.run)) state.run = usable[0].path;
      runs.set(usable.map(({ path }) => [path, path]), state.run);
      if (isFirst) begin(state.run).catch(trouble);
    }),
    onPlaying(stage.draw),
  ];
  stay();
  stage.draw(playing);
  return {
    update: (next) => !next.run || next.run === state.run,
    key: (event) => {
      if (event.key !== " " || event.target.closest?.("button, a, summary, input, select, [role=slider]")) return false;
      stage.toggle();
      return true;
    },
    close() {
      clearTimeout(drag);
      for (const one of ends) one();
      stage.close();
      preview.close();
      prompt.close();
      clips.close();
      leave();
    },
  };
}

const newSeed = () => Math.floor(Math.random() * 2 ** 31);

/** A prompt as the player is told it. */
function promptOf({ kind, path, at }) {
  if (kind === "chosen") return path ? { prompt: path, prompt_at_seconds: Number(at ?? 0) } : { prompt: "held-out" };
  return { prompt: kind ?? "held-out" };
}

/** What sounds, seen, and the buttons on it. */
function stagePanel({ start, again, other, keep: keepLast, seconds, chooseSeconds }) {
  const picture = spectrogram(t("play_picture"));
  const main = iconButton("start", t("play"), start, { kind: "round big", data: { play: "endless" } });
  const time = el("div.clock", { "aria-hidden": "true" });
  const words = el("p.soft", { role: "status" });
  const gaps = el("span", {});
  const length = select({ label: t("play_keep_seconds"), hideLabel: true, choices: KEEP_SECONDS.map((one) => [String(one), clock(one)]), value: String(seconds), onChange: (value) => chooseSeconds(Number(value)) });
  const keepButton = button(t("play_keep"), keepLast, { kind: "main", symbol: "add" });
  const begin = button(t("play_again"), again, { symbol: "restore" });
  const another = button(t("play_other"), other, { symbol: "use" });
  const node = el(
    "section.panel.stack.endless", { "aria-label": t("view_play") },
    picture.node,
    el("div.row.apart", {}, el("div.row", {}, main, time, words, gaps), el("div.row.tight", {}, length.node, keepButton)),
    el("div.row", {}, another, begin),
  );
  let listening = null;
  const draw = (now) => {
    const isOn = now.status === "playing" || now.wanted;
    setIcon(main, isOn ? "pause" : "start", t(isOn ? "pause" : "play"));
    node.classList.toggle("is-playing", now.status === "playing");
    time.textContent = clock(now.heard);
    const text = now.problem ? [now.problem.message, now.problem.remedy].filter(Boolean).join(" ") || t("unreachable") : t(`play_is_${now.status}`);
    if (words.textContent !== text) words.textContent = text;
    words.classList.toggle("is-bad", Boolean(now.problem));
    gaps.replaceChildren(...(now.gaps ? [badge(t("play_gaps", { count: now.gaps }), "warn")] : []));
    const isAlive = Boolean(now.session) && now.status !== "preparing";
    for (const one of [begin, another]) one.disabled = !isAlive;
    keepButton.disabled = !isAlive || now.heard < 1;
    if (now.status === "playing") {
      listening = soundNode();
      picture.listen(listening, now.told.rate_hz ?? 16000);
    }
    picture.run(now.status === "playing");
  };
  return { node, draw, toggle: () => main.click(), close: () => picture.close() };
}

/** What was kept of endless music, the newest first. */
function keptPanel() {
  const list = el("div.kept", {});
  const all = el("a.button.small", {}, t("compare_them"));
  const node = el("section.stack.close", { hidden: true }, el("div.row.apart", {}, el("h2", {}, t("play_kept_title")), all), list);
  return {
    node,
    async show(run) {
      const folder = `${run}/clips/played`;
      const { clips } = await get("/api/clips", { folder, limit: SHOWN_CLIPS, sort: "-changed" }).catch(() => ({ clips: [] }));
      node.hidden = !clips.length;
      all.href = link("listen", { folder });
      keyed(list, clips, (clip) => clip.path, (clip) => clipRow(clip, { numbered: true }));
    },
    close: () => keyed(list, [], () => "", () => null),
  };
}

// Make: new music from a run. Clips appear as they are made; what plays goes on.

import { command, get, send } from "../core/api.js";
import { el, keyed } from "../core/dom.js";
import { draft, keepDraft } from "../core/draft.js";
import { onChanged } from "../core/live.js";
import { link, note } from "../core/route.js";
import { onLibrary, promptSeconds } from "../core/studio.js";
import { t } from "../core/texts.js";
import { clipRow } from "../components/clip.js";
import { button, field, fold, iconButton, select } from "../components/controls.js";
import { ask } from "../components/dialog.js";
import { allJobs, began, isBusy, isWaiting, jobTitle, onJobs, progressBar, progressWords, share, stopJob } from "../components/jobs.js";
import { linePreview } from "../components/preview.js";
import { promptOptions, promptPicker } from "../components/prompt.js";
import { rows } from "../components/rows.js";
import { amountForm, optionsOf, samplingForm } from "../components/sampling.js";
import { trouble } from "../components/toast.js";

export function open(root, parameters) {
  const state = draft("make", { run: "", checkpoint: "best", prompt: { kind: "held-out", at: 0 }, settings: {}, amount: { seconds: 10, count: 5, seed: 0 } });
  if (parameters.run) Object.assign(state, { run: parameters.run, checkpoint: parameters.checkpoint ?? "best" });
  const changed = () => {
    keepDraft("make", state);
    preview.draw();
  };
  const runs = select({ label: t("run"), choices: [], onChange: (value) => useRun(value) });
  const checkpoint = select({ label: t("checkpoint"), choices: [], onChange: (value) => { state.checkpoint = value; note({ checkpoint: value }); changed(); } });
  const prompt = promptPicker(state.prompt, (value) => { state.prompt = value; changed(); });
  const amount = amountForm(state.amount, (part) => { state.amount = { ...state.amount, ...part }; changed(); });
  const sampling = samplingForm(state.settings, (values) => { state.settings = values; changed(); });
  const presets = presetsRow(() => state, (settings) => {
    const { seconds, count, seed, ...rest } = settings;
    state.amount = { ...state.amount, ...(seconds ? { seconds } : {}), ...(count ? { count } : {}), ...(seed !== undefined ? { seed } : {}) };
    state.settings = rest;
    amount.set(state.amount);
    sampling.set(rest);
    changed();
  });
  const preview = linePreview(() => (state.run ? commandsOf(state) : []));
  const start = button(t("make_start"), async () => {
    for (const one of commandsOf(state)) began(await command(one));
  }, { kind: "main", symbol: "make" });
  const results = resultsPanel();
  async function useRun(path) {
    if (path !== state.run) state.checkpoint = "best";
    state.run = path;
    note({ run: path, checkpoint: state.checkpoint });
    changed();
    results.show(path);
    if (!path) return;
    try {
      const run = await get("/api/run", { path });
      if (state.run !== path) return;
      const own = Object.entries(run.settings ?? {}).filter(([name]) => name.startsWith("generation.")).map(([name, value]) => [name.slice("generation.".length), value]);
      sampling.set(state.settings, Object.fromEntries(own));
      checkpoint.set([["best", t("checkpoint_best")], ["latest", t("checkpoint_latest")], ...run.checkpoints.map((name) => [name, name])], state.checkpoint);
      await prompt.useRun({ corpus: run.corpus, prompt_seconds: promptSeconds(run) });
    } catch (error) {
      trouble(error);
    }
  }
  const form = el(
    "section.panel.stack",
    {},
    el("div.pair", {}, runs.node, checkpoint.node), prompt.node, amount.node, el("hr", {}), presets.node, sampling.node,
    fold(t("set_seed"), amount.seed.node), el("div.row", {}, start), preview.node,
  );
  const nothing = el("section.empty", { hidden: true }, el("h2", {}, t("make_no_run")), el("p", {}, t("make_no_run_help")), el("a.button.main", { href: link("train") }, t("view_train")));
  const sides = el("div.sides.make", {}, form, results.node);
  root.append(el("header.view-head", {}, el("div", {}, el("h1", {}, t("view_make")), el("p.soft", {}, t("make_help")))), nothing, sides);
  let known = "";
  const end = onLibrary((library) => {
    const usable = library.runs.filter((run) => run.checkpoints?.length);
    nothing.hidden = usable.length > 0;
    sides.hidden = !usable.length;
    const key = usable.map(({ path, checkpoints }) => `${path} ${checkpoints.length}`).join("\n");
    if (key === known || !usable.length) return;
    known = key;
    if (!usable.some(({ path }) => path === state.run)) state.run = usable[0].path;
    runs.set(usable.map(({ path }) => [path, path]), state.run);
    useRun(state.run);
  });
  return {
    update(next) {
      if (next.run && (next.run !== state.run || next.from)) return false;
      return true;
    },
    close() { end(); preview.close(); prompt.close(); results.close(); presets.close(); },
  };
}

/** The commands that make the clips: first one, then two, then four, so that the first come soon. */
export function commandsOf({ amount, ...rest }) {
  const commands = [];
  for (let [left, size] = [amount.count, 1]; left > 0; left -= size, size = Math.min(2 * size, left)) {
    commands.push(commandOf({ ...rest, amount: { ...amount, count: Math.min(size, left) } }));
  }
  return commands;
}

/** The command that makes clips. */
export function commandOf({ run, checkpoint, prompt, settings, amount }) {
  return [
    "generate", run,
    ...(checkpoint && checkpoint !== "best" ? ["--checkpoint", checkpoint] : []),
    ...promptOptions(prompt),
    "--seconds", amount.seconds, "--count", amount.count,
    ...(amount.seed ? ["--seed", amount.seed] : []),
    ...optionsOf(settings),
  ].map(String);
}

/** Settings under a name. */
function presetsRow(state, take) {
  let presets = {};
  const choice = select({ label: t("presets"), hideLabel: true, choices: [["", t("presets")]], onChange: (name) => { remove.disabled = !name; if (name) take(presets[name]); } });
  const refresh = async (chosen = choice.value) => {
    presets = (await get("/api/presets")).presets ?? {};
    choice.set([["", t("presets")], ...Object.keys(presets).sort().map((name) => [name, name])], chosen);
    remove.disabled = !choice.value;
  };
  const keep = button(t("preset_keep"), async () => {
    const name = field({ label: t("preset_name"), value: choice.value, maxlength: 80, autofocus: true });
    const given = await ask(t("preset_keep"), [name.node], [[t("cancel"), null], [t("preset_yes"), () => name.value.trim() || undefined, "main"]]);
    if (!given) return;
    const { settings, amount } = state();
    await send("POST", "/api/presets", { name: given, settings: { ...settings, seconds: amount.seconds, count: amount.count } });
    await refresh(given);
  });
  const remove = iconButton("bin", t("preset_remove"), async () => {
    await send("DELETE", "/api/presets", { name: choice.value });
    await refresh("");
  }, { disabled: true });
  refresh().catch(() => {});
  const end = onChanged(["presets"], () => refresh().catch(() => {}));
  return { node: el("div.row.tight", {}, el("div.grow", {}, choice.node), keep, remove), close: end };
}

/** The clips of a run, the newest first, and what is being made. */
function resultsPanel() {
  let run = "";
  const making = el("div.stack.close", {});
  const none = el("div.empty", { hidden: true }, el("p", {}, t("clips_none")));
  const count = el("span.soft", { role: "status" });
  const list = rows({
    label: t("library_clip_folders"),
    rowPixels: 60,
    height: "74vh",
    load: async (offset, limit) => {
      const { total, clips } = await get("/api/clips", { run, offset, limit, sort: "-changed" });
      return { total, rows: clips };
    },
    keyOf: (clip) => clip.path,
    make: (clip) => clipRow(clip, { numbered: true }),
    onTotal: (total) => {
      none.hidden = total > 0;
      count.textContent = total ? t("clips_count", { count: total }) : "";
    },
  });
  const listen = el("a.button.small", {}, t("compare_them"));
  const node = el("section.stack", {}, el("div.row.apart", {}, el("div.row", {}, el("h2", {}, t("clips")), count), listen), making, list.node, none);
  const refresh = () => run && list.refresh().catch(trouble);
  const draw = () => keyed(making, allJobs().filter((job) => job.kind === "generate" && (isBusy(job) || isWaiting(job))), (job) => job.id, makingRow);
  const ends = [onChanged(["clips", "clip_folders"], refresh), onJobs(draw)];
  draw();
  return {
    node,
    show(path) {
      run = path;
      listen.href = link("listen", { run });
      listen.hidden = !run;
      list.node.scrollTop = 0;
      refresh();
    },
    close() { ends.forEach((end) => end()); list.close(); },
  };
}

function makingRow(first) {
  let job = first;
  const bar = progressBar();
  const words = el("span.soft.small", {});
  const node = el("div.panel.making", {}, el("div.row.apart.tight", {}, el("strong", {}, jobTitle(job)), button(t("stop"), () => stopJob(job), { kind: "small" })), bar.node, words);
  const update = (next) => {
    job = next;
    bar.set(isWaiting(job) ? 0 : share(job));
    words.textContent = isWaiting(job) ? t("state_queued") : progressWords(job);
  };
  update(job);
  return { node, update };
}


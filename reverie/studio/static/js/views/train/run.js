// A run: how it goes, what it sounds like after each checkpoint, and what to do next.

import { command, get } from "../../core/api.js";
import { el } from "../../core/dom.js";
import { duration, loss, nameOf } from "../../core/format.js";
import { on, onChanged } from "../../core/live.js";
import { go, link } from "../../core/route.js";
import { t } from "../../core/texts.js";
import { badge, button, facts, field, findings, fold } from "../../components/controls.js";
import { lossChart } from "../../components/chart.js";
import { ask } from "../../components/dialog.js";
import { exportRun } from "../../components/export.js";
import { allJobs, began, continueJob, isBusy, isWaiting, onJobs, progressBar, progressWords, share, stopJob } from "../../components/jobs.js";
import { trouble } from "../../components/toast.js";
import { head } from "../library/head.js";
import { previews } from "./previews.js";
import { commandOf } from "./start.js";

const LEVELS = { training: "accent", ended: "good", stopped: "warn", begun: "", exported: "good", damaged: "bad" };

export function openRun(root, path) {
  const state = { run: null, isClosed: false };
  const tools = el("div.row", {});
  const header = head(path, "", [tools], "train");
  const marks = el("div.row", {});
  header.firstElementChild.append(marks);
  const working = workingPanel();
  const chart = lossChart();
  const health = el("div", {});
  const numbers = el("div", {});
  const clips = previews();
  const more = el("div.stack.close", {});
  root.append(
    header,
    el("div.stack.wide", {}, working.node, el("section.panel", {}, el("h2", {}, t("curve")), chart.node, numbers), health, clips.node, more),
  );
  const buttons = actions(path, state);
  const draw = () => {
    const job = jobOf(path);
    working.draw(job);
    const now = job ? (isWaiting(job) ? "queued" : "training") : state.run?.state ?? "begun";
    marks.replaceChildren(badge(t(`state_${now}`), LEVELS[now] ?? ""), state.run?.recipe ? el("span.soft", {}, state.run.recipe) : "");
    const wanted = buttons(job);
    if (wanted.length !== tools.children.length || wanted.some((one, index) => one !== tools.children[index])) tools.replaceChildren(...wanted);
  };
  const refresh = async () => {
    try {
      state.run = await get("/api/run", { path });
    } catch (error) {
      // Until the job has begun it there is none.
      if (!state.isClosed && !jobOf(path)) trouble(error);
      chart.draw([]);
      draw();
      return;
    }
    if (state.isClosed) return;
    const { run } = state;
    chart.draw(run.curve, keptOf(run));
    health.replaceChildren(run.words.length ? findings(run.words.map((text) => ({ level: "", text }))) : "");
    numbers.replaceChildren(runFacts(run));
    clips.draw(run);
    more.replaceChildren(settingsOf(run));
    draw();
  };
  const ends = [
    onChanged(["runs", "clips", "clip_folders"], refresh),
    onJobs(draw),
    on("metrics", (data) => {
      if (data.run !== path || !state.run?.curve) return;
      state.run.curve = [...state.run.curve.filter((one) => one.epoch !== data.epoch), data].sort((a, b) => a.epoch - b.epoch);
      chart.draw(state.run.curve, keptOf(state.run));
    }),
  ];
  draw();
  refresh();
  return { close() { state.isClosed = true; ends.forEach((end) => end()); clips.close(); } };
}

const jobOf = (path) => allJobs().find((job) => job.folder === path && job.kind === "train" && (isBusy(job) || isWaiting(job)));

function workingPanel() {
  const bar = progressBar();
  const words = el("p.soft", {});
  const node = el("section.panel.stack.close", { hidden: true }, bar.node, words);
  return {
    node,
    draw(job) {
      node.hidden = !job;
      if (!job) return;
      bar.set(isWaiting(job) ? 0 : share(job));
      words.textContent = isWaiting(job) ? t("job_queued_words") : progressWords(job);
    },
  };
}

/** The buttons that fit the state of the run. */
function actions(path, state) {
  const stop = button(t("train_stop"), () => stopJob(jobOf(path)), { symbol: "stop" });
  const goOn = button(t("go_on"), async () => {
    const before = allJobs().find((job) => job.folder === path && job.can?.includes("continue"));
    if (before) await continueJob(before);
    else began(await command(commandAgain(state.run)));
  }, { kind: "main", symbol: "start" });
  const longer = button(t("train_longer"), () => trainLonger(path, state.run));
  const take = button(t("export"), () => exportRun(path));
  const clone = button(t("train_like"), () => go("train", { like: path }));
  const make = el("a.button.main", { href: link("make", { run: path }) }, t("make_music"));
  const playOn = el("a.button", { href: link("play", { run: path }) }, t("play_endless"));
  return (job) => {
    const now = state.run?.state;
    const has = Boolean(state.run?.checkpoints?.length);
    stop.disabled = job?.state === "stopping";
    return [
      job && stop,
      !job && now === "stopped" && goOn,
      !job && now === "ended" && longer,
      has && make,
      has && playOn,
      has && !job && take,
      state.run && clone,
    ].filter(Boolean);
  };
}

async function trainLonger(path, run) {
  const minutes = field({ label: t("train_longer_minutes"), type: "number", min: 1, step: 1, value: 10, help: t("train_longer_help"), autofocus: true });
  const more = await ask(t("train_longer"), [minutes.node], [[t("cancel"), null], [t("go_on"), () => Number(minutes.value) || undefined, "main"]]);
  if (!more) return;
  const total = Math.ceil(((run.seconds ?? 0) / 60 + more) * 100) / 100;
  began(await command(commandAgain(run, { "training.minutes": total })));
}

/** The command that goes on with a run. */
function commandAgain(run, changes = {}) {
  return commandOf({ corpus: run.corpus, recipe: run.recipe_name, name: run.path, settings: { ...run.changes, ...changes } });
}

/** The checkpoints as points of the curve. */
function keptOf(run) {
  return (run.checkpoints ?? []).map((name) => Number(/epoch-0*(\d+)/.exec(name)?.[1])).map((epoch) => ({ epoch, best: epoch === run.best_epoch }));
}

function runFacts(run) {
  const last = run.curve?.at(-1);
  return facts([
    [t("corpus"), run.corpus ? el("a", { href: link("library", { corpus: run.corpus }) }, nameOf(run.corpus)) : ""],
    [t("epochs"), run.epochs],
    [t("trained_for"), run.seconds ? duration(run.seconds) : ""],
    [t("fact_training_loss"), last ? loss(last.train_loss) : ""],
    [t("fact_held_out_loss"), last ? loss([...run.curve].reverse().find((one) => Number.isFinite(one.held_out_loss))?.held_out_loss) : ""],
    [t("best_checkpoint"), run.best_epoch ? t("epoch_n", { n: run.best_epoch }) : ""],
  ]);
}

function settingsOf(run) {
  const pairs = Object.entries(run.settings ?? {}).filter(([, value]) => value !== null && typeof value !== "object");
  if (!pairs.length) return "";
  return fold(t("all_settings"), facts(pairs.map(([name, value]) => [name, String(value)])));
}

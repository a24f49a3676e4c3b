// Experiments: many models on one corpus, and the report.

import { command, get, address } from "../core/api.js";
import { el, keyed } from "../core/dom.js";
import { draft, keepDraft } from "../core/draft.js";
import { duration, nameOf } from "../core/format.js";
import { onChanged } from "../core/live.js";
import { link } from "../core/route.js";
import { onLibrary } from "../core/studio.js";
import { t } from "../core/texts.js";
import { badge, button, field, fold, segments, select, slider } from "../components/controls.js";
import { allJobs, began, continueJob, isBusy, isWaiting, onJobs, progressBar, progressWords, share, stopJob } from "../components/jobs.js";
import { linePreview } from "../components/preview.js";
import { trouble } from "../components/toast.js";
import { head } from "./library/head.js";

const MINUTES = [1, 2, 5, 10, 20, 30, 60, 120, 240];

export function open(root, parameters) {
  let shown = null;
  const update = ({ report = "" }) => {
    if (shown?.report === report) return true;
    shown?.part.close();
    root.replaceChildren();
    shown = { report, part: report ? openReport(root, report) : overview(root) };
    return true;
  };
  update(parameters);
  return { update, close: () => shown?.part.close() };
}

function openReport(root, path) {
  root.append(
    head(path, "", [el("a.button", { href: address("/api/report", { path }), target: "_blank", rel: "noopener" }, t("report_alone"))], "experiments"),
    el("iframe.report", { src: address("/api/report", { path }), title: t("report_of", { name: nameOf(path) }) }),
  );
  return { close() {} };
}

function overview(root) {
  const form = startForm();
  const list = experimentsList();
  root.append(el("header.view-head", {}, el("div", {}, el("h1", {}, t("view_experiments")), el("p.soft", {}, t("experiments_help")))), el("div.sides.even", {}, form.node, list.node));
  return { close() { form.close(); list.close(); } };
}

function startForm() {
  const state = draft("experiment", { protocol: "paper", corpus: "", scale: "desk", models: "", budget: "", minutes: 10 });
  const changed = () => {
    keepDraft("experiment", state);
    help.textContent = t(`protocol_help_${state.protocol}`);
    minutes.node.hidden = !(state.budget === "time" || (state.protocol === "variants" && !state.budget));
    preview.draw();
  };
  const help = el("p.help", {});
  const protocol = segments({ label: t("protocol"), choices: [["paper", t("protocol_paper")], ["variants", t("protocol_variants")]], value: state.protocol, onChange: (value) => { state.protocol = value; changed(); } });
  const corpus = select({ label: t("corpus"), choices: [], onChange: (value) => { state.corpus = value; changed(); } });
  const scale = select({ label: t("scale"), help: t("scale_help"), value: state.scale, choices: ["smoke", "desk", "paper"].map((name) => [name, t(`scale_${name}`)]), onChange: (value) => { state.scale = value; changed(); } });
  const budget = select({ label: t("budget"), help: t("budget_help"), value: state.budget, choices: ["", "epochs", "time", "operations"].map((name) => [name, t(`budget_${name || "own"}`)]), onChange: (value) => { state.budget = value; changed(); } });
  const minutes = slider({ label: t("experiment_minutes"), min: 0, max: MINUTES.length - 1, step: 1, value: Math.max(0, MINUTES.indexOf(state.minutes)), show: (index) => duration(MINUTES[index] * 60), onChange: (index) => { state.minutes = MINUTES[index]; changed(); } });
  const models = field({ label: t("models"), value: state.models, help: t("models_help"), placeholder: "baseline,bilinear", spellcheck: "false", onChange: (value) => { state.models = value.trim(); changed(); } });
  const list = () => (state.corpus ? [
    "experiment", state.protocol, state.corpus, "--scale", state.scale,
    ...(state.models ? ["--models", state.models] : []),
    ...(state.budget ? ["--budget", state.budget] : []),
    ...(minutes.node.hidden ? [] : ["--minutes", String(state.minutes)]),
  ] : []);
  const preview = linePreview(list);
  const start = button(t("experiment_start"), async () => began(await command(list())), { kind: "main" });
  const none = el("p.soft", { hidden: true }, t("train_no_corpus_help"));
  const node = el("section.panel.stack", {}, el("h2", {}, t("experiment_new")), el("div.stack.close", {}, protocol.node, help), corpus.node, none, scale.node, fold(t("more"), el("div.stack", {}, budget.node, models.node)), minutes.node, el("div.row", {}, start), preview.node);
  changed();
  const end = onLibrary(({ corpora }) => {
    const usable = corpora.filter(({ problem }) => !problem);
    if (!usable.some(({ path }) => path === state.corpus)) state.corpus = usable[0]?.path ?? "";
    corpus.set(usable.map(({ path, seconds }) => [path, `${nameOf(path)} · ${duration(seconds)}`]), state.corpus);
    none.hidden = usable.length > 0;
    start.disabled = !usable.length;
    preview.draw();
  });
  return { node, close() { end(); preview.close(); } };
}

function experimentsList() {
  const list = el("div.stack.close", {});
  const none = el("p.soft", {}, t("experiments_none"));
  const node = el("section", {}, el("h2.in-section", {}, t("experiments_there")), none, list);
  let experiments = [];
  const jobOf = (path) => allJobs().find((job) => job.kind === "experiment" && job.folder === path);
  const draw = () => {
    const paths = new Set(experiments.map(({ path }) => path));
    const begun = allJobs().filter((job) => job.kind === "experiment" && (isBusy(job) || isWaiting(job)) && !paths.has(job.folder)).map((job) => ({ path: job.folder }));
    const all = [...begun, ...experiments];
    none.hidden = all.length > 0;
    keyed(list, all, (one) => one.path, (first) => experimentRow(first, jobOf));
  };
  const refresh = async () => {
    try {
      experiments = (await get("/api/experiments")).experiments ?? [];
      draw();
    } catch (error) {
      trouble(error);
    }
  };
  const ends = [onChanged(["experiments", "jobs"], refresh), onJobs(draw)];
  refresh();
  return { node, close: () => ends.forEach((end) => end()) };
}

function experimentRow(first, jobOf) {
  const words = el("p.soft.small", {});
  const marks = el("div.row", {});
  const tools = el("div.row", {});
  const bar = progressBar();
  const node = el("div.card", {}, el("div.row.apart", {}, el("h3", {}, nameOf(first.path)), marks), words, bar.node, tools);
  const update = (one) => {
    const job = jobOf(one.path);
    const isOpen = job && (isBusy(job) || isWaiting(job));
    const state = isOpen ? job.state : one.state;
    marks.replaceChildren(state ? badge(t(`state_${state}`), isOpen ? "accent" : state === "ended" || state === "done" ? "good" : "") : "");
    words.textContent = [one.kind, one.total && t("models_done", { done: one.done, total: one.total }), isOpen && progressWords(job)].filter(Boolean).join(" · ");
    bar.node.hidden = !isOpen;
    if (isOpen) bar.set(share(job));
    tools.replaceChildren(
      ...[
        one.report && el("a.button.small", { href: link("experiments", { report: one.path }) }, t("report_read")),
        isOpen && button(t("stop"), () => stopJob(job), { kind: "small" }),
        !isOpen && job?.can?.includes("continue") && button(t("go_on"), () => continueJob(job), { kind: "small" }),
      ].filter(Boolean),
    );
    tools.hidden = !tools.children.length;
  };
  update(first);
  return { node, update };
}

// What works: a strip that is always there, and a sheet with all of it.

import { get, post } from "../core/api.js";
import { el, keyed } from "../core/dom.js";
import { duration, moment, nameOf, percent, whole } from "../core/format.js";
import { on, onChanged } from "../core/live.js";
import { hasText, t } from "../core/texts.js";
import { badge, button, commandLine, iconButton, setIcon } from "./controls.js";
import { say, trouble } from "./toast.js";

const jobs = new Map();
const listeners = new Set();

/** Jobs, newest first. */
export const allJobs = () => [...jobs.values()].sort((a, b) => (b.made ?? 0) - (a.made ?? 0));
export const isBusy = (job) => ["running", "stopping"].includes(job.state);
export const isWaiting = (job) => job.state === "queued";

/** Call `listener` when anything about jobs changes; returns what ends that. */
export function onJobs(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Wait for the end of a job; fails with `words`, if it fails without any. */
export function whenDone(id, words) {
  return new Promise((resolve, reject) => {
    const end = onJobs(() => {
      const job = jobs.get(id);
      if (!job || !["done", "failed", "stopped", "killed"].includes(job.state)) return;
      end();
      if (job.state === "done") resolve(job);
      else reject(new Error(job.problem || words));
    });
  });
}

/** Take a job that a call answered with, and say which command it is. */
export function began(answer) {
  if (answer?.job) take(answer.job);
  say(t(answer?.job && isWaiting(answer.job) ? "job_queued" : "job_began"), { line: answer?.line ?? "" });
  return answer?.job;
}

export const stopJob = (job) => post(`/api/jobs/${job.id}/stop`, {}).then(take);
export const continueJob = (job) => post(`/api/jobs/${job.id}/continue`, {}).then((now) => began({ job: now, line: now.line }));
const can = (job, what) => job.can?.includes(what);
const removeJob = (job) => post(`/api/jobs/${job.id}/remove`, {}).then(() => {
  jobs.delete(job.id);
  tell();
});

export function jobTitle(job) {
  const kind = hasText(`job_${job.kind}`) ? t(`job_${job.kind}`) : job.kind;
  return [kind, job.title ?? nameOf(job.command?.find((word, index) => index > 0 && !word.startsWith("-")))].filter(Boolean).join(" ");
}

export function share(job) {
  const { done, total } = job.progress ?? {};
  return total ? Math.min(1, done / total) : null;
}

function take(job) {
  jobs.set(job.id, { ...jobs.get(job.id), ...job });
  tell();
}

function tell() {
  for (const listener of [...listeners]) listener();
}

async function refresh() {
  const answer = await get("/api/jobs");
  const before = new Map(jobs);
  jobs.clear();
  for (const job of answer.jobs) jobs.set(job.id, job);
  for (const job of answer.jobs) {
    const was = before.get(job.id);
    if (was && isBusy(was) && job.state === "failed") say(t("job_failed", { title: jobTitle(job) }), { level: "bad", more: job.problem ?? "" });
  }
  tell();
}

/** The strip, once on the page. */
export function jobsStrip() {
  const title = el("span.title", {});
  const note = el("span.note.grow", {});
  const bar = progressBar();
  const stop = iconButton("stop", t("stop"), () => stopJob(current()));
  const list = el("div.stack.close", {});
  const none = el("p.soft", {}, t("jobs_none_ever"));
  const sheet = el("div.sheet", { id: "all-jobs", hidden: true, role: "region", "aria-label": t("jobs_all") }, none, list);
  const open = iconButton("up", t("jobs_show"), () => show(sheet.hidden), { "aria-expanded": "false", "aria-controls": "all-jobs" });
  const strip = el("div.jobs-strip", {}, el("span.pulse", { "aria-hidden": "true" }), title, note, bar.node, stop, open);
  const node = el("section.jobs", { "aria-label": t("jobs") }, sheet, strip);
  const current = () => allJobs().reverse().find(isBusy);
  const show = (isOpen) => {
    sheet.hidden = !isOpen;
    open.setAttribute("aria-expanded", isOpen);
    setIcon(open, isOpen ? "close" : "up", t(isOpen ? "jobs_hide" : "jobs_show"));
  };
  const draw = () => {
    const [job, waiting] = [current(), allJobs().filter(isWaiting).length];
    strip.classList.toggle("is-busy", Boolean(job));
    title.textContent = job ? jobTitle(job) : t("jobs_none");
    note.textContent = [job && progressWords(job), waiting && t("jobs_waiting", { count: waiting })].filter(Boolean).join(" · ");
    bar.set(job ? share(job) : null);
    bar.node.hidden = stop.hidden = !job;
    stop.disabled = job?.state === "stopping";
    keyed(list, allJobs().slice(0, 60), (one) => one.id, jobRow);
    none.hidden = jobs.size > 0;
  };
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || sheet.hidden) return;
    show(false);
    open.focus();
  });
  onJobs(draw);
  on("job", take);
  onChanged(["jobs"], () => refresh().catch(trouble));
  refresh().catch(trouble);
  draw();
  return node;
}

/** What is done of a job, in words. */
export function progressWords(job) {
  if (job.state === "stopping") return t("job_stopping");
  const { title, done, total, unit, note, left_seconds: left } = job.progress ?? {};
  const parts = [title];
  if (total) parts.push(unit ? `${whole(done)} / ${whole(total)} ${unit}` : percent(done / total));
  if (note) parts.push(note);
  if (Number.isFinite(left)) parts.push(t("time_left", { time: duration(left) }));
  return parts.filter(Boolean).join(" · ");
}

export function progressBar(label = t("progress")) {
  const node = el("span.bar", { role: "progressbar", "aria-label": label, "aria-valuemin": 0, "aria-valuemax": 100 }, el("i", {}));
  return {
    node,
    set(part) {
      node.classList.toggle("is-unknown", part === null);
      node.style.setProperty("--part", `${(part ?? 0) * 100}%`);
      if (part === null) node.removeAttribute("aria-valuenow");
      else node.setAttribute("aria-valuenow", Math.round(part * 100));
    },
  };
}

const LEVELS = { running: "accent", stopping: "accent", done: "good", failed: "bad", killed: "bad", stopped: "warn" };

function jobRow(first) {
  let job = first;
  const head = el("div.row", {});
  const tools = el("div.row.tight", {});
  const bar = progressBar();
  const words = el("span.soft.small", {});
  const more = el("div.stack.close.wide", { hidden: true });
  const node = el("div.job", {}, head, tools, el("div.wide.stack.close", {}, bar.node, words), more);
  const details = button(t("job_output"), async () => {
    more.hidden = !more.hidden;
    if (more.hidden) return;
    const full = await get(`/api/jobs/${job.id}`);
    more.replaceChildren(commandLine(full.line ?? "").node, el("pre", { tabindex: 0, "aria-label": t("job_output") }, full.tail || t("job_no_output")));
  }, { kind: "plain small" });
  const parts = {
    stop: button(t("stop"), () => stopJob(job), { kind: "small" }),
    more: button(t("go_on"), () => continueJob(job), { kind: "small" }),
    remove: iconButton("close", t("job_remove"), () => removeJob(job)),
  };
  const update = (next) => {
    job = next;
    head.replaceChildren(el("span.title", {}, jobTitle(job)), badge(t(`state_${job.state}`), LEVELS[job.state] ?? ""), el("span.soft.small", {}, moment(job.began ?? job.made)));
    bar.node.hidden = !isBusy(job);
    bar.set(share(job));
    words.textContent = isBusy(job) ? progressWords(job) : job.problem ?? "";
    words.hidden = !words.textContent;
    parts.stop.disabled = job.state === "stopping";
    const tools_now = [details, can(job, "stop") && parts.stop, can(job, "continue") && parts.more, can(job, "remove") && parts.remove].filter(Boolean);
    if (tools_now.length !== tools.children.length || tools_now.some((one, index) => tools.children[index] !== one)) tools.replaceChildren(...tools_now);
  };
  update(job);
  return { node, update };
}

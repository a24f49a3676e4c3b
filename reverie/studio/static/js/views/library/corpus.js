// A corpus: what it holds, what was refused and why, what was found.

import { get, command } from "../../core/api.js";
import { el, fill } from "../../core/dom.js";
import { clock, duration, kilohertz, nameOf, trim } from "../../core/format.js";
import { onChanged } from "../../core/live.js";
import { go, link } from "../../core/route.js";
import { theLibrary } from "../../core/studio.js";
import { t } from "../../core/texts.js";
import { badge, button, facts, findings, fold } from "../../components/controls.js";
import { allJobs, began, isBusy, isWaiting, onJobs, progressBar, progressWords, share } from "../../components/jobs.js";
import { isCurrent, onPlayer, playButton } from "../../components/player.js";
import { rows } from "../../components/rows.js";
import { trouble } from "../../components/toast.js";
import { waveform } from "../../components/waveform.js";
import { head } from "./head.js";

export function openCorpus(root, path) {
  const place = el("div.stack.wide", {});
  const working = el("section.panel.stack.close", { hidden: true });
  const bar = progressBar();
  const words = el("p.soft", {});
  working.append(el("h2", {}, t("preparing")), bar.node, words);
  root.append(head(path, "", [el("a.button.main", { href: link("train", { corpus: path }) }, t("train_on_it"))]), working, place);
  let isClosed = false;
  const list = rows({
    label: t("library_recordings"),
    rowPixels: 56,
    height: "60vh",
    load: async (offset, limit) => {
      const { total, recordings } = await get("/api/corpus", { path, offset, limit });
      return { total, rows: recordings };
    },
    keyOf: (recording) => String(recording.source),
    make: (recording) => recordingRow(path, recording),
  });
  const summary = el("div.stack", {});
  const refusedPlace = el("div", {});
  const refresh = async () => {
    try {
      const corpus = await get("/api/corpus", { path, limit: 1 });
      if (isClosed) return;
      fill(place, summary, list.node, refusedPlace);
      summary.replaceChildren(...summaryOf(path, corpus));
      refusedPlace.replaceChildren(refused(corpus.refused ?? []));
      await list.refresh();
    } catch (error) {
      // Until it is prepared there is none.
      if (!isClosed && !jobOf(path) && theLibrary().corpora.some((one) => one.path === path && !one.problem)) trouble(error);
    }
  };
  const drawJob = () => {
    const job = jobOf(path);
    working.hidden = !job;
    if (!job) return;
    bar.set(share(job));
    words.textContent = progressWords(job);
  };
  const ends = [onChanged(["corpora"], refresh), onJobs(drawJob)];
  drawJob();
  refresh();
  return { close() { isClosed = true; ends.forEach((end) => end()); list.close(); } };
}

const jobOf = (path) => allJobs().find((one) => one.folder === path && (isBusy(one) || isWaiting(one)) && one.kind === "prepare");

function summaryOf(path, corpus) {
  const row = theLibrary().corpora.find((one) => one.path === path) ?? {};
  const [training, held] = [row.train ?? 0, row.held_out ?? 0];
  const found = corpus.findings.map(({ tone, text }) => ({ level: tone, text }));
  const source = corpus.source;
  return [
    facts([
      [t("library_recordings"), corpus.total],
      [t("length"), duration(corpus.seconds)],
      [t("rate"), kilohertz(corpus.rate_hz)],
      [t("channels"), t(corpus.channels > 1 ? "in_stereo" : "in_mono")],
      [t("split_training"), training],
      [t("split_held_out"), held],
    ]),
    el("div.split", { role: "img", "aria-label": t("split_words", { training, held }) }, el("i", { part: training || 1 }), el("i", { part: held })),
    found.length > 0 && findings(found),
    el(
      "div.row",
      {},
      corpus.leaks === null && button(t("leaks_search"), async () => began(await command("inspect", path, "--leaks")), { kind: "small" }),
      source && button(t("choose_recordings"), () => go("library", { recordings: source }), { kind: "small" }),
    ),
    corpus.leaks?.length === 0 && findings([{ level: "good", text: t("leaks_none") }]),
  ].filter(Boolean);
}

function recordingRow(corpus, first) {
  let recording = first;
  const sound = () => ({ path: corpus, source: recording.source, title: nameOf(recording.path), sub: nameOf(corpus), place: { view: "library", parameters: { corpus } } });
  const start = playButton(sound);
  const wave = waveform({ path: corpus, source: recording.source });
  const title = el("div.title", {});
  const sub = el("div.sub", {});
  const split = el("span", {});
  const length = el("span.number", {});
  const node = el("div", {}, start.node, el("div.text", {}, title, sub), wave.node, split, length);
  const mark = () => node.classList.toggle("is-playing", isCurrent(sound()));
  const end = onPlayer(mark);
  const update = (next = recording) => {
    recording = next;
    const isHeld = recording.split === "held-out";
    title.textContent = recording.part || recording.path;
    sub.textContent = [recording.codec, Number.isFinite(recording.loudness) && `${trim(recording.loudness, 1)} LUFS`, ...(recording.notes ?? [])].filter(Boolean).join(" · ");
    sub.title = (recording.notes ?? []).join(" ");
    split.replaceChildren(badge(t(isHeld ? "split_held_out" : "split_training"), isHeld ? "" : "accent"));
    length.textContent = clock(recording.seconds);
    mark();
  };
  update();
  return { node, update, close() { end(); start.close(); wave.close(); } };
}

function refused(list) {
  if (!list.length) return "";
  return fold(
    t("refused_title", { count: list.length }),
    el("ul.notes", {}, list.slice(0, 500).map(({ path, reason }) => el("li.warn", {}, el("strong", {}, nameOf(path)), el("span", {}, reason)))),
  );
}

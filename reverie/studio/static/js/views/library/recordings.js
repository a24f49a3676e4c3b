// A folder of recordings that is no corpus yet: hear them, leave some out, prepare the rest.

import { command, get, post } from "../../core/api.js";
import { el } from "../../core/dom.js";
import { draft, keepDraft } from "../../core/draft.js";
import { bytes, nameOf } from "../../core/format.js";
import { onChanged } from "../../core/live.js";
import { go } from "../../core/route.js";
import { t } from "../../core/texts.js";
import { button, field, fold, select, toggle } from "../../components/controls.js";
import { dropZone } from "../../components/drop.js";
import { began } from "../../components/jobs.js";
import { linePreview } from "../../components/preview.js";
import { isCurrent, onPlayer, playButton } from "../../components/player.js";
import { rows } from "../../components/rows.js";
import { trouble } from "../../components/toast.js";
import { waveform } from "../../components/waveform.js";
import { head } from "./head.js";

const RATES = [8000, 16000, 22050, 32000, 44100, 48000];

/** The choice that leaves it to the recordings, and to a corpus that is made again. */
const AUTO = "auto";
const CHANNELS = [AUTO, "stereo", "mono"];

/** How a recording is used, and the option of `prepare` that says so. */
const USES = { leave_out: "--leave-out", hold_out: "--hold-out", train_on: "--train-on" };

export function openRecordings(root, path) {
  const choices = new Map();
  // How many choices were made, and how many of them the server does not know yet.
  let [made, unknown] = [0, 0];
  let sent = Promise.resolve();
  const choose = async (name, use) => {
    if (use) choices.set(name, use);
    else choices.delete(name);
    made += 1;
    unknown += 1;
    form.draw();
    // One after another, or an older choice might arrive last.
    sent = sent.catch(() => {}).then(send).finally(() => { unknown -= 1; });
    await sent;
  };
  const send = () => {
    const of = (wanted) => [...choices].filter(([, one]) => one === wanted).map(([file]) => file);
    return post("/api/ticks", { path, leave_out: of("leave_out"), hold_out: of("hold_out"), train_on: of("train_on") });
  };
  const count = el("p.soft", { role: "status" });
  const list = rows({
    label: t("library_recordings"),
    rowPixels: 56,
    height: "52vh",
    load: async (offset, limit) => {
      const before = made;
      const { total, recordings, ticks } = await get("/api/recordings", { path, offset, limit });
      // An answer that was asked for before the last choice knows nothing of it.
      if (made === before && !unknown) {
        choices.clear();
        for (const use of Object.keys(USES)) for (const name of ticks[use]) choices.set(name, use);
        form.draw();
      }
      return { total, rows: recordings };
    },
    keyOf: (recording) => recording.name,
    make: (recording) => recordingRow(path, recording, choices, choose),
    onTotal: (total) => { count.textContent = t("files", { count: total }); },
  });
  const form = prepareForm(path, choices);
  root.append(
    head(path, t("recordings_help"), []),
    el("div.sides", {}, el("div.stack", {}, count, list.node, dropZone({ folder: () => (path === "." ? "recordings" : path) })), form.node),
  );
  const refresh = () => list.refresh().catch(trouble);
  refresh();
  const end = onChanged(["recordings"], refresh);
  return { close() { end(); list.close(); form.close(); } };
}

function recordingRow(folder, first, choices, choose) {
  let recording = first;
  const start = playButton(() => ({ path: recording.name, title: nameOf(recording.path), sub: folder, place: { view: "library", parameters: { recordings: folder } } }));
  const wave = waveform({ path: recording.name });
  const title = el("div.title", {});
  const input = el("input", { type: "checkbox", onchange: () => set(input.checked ? "" : "leave_out") });
  const use = el("select.input.use", { onchange: () => set(use.value) }, [["", "use_drawn"], ["train_on", "split_training"], ["hold_out", "split_held_out"]].map(([value, name]) => el("option", { value }, t(name))));
  const size = el("div.sub", {});
  const node = el("div", {}, el("label.tick", {}, input), start.node, el("div.text", {}, title, size), wave.node, use);
  const mark = () => node.classList.toggle("is-playing", isCurrent({ path: recording.name }));
  const end = onPlayer(mark);
  const set = (next) => {
    choose(recording.path, next).catch(trouble);
    update();
  };
  const update = (next = recording) => {
    recording = next;
    const chosen = choices.get(recording.path) ?? "";
    title.textContent = recording.path;
    size.textContent = bytes(recording.bytes);
    input.checked = chosen !== "leave_out";
    input.setAttribute("aria-label", t("take_part", { name: recording.path }));
    use.value = chosen === "leave_out" ? "" : chosen;
    use.disabled = chosen === "leave_out";
    use.setAttribute("aria-label", t("use_of", { name: recording.path }));
    node.classList.toggle("is-off", chosen === "leave_out");
    mark();
  };
  update();
  return { node, update, close() { end(); start.close(); wave.close(); } };
}

function prepareForm(path, choices) {
  const kept = draft("prepare", { rate: AUTO, channels: AUTO, held: 0.8, normalise: false, damaged: false });
  const stem = path === "." ? "recordings" : nameOf(path);
  const name = field({ label: t("corpus_name"), value: `${stem}-corpus`, spellcheck: "false", onChange: () => preview.draw() });
  const rate = select({ label: t("rate"), choices: [AUTO, ...RATES].map((hertz) => [String(hertz), t(`rate_${hertz}`)]), value: kept.rate, help: t("rate_help"), onChange: () => preview.draw() });
  const channels = select({ label: t("channels"), choices: CHANNELS.map((which) => [which, t(`channels_${which}`)]), value: kept.channels, help: t("channels_help"), onChange: () => preview.draw() });
  const normalise = toggle({ label: t("normalise"), help: t("normalise_help"), value: kept.normalise, onChange: () => preview.draw() });
  const damaged = toggle({ label: t("keep_damaged"), help: t("keep_damaged_help"), value: kept.damaged, onChange: () => preview.draw() });
  const replace = toggle({ label: t("replace"), help: t("replace_help"), value: false, onChange: () => preview.draw() });
  const list = () => [
    "prepare", path, "--out", name.value.trim() || `${stem}-corpus`, ...(rate.value === AUTO ? [] : ["--rate", rate.value]), ...(channels.value === AUTO ? [] : [`--${channels.value}`]),
    ...(normalise.value ? ["--normalise", "-1"] : []),
    ...(damaged.value ? ["--keep-damaged"] : []),
    ...(replace.value ? ["--replace"] : []),
    ...[...choices].flatMap(([file, use]) => [USES[use], file]),
  ];
  const preview = linePreview(list);
  const start = button(t("prepare"), async () => {
    keepDraft("prepare", { rate: rate.value, channels: channels.value, normalise: normalise.value, damaged: damaged.value });
    const job = began(await command(list()));
    go("library", { corpus: job?.folder ?? name.value });
  }, { kind: "main" });
  const node = el("section.panel.stack", {}, el("h2", {}, t("prepare_title")), el("p.soft", {}, t("prepare_help")), name.node, rate.node, channels.node, fold(t("more"), el("div.stack", {}, normalise.node, damaged.node, replace.node)), start, preview.node);
  return { node, draw: preview.draw, close: preview.close };
}

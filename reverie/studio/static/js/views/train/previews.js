// A clip for each checkpoint, all from the same prompt, beside what the recording really did.

import { el, keyed } from "../../core/dom.js";
import { clock, nameOf } from "../../core/format.js";
import { t } from "../../core/texts.js";
import { healthBadge, promptWords } from "../../components/clip.js";
import { badge, toggle } from "../../components/controls.js";
import { isCurrent, onPlayer, play, playButton } from "../../components/player.js";
import { hasTurn } from "../../core/sounding.js";
import { waveform } from "../../components/waveform.js";

export function previews() {
  const list = el("div.previews", {});
  const truth = el("div.previews", {});
  const prompt = el("p.soft", {});
  const none = el("p.soft", {}, t("previews_none"));
  let isAuto = localStorage.getItem("previews-auto") === "yes";
  const auto = toggle({
    label: t("previews_auto"), help: t("previews_auto_help"), value: isAuto,
    onChange: (value) => { isAuto = value; localStorage.setItem("previews-auto", value ? "yes" : "no"); },
  });
  let known = null;
  const node = el("section.panel.stack", {}, el("div.row.apart", {}, el("h2", { class: "in-row" }, t("previews")), auto.node), prompt, truth, list, none);
  return {
    node,
    draw(run) {
      const clips = run.previews.map((one) => ({ ...one, best: one.epoch === run.best_epoch, prompt: run.prompt })).reverse();
      none.hidden = clips.length > 0;
      prompt.textContent = clips.length ? promptWords(run.prompt) : "";
      keyed(list, clips, (clip) => clip.path, (clip) => previewRow(run, clip));
      const hasTruth = clips.length > 0 && Number.isFinite(run.prompt?.source ?? NaN);
      keyed(truth, hasTruth ? [run.prompt] : [], (one) => `${one.recording} ${one.offset_seconds}`, truthRow);
      const fresh = clips.filter((clip) => known && !known.has(clip.path));
      known = new Set(clips.map((clip) => clip.path));
      // A new preview never breaks into what plays.
      if (isAuto && fresh.length && !hasTurn("player") && !hasTurn("play") && !hasTurn("listen")) play(soundOf(run, fresh[0]));
    },
    close() {
      keyed(list, [], String, () => null);
      keyed(truth, [], String, () => null);
    },
  };
}

const soundOf = (run, clip) => ({
  path: clip.path,
  title: `${nameOf(run.path)} · ${t("epoch_n", { n: clip.epoch })}`,
  sub: promptWords(clip.prompt),
  place: { view: "train", parameters: { run: run.path } },
});

function previewRow(run, first) {
  let clip = first;
  const sound = () => soundOf(run, clip);
  const marks = el("div.row.tight", {});
  const part = soundRow(sound, t("epoch_n", { n: clip.epoch }), marks);
  const update = (next) => {
    clip = next;
    marks.replaceChildren(...[clip.best && badge(t("best"), "accent"), healthBadge(clip.health)].filter(Boolean));
  };
  update(first);
  return { ...part, update };
}

function truthRow(prompt) {
  const at = prompt.offset_seconds + prompt.seconds;
  const sound = () => ({ path: prompt.corpus, source: prompt.source, at, title: nameOf(prompt.recording), sub: t("truth") });
  return soundRow(sound, t("truth"), el("span.soft.small", {}, t("from_at", { at: clock(at) })));
}

function soundRow(sound, name, marks) {
  const start = playButton(sound);
  const wave = waveform({ path: sound().path, source: sound().source });
  const node = el("div.preview", {}, start.node, el("strong", {}, name), wave.node, marks);
  const mark = () => node.classList.toggle("is-playing", isCurrent(sound()));
  mark();
  const end = onPlayer(mark);
  return { node, close() { end(); start.close(); wave.close(); } };
}


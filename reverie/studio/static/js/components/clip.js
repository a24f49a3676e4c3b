// A clip as a row: played, seen, judged, marked.

import { get, post, soundOf } from "../core/api.js";
import { el } from "../core/dom.js";
import { clock, nameOf } from "../core/format.js";
import { changedHere } from "../core/live.js";
import { runOfClip } from "../core/studio.js";
import { hasText, t } from "../core/texts.js";
import { copyBadge, copying } from "./copying.js";
import { badge, button, facts, field, iconButton, setIcon } from "./controls.js";
import { ask } from "./dialog.js";
import { isCurrent, onPlayer, playButton } from "./player.js";
import { takeAway } from "./save.js";
import { showInFolder } from "./show.js";
import { useSettings } from "./use.js";
import { waveform } from "./waveform.js";

export const BINS = ["", "keep", "maybe", "out"];

/** What the player shall know of a clip. */
export function soundOfClip(clip) {
  return {
    path: clip.path,
    title: clipTitle(clip),
    sub: [clip.checkpoint, promptWords(clip.prompt)].filter(Boolean).join(" · "),
    place: { view: "library", parameters: { clips: folderOf(clip.path) } },
  };
}

export const folderOf = (path) => path.split("/").slice(0, -1).join("/") || ".";
export const clipTitle = (clip) => [nameOf(runOfClip(clip)), nameOf(clip.path).replace(/\.\w+$/, "")].filter(Boolean).join(" ");

/** How a clip is, in a word; the sentence is its title. */
export function healthBadge(health) {
  if (!health) return null;
  const isOk = health.verdict === "ok";
  const text = hasText(`health_${health.verdict}`) ? t(`health_${health.verdict}`) : health.verdict;
  const node = badge(text, isOk ? "good" : "warn");
  if (health.sentence) node.title = health.sentence;
  return node;
}

/** Ask how a clip is, where nobody has asked before; one after another, what shows first. */
async function askHealth(clip, signal) {
  asking = asking.then(() => undefined, () => undefined).then(async () => {
    if (!signal.aborted) clip.health = await get("/api/health", { path: clip.path });
  });
  return asking;
}

let asking = Promise.resolve();

/** Change what is noted of a clip, here and on the disk. */
export async function markClip(clip, marks) {
  const before = Object.fromEntries(Object.keys(marks).map((name) => [name, clip[name]]));
  Object.assign(clip, marks);
  try {
    await post("/api/marks", { path: clip.path, ...marks });
    changedHere("marks");
  } catch (error) {
    Object.assign(clip, before);
    throw error;
  }
}

/** A star to be pressed. */
export function starButton(clip, onMarked) {
  const node = iconButton("star", "", async () => {
    await markClip(clip(), { star: !clip().star });
    update();
    onMarked?.();
  });
  const update = () => {
    const { star } = clip();
    setIcon(node, "star", t(star ? "star_off" : "star_on"), { filled: Boolean(star) });
    node.setAttribute("aria-pressed", Boolean(star));
  };
  update();
  return { node, update };
}

/**
 * A row of a list of clips.
 *
 * @param {object} first the clip.
 * @param {{extra?: (clip) => {node, update?}, onMarked?: () => void}} [options]
 */
export function clipRow(first, { extra, onMarked, numbered = false } = {}) {
  let clip = first;
  const now = () => clip;
  const start = playButton(() => soundOfClip(clip));
  const star = starButton(now, onMarked);
  const wave = waveform({ path: clip.path });
  const title = el("div.title", {});
  const sub = el("div.sub", {});
  const words = el("div.row.tight.wide-only", {});
  const length = el("span.number", {});
  const more = iconButton("settings", "", () => aboutClip(clip, onMarked));
  const added = extra?.(now);
  const node = el("div", {}, added?.node, start.node, el("div.text", {}, title, sub), wave.node, words, length, star.node, more);
  const mark = () => node.classList.toggle("is-playing", isCurrent({ path: clip.path }));
  const end = onPlayer(mark);
  const update = (next = clip) => {
    clip = next;
    title.textContent = numbered ? nameOf(clip.path) : clipTitle(clip);
    sub.textContent = [clip.checkpoint, promptWords(clip.prompt), clip.bin && t(`bin_${clip.bin}`), clip.note].filter(Boolean).join(" · ");
    words.replaceChildren(...[healthBadge(clip.health), copyBadge(clip.copy)].filter(Boolean));
    length.textContent = clock(clip.seconds);
    more.setAttribute("aria-label", t("about_clip", { title: clipTitle(clip) }));
    more.title = t("about_clip", { title: clipTitle(clip) });
    start.update();
    star.update();
    added?.update?.(clip);
    mark();
  };
  update();
  const closed = new AbortController();
  if (!clip.health && clip.seconds) askHealth(clip, closed.signal).then(() => update(), () => {});
  return {
    node,
    update,
    close() {
      closed.abort();
      end();
      start.close();
      wave.close();
    },
  };
}

/** All about a clip, and what can be done with it. */
export async function aboutClip(clip, onMarked) {
  const note = field({ label: t("note"), value: clip.note ?? "", maxlength: 2000, onChange: (value) => markClip(clip, { note: value }).then(onMarked) });
  const bin = el(
    "select.input",
    { "aria-label": t("bin"), onchange: () => markClip(clip, { bin: bin.value }).then(onMarked) },
    BINS.map((name) => el("option", { value: name }, t(name ? `bin_${name}` : "bin_none"))),
  );
  bin.value = clip.bin ?? "";
  const settings = Object.entries(clip.settings ?? {}).filter(([, value]) => value !== null && typeof value !== "object");
  const close = () => document.querySelector("dialog[open]")?.close();
  await ask(
    clipTitle(clip),
    [
      el(
        "div.stack",
        {},
        el("img.picture", { src: `/api/picture?path=${encodeURIComponent(clip.path)}`, alt: t("picture_of", { title: clipTitle(clip) }) }),
        el("div.row", {}, healthBadge(clip.health), copyBadge(clip.copy)),
        clip.health?.sentence && el("p", {}, clip.health.sentence),
        copying(clip, soundOfClip(clip)),
        el("div.row.tight", {}, el("div.grow", {}, note.node), el("label.field", {}, el("span.name", {}, t("bin")), bin)),
        facts([
          [t("run"), runOfClip(clip)],
          [t("checkpoint"), clip.checkpoint],
          [t("prompt"), promptWords(clip.prompt)],
          [t("seed"), clip.seed],
          [t("length"), clock(clip.seconds)],
          [t("file"), clip.path],
        ]),
        el("details", {}, el("summary", {}, t("all_settings")), facts(settings.map(([name, value]) => [settingName(name), String(value)]))),
        el(
          "div.row",
          {},
          button(t("use_settings"), () => { close(); return useSettings(clip); }, { symbol: "use" }),
          button(t("take_away"), () => { close(); return takeAway([clip]); }, { symbol: "download" }),
          showInFolder(clip.path),
          button(t("copy_path"), () => navigator.clipboard.writeText(clip.path), { symbol: "copy", kind: "plain" }),
          el("a.button.plain", { href: soundOf(clip.path), download: nameOf(clip.path) }, t("download_as_is")),
        ),
      ),
    ],
    undefined,
    { wide: true },
  );
}

/** The name of a setting as people say it. */
export const settingName = (name) => (hasText(`set_${name}`) ? t(`set_${name}`) : name.replaceAll("_", " "));

export function promptWords(prompt) {
  if (!prompt) return "";
  if (!prompt.recording) return t("prompt_nothing");
  return t("prompt_words", { recording: nameOf(prompt.recording), at: clock(prompt.offset_seconds) });
}

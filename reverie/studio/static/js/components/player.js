// The player at the foot of the page. It goes on whatever is shown and whatever is made.

import { soundOf } from "../core/api.js";
import { el } from "../core/dom.js";
import { clock, nameOf } from "../core/format.js";
import { link } from "../core/route.js";
import { giveTurn, hasTurn, loudness, onLoudness, setLoudness, takeTurn } from "../core/sounding.js";
import { t } from "../core/texts.js";
import { iconButton, setIcon } from "./controls.js";
import { trouble } from "./toast.js";
import { waveform } from "./waveform.js";

const OWNER = "player";
const audio = new Audio();
audio.preload = "auto";
const listeners = new Set();
let current = null;

/**
 * Play a sound from its beginning, or from `at`.
 *
 * @param {{path: string, source?: number, title?: string, sub?: string, at?: number,
 *   until?: number, place?: {view: string, parameters: object}}} sound
 */
export async function play(sound) {
  if (!isCurrent(sound)) {
    current = { ...sound, title: sound.title ?? nameOf(sound.path) };
    audio.src = soundOf(sound.path, sound.source);
  } else {
    current = { ...current, ...sound, until: sound.until };
  }
  takeTurn(OWNER, () => audio.pause());
  if (sound.at !== undefined || audio.ended) seek(sound.at ?? 0);
  tell();
  try {
    await audio.play();
  } catch (error) {
    if (error.name !== "AbortError") trouble(new Error(t("player_cannot")));
  }
}

/** Play a sound, or pause it if it is the one that plays. */
export function toggle(sound) {
  if (!isCurrent(sound)) return play(sound);
  if (!audio.paused) return audio.pause();
  return play({ ...sound, at: audio.ended ? 0 : undefined });
}

/** Pause or go on, whatever is loaded. */
export function toggleCurrent() {
  if (!current) return;
  if (audio.paused) play({ path: current.path, source: current.source });
  else audio.pause();
}

export function pause() {
  audio.pause();
}

/** Whether this sound is the one that is loaded. */
export function isCurrent(sound) {
  return Boolean(current) && current.path === sound.path && (current.source ?? null) === (sound.source ?? null);
}

export const isPlaying = (sound) => isCurrent(sound) && !audio.paused;

/** Call `listener` whenever something else plays, or it stops; returns what ends that. */
export function onPlayer(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function seek(seconds) {
  if (audio.readyState >= HTMLMediaElement.HAVE_METADATA) audio.currentTime = seconds;
  else audio.addEventListener("loadedmetadata", () => { audio.currentTime = seconds; }, { once: true });
}

function tell() {
  for (const listener of [...listeners]) listener();
}

/** A button that plays a sound; `soundOf()` says which when it is pressed. */
export function playButton(sound, { kind = "round" } = {}) {
  const node = iconButton("start", "", () => toggle(sound()), { kind });
  const draw = () => {
    const now = isPlaying(sound());
    const title = sound().title ?? nameOf(sound().path);
    setIcon(node, now ? "pause" : "start", t(now ? "pause_named" : "play_named", { title }));
  };
  draw();
  const end = onPlayer(draw);
  return { node, update: draw, close: end };
}

/** The bar itself, once on the page. */
export function playerBar() {
  const main = iconButton("start", t("play"), toggleCurrent, { kind: "round big" });
  const title = el("div.name", {}, t("player_empty"));
  const sub = el("div.sub", {}, t("player_hint"));
  const wave = waveform({ label: t("player_seek"), onSeek: (seconds) => current && seek(seconds) });
  wave.node.classList.add("seek");
  const time = el("div.clock", {}, "");
  const loop = iconButton("loop", t("player_loop"), () => {
    audio.loop = !audio.loop;
    loop.setAttribute("aria-pressed", audio.loop);
  }, { "aria-pressed": "false" });
  const node = el("section.player.is-empty", { "aria-label": t("player") }, main, el("div.what", {}, title, sub), wave.node, time, el("div.row.tight.sound-tools", {}, loop, volume()));
  let shown = null;
  const draw = () => {
    setIcon(main, audio.paused ? "start" : "pause", t(audio.paused ? "play" : "pause"));
    main.disabled = !current;
    node.classList.toggle("is-empty", !current);
    if (!current) return;
    const key = `${current.path}\n${current.source ?? ""}`;
    if (shown !== key) {
      shown = key;
      wave.load({ path: current.path, source: current.source, count: 800 });
    }
    const target = current.place;
    title.replaceChildren(target ? el("a", { href: link(target.view, target.parameters) }, current.title) : current.title);
    sub.textContent = current.sub ?? "";
  };
  let frame = 0;
  const tick = () => {
    cancelAnimationFrame(frame);
    wave.setTime(audio.currentTime, audio.duration || 0);
    const told = current ? `${clock(audio.currentTime)} / ${clock(audio.duration)}` : "";
    if (time.textContent !== told) time.textContent = told; // or the page would be laid out each frame
    if (current?.until && audio.currentTime >= current.until && !audio.paused) audio.pause();
    if (!audio.paused && node.isConnected) frame = requestAnimationFrame(tick);
  };
  for (const name of ["play", "pause", "ended"]) audio.addEventListener(name, () => { draw(); tell(); tick(); });
  for (const name of ["loadedmetadata", "seeked", "timeupdate"]) audio.addEventListener(name, tick);
  audio.addEventListener("pause", () => !hasTurn(OWNER) || giveTurn(OWNER));
  audio.addEventListener("error", () => current && trouble(new Error(t("player_cannot"))));
  onPlayer(draw);
  draw();
  tick();
  return node;
}

function volume() {
  const input = el("input.volume", { type: "range", min: 0, max: 1, step: 0.01, "aria-label": t("volume"), value: 1 });
  const draw = (value) => {
    input.value = value;
    input.style.setProperty("--part", `${value * 100}%`);
    audio.volume = value * value;
  };
  input.addEventListener("input", () => setLoudness(Number(input.value)));
  onLoudness(draw);
  draw(loudness());
  return input;
}

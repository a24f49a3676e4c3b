// Endless playing: one player of the server, what sounds here, and what is known of both. It goes on
// whatever view is shown.

import { Refusal, get, post, send } from "../core/api.js";
import { changedHere } from "../core/live.js";
import { audioContext, giveTurn, loudness, onLoudness, takeTurn } from "../core/sounding.js";
import { makeOutput } from "./output.js";

const OWNER = "play";
const LOOK_MS = 250;
const ALIVE_MS = 8000;
const LEFT_MS = 120_000;
const STEER_MS = 60;

const listeners = new Set();
/** "off", "preparing", "ready", "playing", "paused" or "ended". */
export const state = { status: "off", wanted: false, session: "", problem: null, heard: 0, gaps: 0, told: {}, kind: "" };

let what = null;
let sounding = null;
let leaving = 0;
let turn = 0;

/** Call `listener(state)` whenever it changes; returns what ends that. */
export function onPlaying(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function set(changes) {
  Object.assign(state, changes);
  document.documentElement.toggleAttribute("data-endless", state.status === "playing");
  for (const listener of [...listeners]) listener(state);
}

/** The node all of it goes through, to be looked at; null before it has sounded. */
export const soundNode = () => sounding?.gain ?? null;

/**
 * Have a player ready for what is wanted: {run, checkpoint, prompt, prompt_at_seconds, settings}.
 */
export async function prepare(wanted) {
  stay();
  if (state.session) return state.session;
  what = wanted;
  const mine = ++turn;
  set({ status: "preparing", problem: null, heard: 0, gaps: 0 });
  try {
    const { session } = await post("/api/play", what);
    if (mine !== turn) {
      send("DELETE", `/api/play/${session}`).catch(() => {});
      return "";
    }
    set({ session });
    for (;;) {
      const told = await get(`/api/play/${session}`);
      if (mine !== turn) return "";
      if (told.is_ready) {
        set({ told, status: "ready" });
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    if (state.wanted) sound();
    return session;
  } catch (error) {
    if (mine === turn) fail(error);
    return "";
  }
}

/** Begin to sound, now or as soon as the player is ready. */
export async function play(wanted) {
  const context = audioContext();
  set({ wanted: true });
  sounding ??= await speakers(context);
  takeTurn(OWNER, pause);
  if (!state.session) await prepare(wanted);
  else if (state.status !== "preparing") sound();
}

function sound() {
  if (sounding.session !== state.session) {
    sounding.session = state.session;
    sounding.feed.postMessage({ session: state.session });
  }
  sounding.feed.postMessage({ wanted: true });
  sounding.output.want(true);
  set({ status: "playing" });
}

export function pause() {
  sounding?.feed.postMessage({ wanted: false });
  sounding?.output.want(false);
  giveTurn(OWNER);
  set({ wanted: false, status: state.status === "playing" ? "paused" : state.status });
}

/** End the player; the next one begins anew. */
export function end() {
  turn += 1;
  const { session } = state;
  pause();
  if (sounding) {
    sounding.session = "";
    sounding.feed.postMessage({ session: "" });
  }
  set({ status: "off", session: "", told: {} });
  if (session) fetch(`/api/play/${session}`, { method: "DELETE", keepalive: true }).catch(() => {});
}

/** Keep `seconds` of what was heard last: the path of the clip and its seconds. */
export async function keep(seconds) {
  const kept = await post(`/api/play/${state.session}/keep`, { seconds });
  changedHere("clips", "clip_folders");
  return kept;
}

/** Change the run or the prompt while it plays; what is told comes once it is so. */
export async function goOver(change) {
  if (what) what = { ...what, ...change };
  if (!state.session || state.status === "preparing") {
    if (state.session || state.status === "preparing") {
      const { wanted } = state;
      end();
      set({ wanted });
      return prepare(what);
    }
    return null;
  }
  const { session } = state;
  try {
    const told = await post(`/api/play/${session}`, change);
    set({ told });
    return told;
  } catch (error) {
    if (error.status === 404 || error.status === 410) fail(error, session);
    else throw error;
    return null;
  }
}

const later = { settings: {}, timer: 0, isBusy: false };

/** Change settings, by name; sliders send many, of which the newest count. */
export function steer(settings) {
  if (what) what = { ...what, settings: { ...what.settings, ...settings } };
  if (!state.session) return;
  Object.assign(later.settings, settings);
  if (!later.timer && !later.isBusy) later.timer = setTimeout(sendSettings, 0);
}

async function sendSettings() {
  const { settings } = later;
  const { session } = state;
  Object.assign(later, { settings: {}, timer: 0, isBusy: true });
  try {
    if (session) set({ told: await post(`/api/play/${session}`, { settings }) });
  } catch (error) {
    if (error.status === 404 || error.status === 410) fail(error, session);
    else set({ problem: error });
  }
  await new Promise((resolve) => setTimeout(resolve, STEER_MS));
  later.isBusy = false;
  if (Object.keys(later.settings).length) sendSettings();
}

/** The view is shown. */
export function stay() {
  clearTimeout(leaving);
  leaving = 0;
}

/** The view is left: what sounds goes on; what is silent is ended after a while. */
export function leave() {
  stay();
  leaving = setTimeout(() => {
    if (state.status !== "playing") end();
    else leave();
  }, LEFT_MS);
}

function fail(error, session = state.session) {
  if (session !== state.session) return;
  turn += 1;
  sounding?.output.want(false);
  if (sounding) sounding.session = "";
  giveTurn(OWNER);
  set({ status: "ended", wanted: false, session: "", problem: error });
}

async function speakers(context) {
  const output = await makeOutput(context);
  const gain = context.createGain();
  const volume = (value) => gain.gain.setTargetAtTime(value * value, context.currentTime, 0.02);
  gain.gain.value = loudness() ** 2;
  onLoudness(volume);
  output.node.connect(gain).connect(context.destination);
  const feed = new Worker("/static/js/playing/feed.js", { type: "module" });
  feed.postMessage({ port: output.port, rate: context.sampleRate }, [output.port]);
  feed.onmessage = ({ data }) => {
    if (data.heard !== undefined) set({ heard: data.heard });
    if (data.note?.problem && !("answer" in data.note)) fail(new Refusal(data.note.problem, data.note.remedy, 410));
    if (data.lost && state.session) fail(new Refusal(data.problem, data.remedy, data.problem ? 410 : 0));
  };
  output.onReport = ({ gaps }) => {
    if (gaps !== state.gaps) set({ gaps });
  };
  state.kind = output.kind;
  return { output, gain, feed, session: "" };
}

setInterval(() => {
  // What is ready but silent stays so as long as somebody looks at it, and a while longer.
  const isSilent = ["ready", "paused"].includes(state.status);
  if (state.session && isSilent) {
    const { session } = state;
    get(`/api/play/${session}`).catch((error) => error.status && fail(error, session));
  }
}, ALIVE_MS);

addEventListener("pagehide", () => {
  if (state.session) fetch(`/api/play/${state.session}`, { method: "DELETE", keepalive: true }).catch(() => {});
});

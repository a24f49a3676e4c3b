// The page: what is set and pressed, and the way of the music from the worker to what sounds.

import { icon } from "../../../../../studio/static/js/components/icons.js";
import { isTyping } from "../../../../../studio/static/js/core/dom.js";
import { makeOutput } from "../../../../../studio/static/js/playing/output.js";
import { spectrogram } from "../../../../../studio/static/js/views/play/spectrogram.js";

const byId = (id) => document.getElementById(id);
const read = (id) => byId(id).textContent;
const about = JSON.parse(read("about"));

const worker = new Worker(URL.createObjectURL(new Blob([read("engine")], { type: "text/javascript" })));
const picture = spectrogram("Spectrogram of the music");
const state = { isOpen: false, isPlaying: false, sounding: null, heard: 0, gaps: 0, settings: { ...about.settings }, waiting: [] };

const ask = (message, transferred = []) => worker.postMessage(message, transferred);
const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

function say(text, isBad = false) {
  const words = byId("words");
  if (words.textContent !== text) words.textContent = text;
  words.classList.toggle("is-bad", isBad);
}

worker.onmessage = ({ data }) => {
  if (data.ready) opened();
  if (data.heard !== undefined) heard(data);
  if (data.kept) download(data.kept, data.seconds);
  if (data.taken) state.waiting.shift()?.(data.taken);
  if (data.failed) say(`This browser cannot play it: ${data.failed}`, true);
};
worker.onerror = (event) => say(`This browser cannot play it: ${event.message ?? "no worker"}`, true);

function opened() {
  state.isOpen = true;
  byId("play").disabled = false;
  say("Ready");
}

function heard({ heard: seconds, gaps }) {
  Object.assign(state, { heard: seconds, gaps });
  byId("clock").textContent = clock(seconds);
  byId("keep").disabled = seconds < 1;
  byId("gaps").hidden = !gaps;
  byId("gaps").textContent = gaps === 1 ? "1 gap: this device is nearly too slow" : `${gaps} gaps: this device is too slow`;
}

/** The audio graph, built when a person first asks for sound. */
async function speakers() {
  const context = new AudioContext({ latencyHint: "playback" });
  // Pages that are files may not load a script of the audio thread from a blob, but from itself.
  const output = await makeOutput(context, `data:text/javascript,${encodeURIComponent(read("speaker"))}`);
  const gain = context.createGain();
  output.node.connect(gain).connect(context.destination);
  ask({ sound: { port: output.port, rate: context.sampleRate } }, [output.port]);
  picture.listen(gain, about.rate_hz);
  return { context, output, gain, kind: output.kind };
}

const seed = () => crypto.getRandomValues(new Uint32Array(1))[0];
const prompt = () => (byId("prompt").value === "" ? null : Number(byId("prompt").value));

function begin() {
  ask({ begin: { prompt: prompt(), seed: seed(), settings: state.settings } });
  byId("again").disabled = false;
}

async function play() {
  const isFirst = !state.sounding;
  if (isFirst) {
    byId("play").disabled = true;
    try {
      state.sounding = await speakers();
    } finally {
      byId("play").disabled = false;
    }
    begin();
  }
  await state.sounding.context.resume();
  show(true);
}

function show(isPlaying) {
  state.isPlaying = isPlaying;
  state.sounding.output.want(isPlaying);
  picture.run(isPlaying);
  byId("player").classList.toggle("is-playing", isPlaying);
  label();
  say(isPlaying ? "Playing" : "Paused");
}

function label() {
  const button = byId("play");
  const text = state.isPlaying ? "Pause" : "Play";
  button.replaceChildren(icon(state.isPlaying ? "pause" : "start"));
  button.setAttribute("aria-label", text);
  button.title = `${text} (space)`;
}

const toggle = () => (state.isPlaying ? show(false) : play().catch((error) => say(`This browser cannot play it: ${error.message}`, true)));

function download(file, seconds) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([file], { type: "audio/wav" }));
  link.download = `${about.file_name}-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}.wav`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  say(`Kept ${Math.round(seconds)} seconds`);
}

/** A slider of a setting; `text` says what its value means. */
function slider(name, valueOf, text) {
  const input = byId(name);
  if (!input) return;
  const draw = () => {
    byId(`${name}-value`).value = text(Number(input.value));
    input.setAttribute("aria-valuetext", text(Number(input.value)));
  };
  input.addEventListener("input", () => {
    draw();
    state.settings[name] = valueOf(Number(input.value));
    if (state.sounding) ask({ change: { settings: { [name]: state.settings[name] } } });
  });
  draw();
}

slider("temperature", (value) => value, (value) => `${value.toFixed(2)}${value < 0.75 ? ", steady" : value > 1.1 ? ", daring" : ""}`);
slider("guidance", (value) => value, (value) => `${value.toFixed(1)}${value === 0 ? ", none" : ""}`);
slider("bpm", (value) => (value <= Number(byId("bpm").min) ? null : value), (value) => (value <= Number(byId("bpm").min) ? "that of the start" : `${value} beats a minute`));

byId("picture").append(picture.node);
byId("play").addEventListener("click", toggle);
byId("again").addEventListener("click", () => {
  begin();
  if (!state.isPlaying) play();
});
byId("prompt").addEventListener("change", () => state.sounding && begin());
byId("keep").addEventListener("click", () => ask({ keep: { told: about.told } }));
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (event.key === " " && !event.target.closest("button, a, summary")) {
    event.preventDefault();
    if (!byId("play").disabled) toggle();
  }
});
label();
say("Reading the model");
ask({ open: { about, text: read("tables") } });

/** For scripts: what plays, its audio node, and music that nobody hears. */
globalThis.reverie = {
  about,
  state,
  node: () => state.sounding?.gain ?? null,
  take: (asked) => new Promise((resolve) => {
    state.waiting.push(resolve);
    ask({ take: asked });
  }),
};

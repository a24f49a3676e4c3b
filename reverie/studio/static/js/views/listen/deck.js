// Several sounds that run together, of which one is heard: to switch is instant and at the same place.

import { soundOf } from "../../core/api.js";
import { audioContext, giveTurn, loudness, onLoudness, takeTurn } from "../../core/sounding.js";
import { loudnessOf } from "./loudness.js";

const OWNER = "listen";
const TARGET_LUFS = -20;
const FADE_SECONDS = 0.006;
const BEGIN_SECONDS = 0.03;

/** All decoded sounds, by path, with their loudness. */
const decoded = new Map();
const MOST_DECODED = 24;

/**
 * @param {() => void} onChange called when anything changes.
 */
export function deck(onChange) {
  const state = { lanes: [], chosen: null, isPlaying: false, isMatched: true, offset: 0, began: 0 };
  let [running, master] = [new Map(), null];

  const length = () => Math.max(0, ...state.lanes.map((lane) => lane.buffer?.duration ?? 0));
  const now = () => {
    const total = length();
    const time = state.isPlaying ? state.offset + Math.max(0, audioContext().currentTime - state.began) : state.offset;
    return total ? time % total : 0;
  };

  /** So much is taken off or added that all are as loud; none is made to clip. */
  function gainOf(lane) {
    if (!state.isMatched) return 1;
    const loud = state.lanes.filter((one) => Number.isFinite(one.lufs));
    if (!loud.length || !Number.isFinite(lane.lufs)) return 1;
    const target = Math.min(TARGET_LUFS, ...loud.map((one) => one.lufs - 20 * Math.log10(one.peak || 1)));
    return 10 ** ((target - lane.lufs) / 20);
  }

  function begin() {
    halt();
    const context = audioContext();
    master ??= new GainNode(context, { gain: loudness() ** 2 });
    master.connect(context.destination);
    state.began = context.currentTime + BEGIN_SECONDS;
    const total = length();
    for (const lane of state.lanes) {
      if (!lane.buffer) continue;
      const gain = new GainNode(context, { gain: lane.id === state.chosen ? gainOf(lane) : 0 });
      gain.connect(master);
      // Shorter ones end in silence, so that all come round together.
      const source = new AudioBufferSourceNode(context, { buffer: padded(lane.buffer, total, context), loop: true });
      source.connect(gain);
      source.start(state.began, state.offset);
      running.set(lane.id, { source, gain });
    }
    state.isPlaying = true;
    takeTurn(OWNER, pause);
  }

  function halt() {
    for (const { source, gain } of running.values()) {
      source.stop();
      source.disconnect();
      gain.disconnect();
    }
    running = new Map();
  }

  function pause() {
    if (!state.isPlaying) return;
    state.offset = now();
    state.isPlaying = false;
    halt();
    giveTurn(OWNER);
    onChange();
  }

  function setGains() {
    const { currentTime } = audioContext();
    for (const lane of state.lanes) {
      const part = running.get(lane.id);
      part?.gain.gain.setTargetAtTime(lane.id === state.chosen ? gainOf(lane) : 0, currentTime, FADE_SECONDS);
    }
  }

  function again() {
    if (state.isPlaying) {
      state.offset = now();
      begin();
    }
    onChange();
  }

  async function load(lane) {
    try {
      Object.assign(lane, await decode(lane.path));
    } catch (error) {
      lane.problem = error;
    }
    if (state.lanes.includes(lane)) again();
  }

  const end = onLoudness((value) => master?.gain.setTargetAtTime(value ** 2, audioContext().currentTime, FADE_SECONDS));

  return {
    state,
    now,
    length,
    /** Have just these sounds: those that are there stay as they are. */
    set(items) {
      const before = new Map(state.lanes.map((lane) => [lane.id, lane]));
      const fresh = [];
      state.lanes = items.map((item) => {
        const lane = before.get(item.id) ?? { ...item };
        if (!before.has(item.id)) fresh.push(lane);
        return lane;
      });
      if (!state.lanes.some(({ id }) => id === state.chosen)) state.chosen = state.lanes[0]?.id ?? null;
      if (!state.lanes.length) pause();
      again();
      fresh.forEach(load);
    },
    choose(id) {
      if (!state.lanes.some((lane) => lane.id === id)) return;
      state.chosen = id;
      setGains();
      onChange();
    },
    toggle() {
      if (state.isPlaying) return pause();
      if (!state.lanes.some(({ buffer }) => buffer)) return undefined;
      begin();
      return onChange();
    },
    pause,
    seek(seconds) {
      state.offset = Math.min(Math.max(0, seconds), Math.max(0, length() - 0.01));
      if (state.isPlaying) begin();
      onChange();
    },
    match(isMatched) {
      state.isMatched = isMatched;
      setGains();
      onChange();
    },
    gainOf,
    close() {
      pause();
      end();
      master?.disconnect();
    },
  };
}

function padded(buffer, seconds, context) {
  const length = Math.round(seconds * buffer.sampleRate);
  if (buffer.length >= length) return buffer;
  const longer = context.createBuffer(buffer.numberOfChannels, length, buffer.sampleRate);
  for (let channel = 0; channel < buffer.numberOfChannels; channel += 1) longer.copyToChannel(buffer.getChannelData(channel), channel);
  return longer;
}

function decode(path) {
  if (!decoded.has(path)) {
    const promise = fetchAndDecode(path);
    promise.catch(() => decoded.delete(path));
    decoded.set(path, promise);
    while (decoded.size > MOST_DECODED) decoded.delete(decoded.keys().next().value);
  }
  return decoded.get(path);
}

async function fetchAndDecode(path) {
  const response = await fetch(soundOf(path), { credentials: "same-origin" });
  if (!response.ok) throw new Error(response.statusText);
  // A context that is not running decodes all the same, and no person has acted yet.
  const context = new OfflineAudioContext(1, 1, 48000);
  const buffer = await context.decodeAudioData(await response.arrayBuffer());
  let peak = 0;
  for (let channel = 0; channel < buffer.numberOfChannels; channel += 1) for (const sample of buffer.getChannelData(channel)) peak = Math.max(peak, Math.abs(sample));
  return { buffer, peak, lufs: await loudnessOf(buffer) };
}

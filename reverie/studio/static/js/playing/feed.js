// A worker between the server and what sounds: whatever the page is busy with, it goes on.

import { Resampler } from "./resample.js";

const HEADER_BYTES = 24;
const REPORT_MS = 1000;
const PAUSED_MS = 5000;
const [PCM, NOTE] = ["pcm\0", "note"];

let port = null;
let rate = 0;
let session = "";
let wanted = false;
let ending = null;
let resamplers = [];
let source = "";
let end = 0;
let queued = 0;
let gaps = 0;
let reportedGaps = 0;
let reportedAt = 0;
let isBusy = false;

self.onmessage = ({ data }) => {
  if (data.port) {
    port = data.port;
    rate = data.rate;
    port.onmessage = ({ data: told }) => {
      queued = told.queued;
      if (told.gaps > gaps) report();
      gaps = told.gaps;
    };
  }
  if (data.session !== undefined) begin(data.session);
  if (data.wanted !== undefined && data.wanted !== wanted) {
    wanted = data.wanted;
    report();
  }
};

setInterval(() => {
  if (session && performance.now() - reportedAt >= (wanted ? REPORT_MS : PAUSED_MS)) report();
}, 200);

/** Seconds of the music that were heard. */
const heard = () => Math.max(0, end - (queued + (resamplers[0]?.lag ?? 0)) / rate);

/** Tell the server how much was heard, and that somebody is there. */
async function report() {
  if (!session || isBusy) return;
  isBusy = true;
  reportedAt = performance.now();
  const body = { seconds: heard(), plays: wanted, gaps: Math.max(0, gaps - reportedGaps) };
  reportedGaps = gaps;
  self.postMessage({ heard: body.seconds });
  try {
    await fetch(`/api/play/${session}/heard`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  } catch {
    // The stream itself says when the server is gone.
  } finally {
    isBusy = false;
  }
}

/** Follow another session, or none. */
async function begin(name) {
  ending?.abort();
  session = name;
  resamplers = [];
  end = 0;
  queued = 0;
  port?.postMessage({ clear: true });
  if (!name) return;
  const mine = new AbortController();
  ending = mine;
  try {
    const response = await fetch(`/api/play/${name}/pcm`, { signal: mine.signal });
    if (!response.ok) {
      lost(mine, await response.json().catch(() => ({})));
      return;
    }
    await read(response.body.getReader());
    lost(mine, {});
  } catch (error) {
    if (error.name !== "AbortError") lost(mine, {});
  }
}

function lost(mine, { problem = "", remedy = "" }) {
  if (ending !== mine) return;
  session = "";
  self.postMessage({ lost: true, problem, remedy });
}

async function read(reader) {
  let kept = new Uint8Array(0);
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const bytes = new Uint8Array(kept.length + value.length);
    bytes.set(kept);
    bytes.set(value, kept.length);
    kept = bytes.slice(take(bytes));
  }
}

/** Take all whole frames; returns how many bytes they are. */
function take(bytes) {
  const view = new DataView(bytes.buffer);
  let at = 0;
  while (bytes.length - at >= HEADER_BYTES) {
    const size = view.getUint32(at + 4, true);
    if (bytes.length - at < HEADER_BYTES + size) break;
    const kind = String.fromCharCode(...bytes.subarray(at, at + 4));
    const content = bytes.subarray(at + HEADER_BYTES, at + HEADER_BYTES + size);
    if (kind === PCM) sound(content, view.getUint32(at + 8, true), view.getUint32(at + 12, true), view.getFloat64(at + 16, true));
    if (kind === NOTE) self.postMessage({ note: JSON.parse(new TextDecoder().decode(content)) });
    at += HEADER_BYTES + size;
  }
  return at;
}

/** Samples of one channel, or of two in turn, become an array for each. */
function sound(content, hertz, channels, seconds) {
  const kind = `${hertz} ${channels}`;
  if (kind !== source) resamplers = [];
  source = kind;
  if (!resamplers.length) resamplers = Array.from({ length: channels }, () => new Resampler(hertz, rate));
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const length = content.byteLength / 2 / channels;
  end = seconds + length / hertz;
  const ready = resamplers.map((resampler, channel) => {
    const samples = new Float32Array(length);
    for (let index = 0; index < length; index += 1) samples[index] = view.getInt16(2 * (channels * index + channel), true) / 32768;
    return resampler.push(samples);
  });
  queued += ready[0].length;
  if (ready[0].length) port.postMessage({ samples: ready }, ready.map((samples) => samples.buffer));
}

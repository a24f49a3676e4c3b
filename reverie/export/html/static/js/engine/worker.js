// The worker: it makes music, a little more than is heard, and hands it to what sounds.

import { Resampler } from "../../../../../studio/static/js/playing/resample.js";
import { Recent, wavOf } from "./recent.js";
import { Player, Stream } from "./stream.js";

const BLOCK_SECONDS = 0.25;
const LEAD_SECONDS = 1.5;
const KEPT_SECONDS = 30;
const LOOK_MS = 40;

let player = null;
let [port, rate] = [null, 0];
let [stream, resamplers, recent, begun] = [null, [], null, null];
let [queued, gaps, isBusy] = [0, 0, false];

const answers = {
  /** Read the model. */
  async open({ about, text, isPlain }) {
    player = await Player.of(about, text, isPlain);
    self.postMessage({ ready: { isVectored: player.isVectored } });
  },

  /** Sound through a port, at its rate. */
  sound({ port: given, rate: hertz }) {
    port = given;
    rate = hertz;
    port.onmessage = ({ data }) => {
      queued = data.queued;
      gaps = data.gaps;
    };
  },

  /** Begin anew. */
  begin({ prompt, seed, settings }) {
    const { about } = player;
    begun = { prompt, seed, settings };
    stream = new Stream(player, prompt, settings, seed);
    resamplers = Array.from({ length: about.channels }, () => new Resampler(about.rate_hz, rate));
    recent = new Recent(about.channels, about.rate_hz, KEPT_SECONDS + 2 * LEAD_SECONDS + 1);
    queued = 0;
    port.postMessage({ clear: true });
    fill();
  },

  change({ settings }) {
    begun.settings = { ...begun.settings, ...settings };
    stream?.change(settings);
  },

  /** A file of what was heard last. */
  keep({ told }) {
    const channels = recent.before(heard(), KEPT_SECONDS);
    const comment = `prompt ${begun.prompt === null ? "nothing" : player.about.prompts[begun.prompt].name}, seed ${begun.seed}, ${JSON.stringify(begun.settings)}`;
    const file = wavOf(channels, player.about.rate_hz, { ...told, ICMT: `${told.ICMT} ${comment}` });
    self.postMessage({ kept: file, seconds: channels[0].length / player.about.rate_hz }, [file]);
  },

  /** Make music as fast as it goes, which nobody hears: its codes, the samples of each channel, and the time. */
  take({ prompt, seed, settings, frames, block }) {
    const apart = new Stream(player, prompt, settings, seed);
    const codes = [];
    const channels = Array.from({ length: player.about.channels }, () => []);
    const began = performance.now();
    for (let left = frames; left > 0; left -= block) {
      apart.next(Math.min(block, left)).forEach((samples, channel) => channels[channel].push(...samples));
      codes.push(...apart.drawn);
    }
    self.postMessage({ taken: { codes, channels, milliseconds: performance.now() - began } });
  },
};

self.onmessage = async ({ data }) => {
  try {
    for (const [name, asked] of Object.entries(data)) await answers[name](asked);
  } catch (error) {
    self.postMessage({ failed: String(error?.message ?? error) });
  }
};

/** Samples of the music, of each channel, that were heard. */
const heard = () => Math.max(0, recent.total - Math.round((queued + resamplers[0].lag) / rate * player.about.rate_hz));

/** Make music until there is enough of it; a message that comes meanwhile is read between blocks. */
function fill() {
  if (isBusy || !stream || queued >= LEAD_SECONDS * rate) return;
  isBusy = true;
  const { about } = player;
  const channels = stream.next(Math.max(1, Math.round((BLOCK_SECONDS * about.rate_hz) / about.hop_samples)));
  recent.append(channels);
  const ready = channels.map((samples, channel) => resamplers[channel].push(samples));
  queued += ready[0].length;
  if (ready[0].length) port.postMessage({ samples: ready }, ready.map(({ buffer }) => buffer));
  isBusy = false;
  setTimeout(fill, 0);
}

setInterval(() => {
  if (!stream) return;
  fill();
  self.postMessage({ heard: heard() / player.about.rate_hz, gaps });
}, LOOK_MS);

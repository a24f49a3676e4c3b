// The way from a port with samples to the page's audio graph: an AudioWorklet, or where there is
// none (a page that is not from this machine and not over HTTPS), or a browser lets it load no script
// (some of pages that are files), buffers that are scheduled.

const BEGIN_SECONDS = 0.12;
const FADE_SECONDS = 0.02;

/**
 * @param {AudioContext} context
 * @param {string} script address of what sounds in the audio thread
 * @returns {Promise<{node: AudioNode, port: MessagePort, want(isWanted: boolean), kind: string,
 *   onReport: ?function}>} `port` is the end for whoever sends `{samples}`, an array for each of one
 *   or two channels, or `{clear: true}`, and gets `{queued, gaps, isRunning}`.
 */
export async function makeOutput(context, script = "/static/js/playing/speaker.js") {
  if (!context.audioWorklet) return scheduled(context);
  try {
    return await worklet(context, script);
  } catch {
    return scheduled(context);
  }
}

async function worklet(context, script) {
  await context.audioWorklet.addModule(script);
  const node = new AudioWorkletNode(context, "reverie-speaker", { numberOfInputs: 0, outputChannelCount: [2] });
  const { port1, port2 } = new MessageChannel();
  node.port.postMessage({ feed: port1 }, [port1]);
  const output = { node, port: port2, kind: "worklet", onReport: null, want: (wanted) => node.port.postMessage({ wanted }) };
  node.port.onmessage = ({ data }) => output.onReport?.(data);
  return output;
}

/** Buffers at the rate of the context, one after the other to the sample. */
function scheduled(context) {
  const node = context.createGain();
  const { port1, port2 } = new MessageChannel();
  let [waiting, sources, end, wanted, isRunning, gaps] = [[], new Set(), 0, false, false, 0];
  const output = {
    node, port: port2, kind: "scheduled", onReport: null,
    want(next) {
      wanted = next;
      if (!wanted) drop();
      plan();
    },
  };
  const queued = () => waiting.reduce((sum, one) => sum + one[0].length, 0) + Math.max(0, Math.round((end - context.currentTime) * context.sampleRate));
  const report = () => {
    const told = { queued: queued(), gaps, isRunning };
    port1.postMessage(told);
    output.onReport?.(told);
  };
  /** Stop at once; the little that was planned is lost. */
  function drop() {
    const now = context.currentTime;
    node.gain.cancelScheduledValues(now);
    node.gain.setTargetAtTime(0, now, FADE_SECONDS / 4);
    for (const source of sources) source.stop(now + FADE_SECONDS);
    sources.clear();
    end = 0;
    isRunning = false;
  }
  function plan() {
    if (isRunning && end < context.currentTime) {
      isRunning = false;
      gaps += 1;
    }
    if (!wanted || !waiting.length) return;
    if (!isRunning) {
      if (queued() < BEGIN_SECONDS * context.sampleRate) return;
      isRunning = true;
      end = context.currentTime + 0.02;
      node.gain.cancelScheduledValues(context.currentTime);
      node.gain.setValueAtTime(0, end);
      node.gain.linearRampToValueAtTime(1, end + FADE_SECONDS);
    }
    for (const samples of waiting) {
      const buffer = context.createBuffer(samples.length, samples[0].length, context.sampleRate);
      samples.forEach((channel, index) => buffer.copyToChannel(channel, index));
      const source = new AudioBufferSourceNode(context, { buffer });
      source.connect(node);
      source.onended = () => sources.delete(source);
      source.start(end);
      sources.add(source);
      end += samples[0].length / context.sampleRate;
    }
    waiting = [];
  }
  port1.onmessage = ({ data }) => {
    if (data.clear) {
      waiting = [];
      drop();
    }
    if (data.samples?.[0].length) waiting.push(data.samples);
    plan();
    report();
  };
  setInterval(() => {
    plan();
    report();
  }, 50);
  return output;
}

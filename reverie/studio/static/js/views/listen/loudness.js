// Loudness after ITU-R BS.1770-4, so that no clip wins by being louder.

const BLOCK_SECONDS = 0.4;
const STEP_SECONDS = 0.1;
const SILENT_LUFS = -70;
const RELATIVE_LU = 10;

/** The integrated loudness of a sound in LUFS; -Infinity for silence. */
export async function loudnessOf(buffer) {
  const weighted = await weigh(buffer);
  const rate = weighted.sampleRate;
  const [size, step] = [Math.round(BLOCK_SECONDS * rate), Math.round(STEP_SECONDS * rate)];
  const powers = blockPowers(weighted, Math.min(size, weighted.length), step);
  const loud = powers.filter((power) => lufs(power) > SILENT_LUFS);
  if (!loud.length) return -Infinity;
  const limit = lufs(mean(loud)) - RELATIVE_LU;
  return lufs(mean(loud.filter((power) => lufs(power) > limit)));
}

const lufs = (power) => -0.691 + 10 * Math.log10(power || 1e-20);
const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length;

/** The mean square of each block, summed over what is heard on either side: mono is heard on both. */
function blockPowers(buffer, size, step) {
  const channels = Array.from({ length: buffer.numberOfChannels }, (_, index) => buffer.getChannelData(index));
  const powers = [];
  for (let start = 0; start + size <= buffer.length; start += step) {
    let sum = 0;
    for (const samples of channels) for (let index = start; index < start + size; index += 1) sum += samples[index] ** 2;
    powers.push((channels.length === 1 ? 2 * sum : sum) / size);
  }
  return powers;
}

/** Through the filters of the standard: the head's shelf, and a high pass. */
async function weigh(buffer) {
  const context = new OfflineAudioContext(buffer.numberOfChannels, buffer.length, buffer.sampleRate);
  const source = new AudioBufferSourceNode(context, { buffer });
  const shelf = shelfOf(buffer.sampleRate);
  const pass = passOf(buffer.sampleRate);
  source.connect(new IIRFilterNode(context, shelf)).connect(new IIRFilterNode(context, pass)).connect(context.destination);
  source.start();
  return context.startRendering();
}

function shelfOf(rate) {
  const [frequency, gain, quality] = [1681.974450955533, 3.999843853973347, 0.7071752369554196];
  const k = Math.tan((Math.PI * frequency) / rate);
  const high = 10 ** (gain / 20);
  const middle = high ** 0.4996667741545416;
  const a0 = 1 + k / quality + k * k;
  return {
    feedforward: [(high + (middle * k) / quality + k * k) / a0, (2 * (k * k - high)) / a0, (high - (middle * k) / quality + k * k) / a0],
    feedback: [1, (2 * (k * k - 1)) / a0, (1 - k / quality + k * k) / a0],
  };
}

function passOf(rate) {
  const [frequency, quality] = [38.13547087602444, 0.5003270373238773];
  const k = Math.tan((Math.PI * frequency) / rate);
  const a0 = 1 + k / quality + k * k;
  return { feedforward: [1, -2, 1], feedback: [1, (2 * (k * k - 1)) / a0, (1 - k / quality + k * k) / a0] };
}

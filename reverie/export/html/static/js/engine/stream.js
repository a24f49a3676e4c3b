// Endless music: a prompt is read to its end, and what follows is drawn frame by frame.

import { Codec, Synthesis } from "./codec.js";
import { Context } from "./context.js";
import { Kernel } from "./kernel.js";
import { Metronome } from "./metronome.js";
import { matrixNames, Model } from "./model.js";
import { Generator } from "./random.js";
import { Reprise } from "./reprise.js";
import { Sampler } from "./sampling.js";
import { fromText, tablesOf, unpacked } from "./tables.js";

/** A trained model and all that generating from it needs, which many streams may share. */
export class Player {
  /** @param {object} about the page's; @param {string} text its tables; @param {boolean} isPlain */
  static async of(about, text, isPlain = false) {
    const tables = tablesOf(await unpacked(fromText(text)), about.tables);
    return new Player(about, tables, isPlain);
  }

  constructor(about, tables, isPlain) {
    this.about = about;
    this.tables = tables;
    const sizes = matrixNames(tables).map((name) => ({ rows: tables[name].shape[0], columns: tables[name].shape[1] }));
    const kernel = new Kernel(sizes, isPlain);
    this.isVectored = Boolean(kernel.module);
    this.model = new Model(about.model, tables, kernel);
    this.codec = new Codec(about.codec, tables, kernel);
    // They are in the kernel's memory now.
    for (const name of matrixNames(tables)) tables[name].values = null;
  }

  /** A prompt by its number: codes of each frame, beats, and the samples at its end. */
  prompt(number) {
    const about = this.about.prompts[number];
    const { shape: [frames, n], values } = this.tables[`prompt.${number}.codes`];
    return {
      codes: Array.from({ length: frames }, (_, frame) => Array.from(values.subarray(frame * n, (frame + 1) * n))),
      beat: this.pairs(`prompt.${number}.beat`),
      samples: this.tables[`prompt.${number}.samples`].values,
      rubato: about.rubato,
    };
  }

  pairs(name) {
    const table = this.tables[name];
    return table ? Array.from({ length: table.shape[0] }, (_, row) => [table.values[2 * row], table.values[2 * row + 1]]) : null;
  }
}

export class Stream {
  /**
   * @param {Player} player
   * @param {?number} prompt its number; null begins from nothing
   * @param {object} settings how frames are drawn; may change at any time
   * @param {number} seed of the draws
   */
  constructor(player, prompt, settings, seed) {
    const { about, model } = player;
    this.player = player;
    this.settings = settings;
    this.generator = new Generator(seed);
    this.sampler = new Sampler(about, player.tables["codec.loudness"].values, settings, this.generator);
    const music = prompt === null ? { codes: [], beat: null, samples: null, rubato: null } : player.prompt(prompt);
    this.synthesis = new Synthesis(player.codec, music.codes, music.samples);
    this.metronome = null;
    this.beat = null;
    this.reprise = new Reprise(about.codec.hop_samples / about.rate_hz, this.generator);
    if (about.model.has_beat) {
      music.beat ??= this.beatOfNothing(music.codes.length);
      const following = music.beat[music.beat.length - 1];
      this.beat = settings.beat ? following : null;
      this.metronome = new Metronome(following, about.codec.hop_samples / about.rate_hz, music.rubato, this.generator);
    }
    this.context = new Context(model, settings.method === "rolling" ? about.window_frames : null);
    this.waiting = player.codec.context;
    this.codes = [];
    this.read(music);
  }

  /** Music out of nothing has one of the tempi that music has. */
  beatOfNothing(frames) {
    const beat = Array.from({ length: frames + 1 }, () => [0, 0]);
    const tempi = this.player.about.calibration.beat_seconds;
    if (!frames && tempi) beat[0][1] = tempi[this.generator.bits() % tempi.length];
    return beat;
  }

  read({ codes, beat }) {
    const isGuided = Boolean(this.settings.guidance);
    const { guidance } = this.player.about;
    const far = Math.max(0, codes.length - guidance.states * guidance.period);
    codes.forEach((frame, index) => {
      if (isGuided && index === far) this.context.addShort(guidance);
      this.context.append(frame, beat && this.settings.beat ? beat[index + 1] : null);
    });
    if (isGuided) this.context.addShort(guidance);
  }

  /** Draw by other settings from the next frame on. */
  change(settings) {
    this.settings = { ...this.settings, ...settings };
    this.sampler.settings = this.settings;
    if (this.settings.guidance) this.context.addShort(this.player.about.guidance);
  }

  /** Generate so many frames: samples of mono music. */
  next(frames) {
    const drawn = [];
    for (let count = frames + this.waiting; count > 0; count -= 1) {
      const codes = this.reprise.next(this.sampler.draw(this.context.predict()), this.beat, this.settings.reprise_seconds);
      const beat = this.metronome?.next(this.settings.bpm) ?? null;
      this.beat = this.settings.beat ? beat : null;
      this.context.append(codes, this.beat);
      drawn.push(codes);
    }
    this.waiting = 0;
    this.drawn = drawn;
    return this.synthesis.next(drawn);
  }
}

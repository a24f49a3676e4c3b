// What the whole page knows of the studio: what the server said at first, and what lies in its folder.

import { get } from "./api.js";
import { onChanged } from "./live.js";

export const about = { folder: "", version: "", free_bytes: 0, token_required: false, recipes: [], settings: {} };

const EMPTY = { recordings: [], corpora: [], runs: [], clip_folders: [], experiments: [], tests: [] };
const listeners = new Set();
let library = EMPTY;
let isKnown = false;

export function takeAbout(answer) {
  Object.assign(about, answer);
}

export const theLibrary = () => library;
export const libraryIsKnown = () => isKnown;

/** Call `listener(library)` now, if it is known, and whenever it changes; returns what ends that. */
export function onLibrary(listener) {
  listeners.add(listener);
  if (isKnown) listener(library);
  return () => listeners.delete(listener);
}

export async function refreshLibrary() {
  library = { ...EMPTY, ...(await get("/api/library")) };
  isKnown = true;
  for (const listener of [...listeners]) listener(library);
}

/** Keep the library as it is on the disk. */
export function followLibrary() {
  onChanged(["recordings", "corpora", "runs", "clip_folders", "clips", "experiments", "tests", "jobs"], () => refreshLibrary().catch(() => {}));
  return refreshLibrary();
}

/** The settings of one kind by name. */
export function settingsOf(kind) {
  return new Map((about.settings[kind] ?? []).map((setting) => [setting.name, setting]));
}

/** A path as commands on this folder name it: within the folder, or whole. */
export function named(path) {
  const folder = `${about.folder}/`;
  return path.startsWith(folder) ? path.slice(folder.length) : path;
}

/** The run of this studio that made a clip; its path, or what the clip itself says. */
export function runOfClip(clip) {
  return library.runs.find(({ path }) => clip.path.startsWith(`${path}/`))?.path ?? (clip.run ? named(clip.run) : "");
}

/** How many seconds of a prompt a run hears. */
export function promptSeconds(run) {
  const { settings = {}, prompt } = run;
  if (prompt?.seconds) return prompt.seconds;
  return settings["training.sequence_seconds"] ?? 10;
}

// Outlines of sounds, asked for a few at a time and kept.

import { get } from "../core/api.js";

const KEPT = 400;
const AT_ONCE = 4;
const kept = new Map();
const waiting = [];
let running = 0;

/**
 * The outline of a sound: `[[low, high], …]`, between -1 and 1.
 *
 * @param {{path: string, source?: number, count?: number}} sound
 * @param {AbortSignal} [signal] when it is no longer wanted before it was asked for.
 */
export function peaksOf({ path, source, count = 400 }, signal) {
  const key = `${path}\n${source ?? ""}\n${count}`;
  if (kept.has(key)) {
    const found = kept.get(key);
    kept.delete(key);
    kept.set(key, found);
    return found;
  }
  return new Promise((resolve, reject) => {
    waiting.push({ key, path, source, count, signal, resolve, reject });
    next();
  });
}

/** Forget what is known of a sound that changed. */
export function forgetPeaks(path) {
  for (const key of [...kept.keys()]) if (key.startsWith(`${path}\n`)) kept.delete(key);
}

function next() {
  while (running < AT_ONCE && waiting.length) {
    const task = waiting.pop(); // what was asked for last is what shows now
    if (task.signal?.aborted) {
      task.reject(new DOMException("no longer wanted", "AbortError"));
      continue;
    }
    running += 1;
    fetchPeaks(task).then(task.resolve, task.reject).finally(() => {
      running -= 1;
      next();
    });
  }
}

function fetchPeaks({ key, path, source, count }) {
  if (kept.has(key)) return kept.get(key);
  const promise = get("/api/peaks", { path, source, count }).then((answer) =>
    Array.isArray(answer) ? answer : answer.peaks,
  );
  kept.set(key, promise);
  promise.catch(() => kept.delete(key));
  if (kept.size > KEPT) kept.delete(kept.keys().next().value);
  return promise;
}

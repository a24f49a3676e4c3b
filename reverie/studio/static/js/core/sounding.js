// One thing sounds at a time, and only a person changes which: whoever begins takes the turn.

let holder = null;

/** Take the turn; whoever has it is stopped by its own `stop`. */
export function takeTurn(owner, stop) {
  if (holder && holder.owner !== owner) holder.stop();
  holder = { owner, stop };
}

export function giveTurn(owner) {
  if (holder?.owner === owner) holder = null;
}

export function hasTurn(owner) {
  return holder?.owner === owner;
}

let context = null;

/** The page's one audio graph; to be asked for when a person acts, or it may not sound. */
export function audioContext() {
  context ??= new AudioContext({ latencyHint: "interactive" });
  if (context.state === "suspended") context.resume();
  return context;
}

const volume = { value: Number(localStorage.getItem("volume") ?? 1), listeners: new Set() };

export const loudness = () => volume.value;

export function setLoudness(value) {
  volume.value = Math.min(1, Math.max(0, value));
  localStorage.setItem("volume", volume.value);
  for (const listener of volume.listeners) listener(volume.value);
}

export function onLoudness(listener) {
  volume.listeners.add(listener);
  return () => volume.listeners.delete(listener);
}

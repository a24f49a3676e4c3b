// What the server tells by itself: one stream of events, and who wants to know of what.

const listeners = new Map();
// A browser opens six connections to a server, so all pages of a studio share one stream: the page
// that holds the lock reads it, and hands on what it hears.
const LOCK = "reverie-studio-events";
const others = navigator.locks && "BroadcastChannel" in window ? new BroadcastChannel(LOCK) : null;
let source = null;
let isOpen = false;
let wasOpen = false;

/** Call `listener(data)` at each event of this name; returns what ends that. */
export function on(name, listener) {
  if (!listeners.has(name)) listeners.set(name, new Set());
  listeners.get(name).add(listener);
  return () => listeners.get(name).delete(listener);
}

/** What the server sends. */
const SENT = ["changed", "job", "metrics"];

/** Call `listener` when one of these kinds of things changed, at most a few times a second. */
export function onChanged(kinds, listener) {
  let timer = 0;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(listener, 120);
  };
  const ends = [
    on("changed", (data) => {
      if (!data?.kinds || data.kinds.some((kind) => kinds.includes(kind))) soon();
    }),
    on("local", (data) => data.kinds.some((kind) => kinds.includes(kind)) && soon()),
    // After a break nobody knows what was missed.
    on("connection", (open) => open && soon()),
  ];
  return () => {
    clearTimeout(timer);
    for (const end of ends) end();
  };
}

/** Tell this page what it changed itself, without waiting for the server's word. */
export function changedHere(...kinds) {
  emit("local", { kinds });
}

export function connect() {
  if (!others) {
    read();
    return;
  }
  others.onmessage = ({ data }) => emit(data.name, data.data);
  const began = performance.now();
  navigator.locks.request(LOCK, () => {
    // What the page before did not hand on any more may have been missed.
    if (performance.now() - began > 1000) emit("connection", true);
    read();
    return new Promise(() => {});
  });
}

function read() {
  source = new EventSource("/api/events");
  source.onopen = () => {
    // The first time, everything has been asked for just now.
    if (wasOpen && !isOpen) tell("connection", true);
    isOpen = wasOpen = true;
  };
  source.onerror = () => {
    if (isOpen) tell("connection", false);
    isOpen = false;
    if (source.readyState === EventSource.CLOSED) setTimeout(read, 2000);
  };
  // Also those that only another page asks for.
  for (const name of SENT) hear(name);
}

function hear(name) {
  source.addEventListener(name, (event) => {
    let data = null;
    try {
      data = JSON.parse(event.data);
    } catch {
      return;
    }
    tell(name, data);
  });
}

function tell(name, data) {
  emit(name, data);
  others?.postMessage({ name, data });
}

function emit(name, data) {
  for (const listener of [...(listeners.get(name) ?? [])]) listener(data);
}

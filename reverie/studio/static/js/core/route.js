// The address says what is shown: `#/train?run=piano`. A reload shows the same.

const listeners = new Set();

/** `{view, parameters}` of the address. */
export function place() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  return { view: path, parameters: Object.fromEntries(new URLSearchParams(query)) };
}

/** The address of a view. */
export function link(view, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null && value !== undefined && value !== "") query.set(name, value);
  }
  const text = query.toString();
  return `#/${view}${text ? `?${text}` : ""}`;
}

export function go(view, parameters = {}) {
  location.hash = link(view, parameters);
}

/** Change parameters of the view that is shown, without a step in the history. */
export function note(parameters) {
  const now = place();
  history.replaceState(null, "", link(now.view, { ...now.parameters, ...parameters }));
}

export function onPlace(listener) {
  listeners.add(listener);
}

addEventListener("hashchange", () => {
  for (const listener of listeners) listener(place());
});

// When the page's colours change: by its button, or with the system's.

const system = matchMedia("(prefers-color-scheme: dark)");

/** Call `redraw` at each change; returns what ends that. */
export function onColours(redraw) {
  const again = () => redraw();
  const watch = new MutationObserver(again);
  watch.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  system.addEventListener("change", again);
  return () => {
    watch.disconnect();
    system.removeEventListener("change", again);
  };
}

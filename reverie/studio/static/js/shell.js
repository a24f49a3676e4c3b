// The frame around the views, and the change from one to another.

import { onColours } from "./core/colours.js";
import { el, isTyping } from "./core/dom.js";
import { bytes } from "./core/format.js";
import { on } from "./core/live.js";
import { link, onPlace, place } from "./core/route.js";
import { about, followLibrary, onLibrary } from "./core/studio.js";
import { chooseLanguage, chosenLanguage, languages, t } from "./core/texts.js";
import { iconButton, setIcon } from "./components/controls.js";
import { ask } from "./components/dialog.js";
import { icon, mark } from "./components/icons.js";
import { jobsStrip } from "./components/jobs.js";
import { playerBar, toggleCurrent } from "./components/player.js";
import { say, toasts, trouble } from "./components/toast.js";

const VIEWS = ["library", "train", "make", "play", "listen", "experiments"];
let shown = null;
let turn = 0;

export function frame(body) {
  const main = el("main", { id: "view", tabindex: -1 });
  const places = new Map(VIEWS.map((name) => [name, placeLink(name)]));
  body.replaceChildren(
    el("a.skip", { href: "#view", onclick: (event) => { event.preventDefault(); main.focus(); } }, t("skip")),
    el(
      "header.rail",
      {},
      el("a.brand", { href: link("library") }, mark(), el("span", {}, "Reverie")),
      el("nav.places", { "aria-label": t("places") }, [...places.values()]),
      el("div.rail-foot", {}, el("div.where", {}, about.folder), el("div", {}, t("free", { size: bytes(about.free_bytes) })), el("div.row", {}, languageButton(), themeButton(), keysButton())),
    ),
    main,
    el("footer.foot", {}, jobsStrip(), playerBar()),
    toasts(),
  );
  const go = (where) => show(main, places, where).catch(trouble);
  onPlace(go);
  go(place());
  followLibrary().catch(trouble);
  countRows(places);
  keys();
  let wasLost = false;
  on("connection", (isOpen) => {
    if (!isOpen && !wasLost) say(t("connection_lost"), { more: t("unreachable_remedy") });
    if (isOpen && wasLost) say(t("connection_back"));
    wasLost = !isOpen;
  });
}

function placeLink(name) {
  return el("a", { href: link(name), data: { view: name } }, icon(name), el("span", {}, t(`view_${name}`)), el("span.count", {}));
}

function countRows(places) {
  onLibrary((library) => {
    const counts = { library: library.corpora.length, train: library.runs.length, listen: library.clip_folders.reduce((sum, one) => sum + one.count, 0) };
    for (const [name, count] of Object.entries(counts)) places.get(name).querySelector(".count").textContent = count || "";
  });
}

async function show(main, places, { view, parameters }) {
  const name = VIEWS.includes(view) ? view : "library";
  for (const [one, anchor] of places) {
    if (one === name) anchor.setAttribute("aria-current", "page");
    else anchor.removeAttribute("aria-current");
  }
  document.title = `${t(`view_${name}`)} · Reverie`;
  const mine = ++turn;
  if (shown?.name === name && shown.view.update?.(parameters)) {
    // What had the focus may be gone.
    if (document.activeElement === document.body) focusHeading(main);
    return;
  }
  const module = await import(`./views/${name}.js`);
  if (mine !== turn) return;
  const isFirst = shown === null;
  shown?.view.close?.();
  const root = el("div.view", { data: { view: name } });
  main.replaceChildren(root);
  main.scrollTop = 0;
  shown = { name, view: {} };
  shown.view = (await module.open(root, parameters)) ?? {};
  if (!isFirst) focusHeading(root);
}

function focusHeading(root) {
  const heading = root.querySelector("h1");
  heading?.setAttribute("tabindex", -1);
  heading?.focus({ preventScroll: true });
}

/** Space plays and pauses, unless a field, a button or the view itself has use for it. */
function keys() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (isTyping(event.target)) return;
    if (shown?.view.key?.(event)) {
      event.preventDefault();
      return;
    }
    if (event.key === " " && !event.target.closest?.("button, a, summary, input, [role=slider]")) {
      event.preventDefault();
      toggleCurrent();
    }
    if (event.key === "?") showKeys();
  });
}

function keysButton() {
  return iconButton("help", t("keys"), showKeys);
}

function showKeys() {
  const rows = ["space", "numbers", "left_right", "up_down", "escape", "question"].map((name) =>
    el("tr", {}, el("td", {}, t(`key_${name}_keys`).split(" ").map((key) => [el("kbd", {}, key), " "])), el("td", {}, t(`key_${name}`))),
  );
  return ask(t("keys"), [el("table", {}, el("tbody", {}, rows))]);
}

function themeButton() {
  const root = document.documentElement;
  const isDark = () => root.dataset.theme === "dark";
  const node = iconButton("moon", "", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    localStorage.setItem("theme", root.dataset.theme);
  });
  const draw = () => setIcon(node, isDark() ? "sun" : "moon", t(isDark() ? "theme_light" : "theme_dark"));
  onColours(draw);
  draw();
  return node;
}

function languageButton() {
  const others = languages().filter(([code]) => code !== chosenLanguage());
  return others.map(([code, name]) => el("button.button.plain.small", { type: "button", lang: code, onclick: () => chooseLanguage(code) }, name));
}

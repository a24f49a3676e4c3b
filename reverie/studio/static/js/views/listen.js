// Listen: clips side by side, as loud as each other, switched at the same place.

import { get } from "../core/api.js";
import { el } from "../core/dom.js";
import { clock } from "../core/format.js";
import { onChanged } from "../core/live.js";
import { note } from "../core/route.js";
import { onLibrary } from "../core/studio.js";
import { t } from "../core/texts.js";
import { BINS, clipRow } from "../components/clip.js";
import { button, iconButton, segments, select, setIcon, toggle } from "../components/controls.js";
import { rows } from "../components/rows.js";
import { takeAway } from "../components/save.js";
import { say, trouble } from "../components/toast.js";
import { abxPanel } from "./listen/abx.js";
import { deck as makeDeck } from "./listen/deck.js";
import { lanesList } from "./listen/lanes.js";
import { testPanel } from "./listen/test.js";

const MOST_LANES = 9;

export function open(root, parameters) {
  const state = { folder: parameters.folder ?? "", run: parameters.run ?? "", show: parameters.show ?? "all", mode: parameters.mode ?? "compare", isBlind: false };
  const known = new Map();
  let paths = (parameters.clips ?? "").split("|").filter(Boolean).slice(0, MOST_LANES);

  const deck = makeDeck(() => draw());
  const lanes = lanesList({ deck, onRemove: (id) => choose(paths.filter((path) => path !== id)), isBlind: () => state.isBlind, onMarked: () => list.updateShown() });
  const abx = abxPanel({ deck });
  const play = iconButton("start", t("play"), () => deck.toggle(), { kind: "round big" });
  const time = el("span.soft", {});
  const matched = toggle({ label: t("matched"), value: true, onChange: (value) => deck.match(value) });
  const blind = toggle({ label: t("blind"), value: false, onChange: (value) => setBlind(value) });
  const mode = segments({ label: t("listen_mode"), choices: [["compare", t("mode_compare")], ["abx", t("mode_abx")]], value: state.mode, onChange: (value) => { state.mode = value; note({ mode: value }); abx.begin(); draw(); } });
  const clear = button(t("lanes_clear"), () => choose([]), { kind: "plain small" });
  const take = button(t("take_away"), () => takeAway(deck.state.lanes.map(({ clip }) => clip)), { symbol: "download" });
  const empty = el("div.empty", {}, el("h2", {}, t("lanes_none")), el("p", {}, t("lanes_none_help")));
  const abxNeeds = el("p.soft", {}, t("abx_needs"));
  const test = testPanel(() => paths);
  const stage = el(
    "section.panel.stack.stage",
    {},
    el("div.row.apart", {}, el("div.row", {}, play, time), mode.node, el("div.row", {}, matched.node, blind.node)),
    empty, lanes.node, abxNeeds, abx.node,
    el("div.row.apart.lanes-foot", {}, el("p.soft.small.keys", {}, t("listen_keys")), el("div.row", {}, clear, take)),
    test.node,
  );

  const count = el("span.soft", { role: "status" });
  const list = rows({
    label: t("clips"), rowPixels: 60, height: "60vh",
    load: async (offset, limit) => {
      const filter = state.show === "star" ? { star: 1 } : state.show.startsWith("bin_") ? { bin: state.show.slice(4) } : {};
      const { total, clips } = await get("/api/clips", { folder: state.folder, run: state.run, offset, limit, sort: "-changed", ...filter });
      for (const clip of clips) known.set(clip.path, clip);
      return { total, rows: clips };
    },
    keyOf: (clip) => clip.path,
    make: (clip) => clipRow(clip, { extra: addButton, onMarked: () => draw() }),
    onTotal: (total) => { count.textContent = t("clips_count", { count: total }); none.hidden = total > 0; },
  });
  const none = el("p.soft", { hidden: true }, t("clips_none"));
  const refresh = () => list.refresh().catch(trouble);
  const folder = select({ label: t("listen_from"), hideLabel: true, choices: [], onChange: (value) => { Object.assign(state, { folder: value, run: "" }); note({ folder: value, run: "" }); list.node.scrollTop = 0; refresh(); } });
  const show = select({
    label: t("listen_show"), hideLabel: true, value: state.show,
    choices: [["all", t("show_all")], ["star", t("show_star")], ...BINS.filter(Boolean).map((bin) => [`bin_${bin}`, t(`bin_${bin}`)])],
    onChange: (value) => { state.show = value; note({ show: value }); list.node.scrollTop = 0; refresh(); },
  });
  root.append(
    el("header.view-head", {}, el("div", {}, el("h1", {}, t("view_listen")), el("p.soft", {}, t("listen_help")))),
    el("div.stack.wide", {}, stage, el("section.stack.close", {}, el("div.row.apart", {}, el("div.row", {}, el("h2", {}, t("clips")), count), el("div.row", {}, folder.node, show.node)), list.node, none)),
  );

  function addButton(clip) {
    const node = iconButton("add", "", () => {
      const { path } = clip();
      if (paths.includes(path)) choose(paths.filter((one) => one !== path));
      else if (paths.length >= MOST_LANES) say(t("lanes_full", { count: MOST_LANES }));
      else choose([...paths, path]);
    });
    const update = () => {
      const isIn = paths.includes(clip().path);
      setIcon(node, isIn ? "good" : "add", t(isIn ? "lane_remove" : "lane_add"));
      node.setAttribute("aria-pressed", isIn);
    };
    update();
    return { node, update };
  }

  async function choose(next) {
    paths = next;
    note({ clips: paths.join("|") });
    for (const path of paths) {
      if (known.has(path)) continue;
      try {
        const { clips } = await get("/api/clips", { path, limit: 1 });
        known.set(path, clips.find((clip) => clip.path === path) ?? { path });
      } catch {
        known.set(path, { path });
      }
    }
    const order = state.isBlind ? deck.state.lanes.map(({ id }) => id).filter((id) => paths.includes(id)) : [];
    const all = [...order, ...paths.filter((path) => !order.includes(path))];
    deck.set(all.map((path) => ({ id: path, path, clip: known.get(path) })));
    list.updateShown();
  }

  function setBlind(isBlind) {
    state.isBlind = isBlind;
    const items = paths.map((path) => ({ id: path, path, clip: known.get(path) }));
    deck.set(isBlind ? shuffled(items) : items);
    if (isBlind) deck.choose(deck.state.lanes[0]?.id);
  }

  function draw() {
    const { lanes: all, isPlaying } = deck.state;
    const isAbx = state.mode === "abx";
    setIcon(play, isPlaying ? "pause" : "start", t(isPlaying ? "pause" : "play"));
    play.disabled = !all.some(({ buffer }) => buffer);
    empty.hidden = all.length > 0;
    lanes.node.hidden = isAbx || !all.length;
    abx.node.hidden = !isAbx || all.length !== 2;
    abxNeeds.hidden = !isAbx || all.length === 2 || !all.length;
    clear.hidden = take.hidden = !all.length;
    test.node.hidden = all.length < 2;
    blind.node.hidden = isAbx;
    lanes.draw();
    tick();
  }

  let frame = 0;
  function tick() {
    cancelAnimationFrame(frame);
    lanes.tick();
    time.textContent = deck.length() ? `${clock(deck.now())} / ${clock(deck.length())}` : "";
    if (deck.state.isPlaying) frame = requestAnimationFrame(tick);
  }

  const ends = [
    onChanged(["clips", "clip_folders"], refresh),
    onLibrary((library) => folder.set([["", t("show_everywhere")], ...library.clip_folders.map(({ path, count: size }) => [path, `${path} · ${size}`])], state.folder)),
  ];
  refresh();
  if (paths.length) choose(paths);
  draw();
  return {
    update: () => true,
    key(event) {
      const isOnControl = event.target.closest?.("button:not(.lane-choose, .icon), a, summary, select");
      if (event.key === " " && !isOnControl && !event.target.closest?.("[role=slider], input")) {
        deck.toggle();
        return true;
      }
      if (state.mode === "abx") return abx.key(event);
      const lane = deck.state.lanes[Number(event.key) - 1];
      if (/^[1-9]$/.test(event.key) && lane) {
        deck.choose(lane.id);
        return true;
      }
      return false;
    },
    close() {
      cancelAnimationFrame(frame);
      ends.forEach((end) => end());
      deck.close();
      lanes.close();
      list.close();
      test.close();
    },
  };
}

function shuffled(items) {
  const mixed = [...items];
  for (let last = mixed.length - 1; last > 0; last -= 1) {
    const at = crypto.getRandomValues(new Uint32Array(1))[0] % (last + 1);
    [mixed[last], mixed[at]] = [mixed[at], mixed[last]];
  }
  return mixed;
}

// Library: what lies in the folder, and how more comes in.

import { get } from "../core/api.js";
import { el, keyed } from "../core/dom.js";
import { bytes, duration, kilohertz, nameOf } from "../core/format.js";
import { go, link } from "../core/route.js";
import { libraryIsKnown, onLibrary } from "../core/studio.js";
import { t } from "../core/texts.js";
import { badge } from "../components/controls.js";
import { dropZone } from "../components/drop.js";
import { pictureOf } from "../core/api.js";
import { waveform } from "../components/waveform.js";
import { openClips } from "./library/clips.js";
import { openCorpus } from "./library/corpus.js";
import { openRecordings } from "./library/recordings.js";

const DETAILS = { corpus: openCorpus, recordings: openRecordings, clips: openClips };

export function open(root, parameters) {
  let shown = null;
  const update = (next) => {
    const kind = Object.keys(DETAILS).find((name) => next[name]);
    const key = kind ? `${kind} ${next[kind]}` : "";
    if (shown?.key === key) return true;
    shown?.part.close?.();
    root.replaceChildren();
    root.closest("main").scrollTop = 0;
    shown = { key, part: (kind ? DETAILS[kind](root, next[kind], next) : overview(root)) ?? {} };
    return true;
  };
  update(parameters);
  return { update, close: () => shown?.part.close?.() };
}

const LEVELS = { training: "accent", ended: "good", stopped: "warn", begun: "", exported: "good", damaged: "bad" };

function overview(root) {
  const place = el("div.stack.wide", {});
  root.append(el("header.view-head", {}, el("div", {}, el("h1", {}, t("view_library")), el("p.soft", {}, t("library_help")))), place);
  const toFolder = (folder) => go("library", { recordings: folder });
  const large = dropZone({ onDone: toFolder, large: true });
  const small = dropZone({ onDone: toFolder });
  const parts = [
    section("recordings", (row) => recordingsCard(row)),
    section("corpora", (row) => corpusCard(row)),
    section("runs", (row) => runCard(row)),
    section("clip_folders", (row) => clipsCard(row)),
  ];
  place.append(large, small, ...parts.map(({ node }) => node));
  large.hidden = small.hidden = true;
  const end = onLibrary((library) => {
    const isEmpty = parts.every(({ kind }) => !library[kind].length);
    large.hidden = !libraryIsKnown() || !isEmpty;
    small.hidden = isEmpty;
    for (const part of parts) part.draw(library[part.kind]);
  });
  return { close() { end(); parts.forEach((part) => part.draw([])); } };
}

function section(kind, card) {
  const cards = el("div.cards", {});
  const count = el("span.soft", {});
  const node = el("section", { hidden: true }, el("div.section-head", {}, el("h2", {}, t(`library_${kind}`)), count), cards);
  return {
    kind,
    node,
    draw(rows) {
      node.hidden = !rows.length;
      count.textContent = rows.length;
      keyed(cards, rows, (row) => row.path, card);
    },
  };
}

/** A card: a picture of sound, a name, words. */
function card(first, href, describe, draw) {
  const words = el("div.soft.small", {});
  const marks = el("div.row", {});
  const node = el("a.card", { href: href(first) }, draw?.node, el("h3", {}, nameOf(first.path)), words, marks);
  const update = (row) => {
    const { text, badges } = describe(row);
    words.textContent = text;
    marks.replaceChildren(...badges.filter(Boolean));
    marks.hidden = !marks.children.length;
    draw?.update?.(row);
  };
  update(first);
  return { node, update, close: draw?.close };
}

function recordingsCard(row) {
  const wave = waveform();
  get("/api/recordings", { path: row.path, limit: 1 }).then(({ recordings: [first] }) => first && wave.load({ path: first.name }), () => {});
  return card(
    row,
    ({ path }) => link("library", { recordings: path }),
    ({ files, bytes: size }) => ({ text: [t("files", { count: files }), bytes(size)].join(" · "), badges: [] }),
    wave,
  );
}

function corpusCard(row) {
  const wave = waveform({ path: row.path, source: 0 });
  return card(
    row,
    ({ path }) => link("library", { corpus: path }),
    ({ recordings, seconds, rate_hz: rate, channels, refused, problem }) => ({
      text: [t("recordings_count", { count: recordings }), duration(seconds), rate && kilohertz(rate), channels > 1 && t("in_stereo")].filter(Boolean).join(" · "),
      badges: [problem && badge(t("state_damaged"), "bad"), refused > 0 && badge(t("refused_count", { count: refused }), "warn")],
    }),
    wave,
  );
}

function runCard(row) {
  return card(
    row,
    ({ path }) => link("train", { run: path }),
    ({ recipe, epochs, state }) => ({
      text: [recipe, t("epochs_count", { count: epochs })].filter(Boolean).join(" · "),
      badges: [badge(t(`state_${state}`), LEVELS[state] ?? "")],
    }),
  );
}

function clipsCard(row) {
  const image = el("img.picture", { alt: "", loading: "lazy", hidden: true });
  get("/api/clips", { folder: row.path, limit: 1 }).then(({ clips }) => {
    if (!clips.length) return;
    image.src = pictureOf(clips[0].path);
    image.hidden = false;
  }, () => {});
  return card(
    row,
    ({ path }) => link("library", { clips: path }),
    ({ count, run, path }) => ({ text: [t("clips_count", { count }), nameOf(run ?? path.split("/clips/")[0])].filter(Boolean).join(" · "), badges: [] }),
    { node: image },
  );
}

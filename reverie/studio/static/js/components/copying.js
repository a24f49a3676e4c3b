// What a clip repeats of the recordings it was learnt from, and both of them to be heard.

import { get } from "../core/api.js";
import { el } from "../core/dom.js";
import { clock, duration, nameOf } from "../core/format.js";
import { t } from "../core/texts.js";
import { badge, button } from "./controls.js";
import { play } from "./player.js";

/** Whether a clip is a copy, where that is known. */
export const copyBadge = (copy) => (copy?.flagged ? badge(t("copy"), "bad") : null);

/**
 * The search for a copy, or what it found before.
 *
 * @param {object} clip
 * @param {object} sound the clip as the player knows it.
 */
export function copying(clip, sound) {
  const node = el("div.stack.close", {});
  const show = (found) => {
    const at = { recording: nameOf(found.recording), at: clock(found.offset_seconds), length: duration(found.seconds) };
    const source = { path: found.corpus, source: found.source, title: nameOf(found.recording), sub: t("copy_source"), at: found.offset_seconds };
    node.replaceChildren(
      el("p", {}, t(found.flagged ? "copy_is" : "copy_is_not", at)),
      el("p.soft", {}, t("copy_place", { percentile: Math.round(found.percentile) })),
      el(
        "div.row",
        {},
        found.corpus && button(t("copy_play"), () => play(source), { symbol: "start", kind: "small" }),
        button(t("copy_play_clip"), () => play({ ...sound, at: found.clip_seconds }), { symbol: "start", kind: "small" }),
      ),
    );
  };
  const search = button(t("copy_search"), async () => {
    const words = el("p.soft", { role: "status" }, t("copy_searching"));
    node.append(words);
    try {
      clip.copy = await get("/api/copy", { path: clip.path });
      show(clip.copy);
    } finally {
      words.remove();
    }
  }, { kind: "small" });
  node.append(search);
  if (clip.copy) show(clip.copy);
  return node;
}

// The clips that are compared, one under the other.

import { el, keyed } from "../../core/dom.js";
import { clock, trim } from "../../core/format.js";
import { t } from "../../core/texts.js";
import { aboutClip, BINS, clipTitle, healthBadge, markClip, starButton } from "../../components/clip.js";
import { copyBadge } from "../../components/copying.js";
import { iconButton } from "../../components/controls.js";
import { waveform } from "../../components/waveform.js";

/**
 * @param {{deck, onRemove: (id) => void, isBlind: () => boolean, onMarked: () => void}} options
 */
export function lanesList({ deck, onRemove, isBlind, onMarked }) {
  const node = el("ol.lanes", { "aria-label": t("lanes") });
  let parts = [];
  return {
    node,
    draw() {
      keyed(node, deck.state.lanes, (lane) => lane.id, (lane) => {
        const part = laneRow(lane, { deck, onRemove, isBlind, onMarked });
        parts.push(part);
        return { ...part, close() { parts = parts.filter((one) => one !== part); part.close(); } };
      });
      deck.state.lanes.forEach((lane, index) => parts.find((part) => part.lane === lane)?.draw(index));
    },
    tick() {
      for (const part of parts) part.tick();
    },
    close() {
      keyed(node, [], String, () => null);
    },
  };
}

function laneRow(lane, { deck, onRemove, isBlind, onMarked }) {
  const clip = () => lane.clip;
  const key = el("kbd", { "aria-hidden": "true" });
  const name = el("span.title", {});
  const choose = el("button.lane-choose", { type: "button", onclick: () => { deck.choose(lane.id); } }, key, name);
  const wave = waveform({ path: lane.path, label: t("player_seek"), onSeek: (seconds) => deck.seek(seconds) });
  const words = el("div.row.tight", {});
  const star = starButton(clip, onMarked);
  const bin = el(
    "select.input.short",
    { "aria-label": t("bin"), onchange: () => markClip(lane.clip, { bin: bin.value }).then(onMarked) },
    BINS.map((one) => el("option", { value: one }, t(one ? `bin_${one}` : "bin_none"))),
  );
  const tools = el("div.row.tight.lane-tools", {}, star.node, bin, iconButton("settings", t("about"), () => aboutClip(lane.clip, onMarked)), iconButton("close", t("lane_remove"), () => onRemove(lane.id)));
  const node = el("li.lane", {}, choose, wave.node, words, tools);
  return {
    lane,
    node,
    draw(index) {
      const blind = isBlind();
      const isChosen = deck.state.chosen === lane.id;
      key.textContent = index + 1;
      name.textContent = blind ? t("lane_blind", { n: index + 1 }) : clipTitle(lane.clip);
      choose.setAttribute("aria-pressed", isChosen);
      node.classList.toggle("is-chosen", isChosen);
      node.classList.toggle("is-blind", blind);
      bin.value = lane.clip.bin ?? "";
      star.update();
      const gain = 20 * Math.log10(deck.gainOf(lane));
      words.replaceChildren(
        ...[
          lane.problem && el("span.is-bad", {}, t("player_cannot")),
          !lane.buffer && !lane.problem && el("span.soft.small", {}, t("loading")),
          !blind && healthBadge(lane.clip.health),
          !blind && copyBadge(lane.clip.copy),
          !blind && lane.buffer && el("span.soft.small", {}, [clock(lane.buffer.duration), deck.state.isMatched && Number.isFinite(gain) && `${gain >= 0 ? "+" : "−"}${trim(Math.abs(gain), 1)} dB`].filter(Boolean).join(" · ")),
        ].filter(Boolean),
      );
    },
    tick: () => wave.setTime(Math.min(deck.now(), lane.buffer?.duration ?? 0), lane.buffer?.duration ?? 0),
    close: () => wave.close(),
  };
}

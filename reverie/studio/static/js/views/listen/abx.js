// A/B/X: X is A or B, drawn anew each time; whoever hears a difference is right more often than by chance.

import { el } from "../../core/dom.js";
import { percent } from "../../core/format.js";
import { t } from "../../core/texts.js";
import { button } from "../../components/controls.js";

/** Whether to be right so often, or more often, by chance is likely. */
export function byChance(right, trials) {
  let [sum, term] = [0, 1];
  for (let count = 0; count <= trials; count += 1) {
    if (count >= right) sum += term;
    term = (term * (trials - count)) / (count + 1);
  }
  return sum / 2 ** trials;
}

/**
 * @param {{deck, names: () => [string, string]}} options
 */
export function abxPanel({ deck }) {
  const state = { isX: "a", trials: 0, right: 0 };
  const draw_ = () => { state.isX = crypto.getRandomValues(new Uint8Array(1))[0] & 1 ? "a" : "b"; };
  const words = el("p", { role: "status" });
  const hear = { a: null, b: null, x: null };
  for (const name of Object.keys(hear)) hear[name] = button(t(`abx_${name}`), () => play(name), { kind: "abx" });
  const answers = { a: button(t("abx_is_a"), () => answer("a")), b: button(t("abx_is_b"), () => answer("b")) };
  let chosen = "a";
  const node = el(
    "section.panel.stack",
    {},
    el("p.soft", {}, t("abx_help")),
    el("div.row.abx-row", {}, Object.values(hear)),
    el("div.row", {}, Object.values(answers)),
    words,
  );
  const lane = (name) => deck.state.lanes[(name === "x" ? state.isX : name) === "a" ? 0 : 1];
  function play(name) {
    chosen = name;
    deck.choose(lane(name)?.id);
    if (!deck.state.isPlaying) deck.toggle();
    draw();
  }
  function answer(name) {
    state.trials += 1;
    const isRight = name === state.isX;
    state.right += isRight ? 1 : 0;
    words.textContent = [t(isRight ? "abx_right" : "abx_wrong"), t("abx_count", { right: state.right, trials: state.trials }), t("abx_chance", { share: percent(byChance(state.right, state.trials)) })].join(" ");
    draw_();
    play("x");
  }
  function draw() {
    for (const [name, one] of Object.entries(hear)) one.setAttribute("aria-pressed", chosen === name);
  }
  draw_();
  draw();
  return {
    node,
    key(event) {
      const name = { 1: "a", 2: "b", 3: "x" }[event.key];
      if (name) play(name);
      return Boolean(name);
    },
    begin() {
      Object.assign(state, { trials: 0, right: 0 });
      words.textContent = "";
      draw_();
      chosen = "a";
      deck.choose(lane("a")?.id);
      draw();
    },
  };
}

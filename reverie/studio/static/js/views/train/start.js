// Begin a training: what on, how, for how long, and what that takes.

import { command, get, post } from "../../core/api.js";
import { el, freshId, keyed } from "../../core/dom.js";
import { draft, keepDraft } from "../../core/draft.js";
import { duration, nameOf } from "../../core/format.js";
import { go, link } from "../../core/route.js";
import { about, onLibrary, settingsOf, theLibrary } from "../../core/studio.js";
import { t } from "../../core/texts.js";
import { badge, button, field, fold, select, slider } from "../../components/controls.js";
import { began } from "../../components/jobs.js";
import { linePreview } from "../../components/preview.js";
import { settingsForm } from "../../components/settings.js";

const MINUTES = [0, 1, 2, 5, 10, 20, 30, 45, 60, 90, 120, 180, 240, 360, 480, 720, 1440];
/** The form is at rest for so long before a few steps are measured. */
const ESTIMATE_MS = 1200;
const PLAIN = ["demo", "desk", "codes"];
const LEVELS = { training: "accent", ended: "good", stopped: "warn", begun: "", exported: "good", damaged: "bad" };

export function openStart(root, parameters) {
  const kept = draft("train", { corpus: "", recipe: "codes", from: "", minutes: 0, hidden: "", settings: {} });
  // What a page before an update kept may have another name now, and no row in which to take it back.
  const settings = Object.fromEntries(Object.entries(kept.settings).filter(([one]) => settingsOf("recipe").has(one)));
  const state = { ...kept, settings, corpus: parameters.corpus ?? kept.corpus, name: "" };
  const changed = () => {
    keepDraft("train", { ...state, name: undefined });
    preview.draw();
    estimate.ask();
  };
  const corpus = select({ label: t("corpus"), choices: [], onChange: (value) => { state.corpus = value; rename(); changed(); } });
  const recipe = recipes(state, () => { rename(); changed(); });
  const from = select({
    label: t("begin_with"), help: t("begin_with_help"), choices: [], value: state.from,
    onChange: (value) => { state.from = value; follow(); rename(); changed(); },
  });
  const minutes = slider({
    label: t("train_time"), min: 0, max: MINUTES.length - 1, step: 1, value: Math.max(0, MINUTES.indexOf(state.minutes)),
    show: (index) => (index ? duration(MINUTES[index] * 60) : t("the_recipes_own")), help: t("train_time_help"),
    onChange: (index) => { state.minutes = MINUTES[index]; changed(); },
  });
  const hidden = select({
    label: t("quality"), help: t("quality_help"), value: state.hidden,
    choices: [["", t("the_recipes_own")], ["256", t("quality_256")], ["512", t("quality_512")], ["1024", t("quality_1024")], ["2048", t("quality_2048")]],
    onChange: (value) => { state.hidden = value; changed(); },
  });
  const name = field({ label: t("run_name"), spellcheck: "false", onChange: (value) => { state.name = value.trim(); changed(); } });
  const expert = settingsForm("recipe", state.settings, (values) => { state.settings = values; changed(); });
  // A model that was trained before brings its own.
  const follow = () => { recipe.node.hidden = hidden.node.hidden = Boolean(state.from); };
  const rename = () => {
    state.name = freeName(state.corpus && `${state.corpus}-${state.from ? nameOf(state.from) : state.recipe}`);
    name.set(state.name);
  };
  const list = () => (state.corpus ? commandOf(state) : []);
  const preview = linePreview(list);
  const estimate = estimatePanel(state);
  const start = button(t("train_start"), async () => {
    const job = began(await command(list()));
    go("train", { run: job?.folder ?? state.name });
  }, { kind: "main" });
  const form = el(
    "section.panel.stack",
    {},
    el("h2", {}, t("train_new")),
    corpus.node, from.node, recipe.node, minutes.node, hidden.node,
    fold(t("more"), el("div.stack", {}, name.node, expert.node)),
    estimate.node, el("div.row", {}, start), preview.node,
  );
  const runs = runsList();
  const nothing = el("section.empty", { hidden: true }, el("h2", {}, t("train_no_corpus")), el("p", {}, t("train_no_corpus_help")), el("a.button.main", { href: link("library") }, t("view_library")));
  const sides = el("div.sides.even", {}, form, runs.node);
  root.append(nothing, sides);
  const end = onLibrary((library) => {
    const usable = library.corpora.filter(({ problem }) => !problem);
    nothing.hidden = Boolean(usable.length || library.runs.length);
    sides.hidden = !nothing.hidden;
    if (!usable.some(({ path }) => path === state.corpus)) state.corpus = usable[0]?.path ?? "";
    corpus.set(usable.map(({ path, seconds }) => [path, `${nameOf(path)} · ${duration(seconds)}`]), state.corpus);
    start.disabled = !state.corpus;
    const trained = library.runs.filter((run) => ["ended", "stopped", "exported"].includes(run.state)).map(({ path }) => path);
    if (!trained.includes(state.from)) state.from = "";
    from.node.hidden = !trained.length;
    from.set([["", t("begin_with_nothing")], ...trained.map((path) => [path, nameOf(path)])], state.from);
    follow();
    runs.draw(library.runs);
    if (!state.name) { rename(); changed(); }
  });
  if (parameters.like) likeRun(parameters.like, state, { corpus, from, follow, minutes, hidden, recipe, expert, rename, changed });
  return { close() { end(); preview.close(); estimate.close(); } };
}

/** Take the settings of a run, for another with other settings. */
async function likeRun(run, state, parts) {
  const { corpus, recipe_name: recipe, changes } = await get("/api/run", { path: run });
  Object.assign(state, { corpus: corpus ?? state.corpus, recipe, from: "", settings: changes, minutes: 0, hidden: "" });
  parts.from.input.value = "";
  parts.follow();
  parts.minutes.set(0);
  parts.hidden.input.value = "";
  parts.corpus.input.value = state.corpus;
  parts.recipe.set(state.recipe);
  parts.expert.set(changes);
  parts.rename();
  parts.changed();
}

export function commandOf({ corpus, recipe, from, minutes, hidden, name, settings }) {
  return [
    "train", corpus, ...(from ? ["--from", from] : ["--recipe", recipe]),
    ...(name ? ["--out", name] : []),
    ...(minutes ? ["--minutes", minutes] : []),
    ...(hidden && !from ? ["--hidden", hidden] : []),
    ...Object.entries(settings ?? {}).flatMap(([key, value]) => ["--set", `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`]),
  ].map(String);
}

/** A name that no run has yet. */
function freeName(stem) {
  const taken = new Set(theLibrary().runs.map(({ path }) => path));
  if (!stem || !taken.has(stem)) return stem;
  let number = 2;
  while (taken.has(`${stem}-${number}`)) number += 1;
  return `${stem}-${number}`;
}

function recipes(state, onChange) {
  const name = freshId("recipe");
  const inputs = new Map();
  const option = (recipe) => {
    const input = el("input", { type: "radio", name, value: recipe.name, checked: recipe.name === state.recipe, onchange: () => { state.recipe = recipe.name; onChange(); } });
    inputs.set(recipe.name, input);
    return el(
      "label.option",
      {},
      input,
      el("span.name", {}, recipe.name, " ", recipe.minutes ? el("span.soft.small", {}, duration(recipe.minutes * 60)) : ""),
      el("span.help", {}, recipe.description),
    );
  };
  const known = about.recipes;
  const [plain, others] = [known.filter((one) => PLAIN.includes(one.name)), known.filter((one) => !PLAIN.includes(one.name))];
  const rest = fold(t("recipes_more"), el("div.options", {}, others.map(option)));
  rest.open = others.some((one) => one.name === state.recipe);
  rest.hidden = !others.length;
  const node = el("fieldset.fieldset.stack.close", {}, el("legend", {}, t("recipe")), el("div.options", {}, plain.map(option)), rest);
  return { node, set(next) { if (inputs.has(next)) inputs.get(next).checked = true; } };
}

function estimatePanel(state) {
  const node = el("div.estimate", { role: "status" });
  let [timer, turn, last, asked] = [0, 0, "", new AbortController()];
  async function ask() {
    const { corpus, recipe, from, minutes, hidden, settings } = state;
    if (!corpus) return;
    const wanted = { corpus, recipe, ...(from ? { init_from: from } : {}), settings: { ...settings, ...(minutes ? { "training.minutes": minutes } : {}), ...(hidden && !from ? { "model.hidden": Number(hidden) } : {}) } };
    if (JSON.stringify(wanted) === last) return;
    last = JSON.stringify(wanted);
    const mine = ++turn;
    asked.abort();
    asked = new AbortController();
    node.replaceChildren(el("span.soft", {}, t("estimating")));
    try {
      const { lines } = await post("/api/estimate", wanted, {}, { signal: asked.signal });
      if (mine === turn) node.replaceChildren(...(lines ?? []).map((line) => el("p", {}, line)));
    } catch (error) {
      if (mine === turn) node.replaceChildren(el("p.is-bad", {}, [error.message, error.remedy].filter(Boolean).join(" ")));
    }
  }
  return { node, ask() { clearTimeout(timer); timer = setTimeout(ask, ESTIMATE_MS); }, close: () => { clearTimeout(timer); turn += 1; asked.abort(); } };
}

function runsList() {
  const list = el("div.stack.close", {});
  const none = el("p.soft", {}, t("runs_none"));
  const node = el("section", {}, el("h2", { class: "in-section" }, t("library_runs")), none, list);
  return {
    node,
    draw(runs) {
      none.hidden = runs.length > 0;
      keyed(list, runs, (run) => run.path, (first) => {
        const words = el("div.soft.small", {});
        const state = el("span", {});
        const link_ = el("a.card.is-flat", { href: link("train", { run: first.path }) }, el("div.row.apart.tight", {}, el("h3", {}, nameOf(first.path)), state), words);
        const update = (run) => {
          state.replaceChildren(badge(t(`state_${run.state}`), LEVELS[run.state] ?? ""));
          words.textContent = [run.recipe, t("epochs_count", { count: run.epochs }), run.seconds ? duration(run.seconds) : ""].filter(Boolean).join(" · ");
        };
        update(first);
        return { node: link_, update };
      });
    },
  };
}

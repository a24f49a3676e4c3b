// The participant's side of a listening test. What step comes next is the server's to say: this
// page shows it, plays its sounds, and sends the answer until the server has said that it has it.

const PATIENCE_MS = 15000;
const LONGEST_WAIT_MS = 4000;
const PENDING = "reverie-pending";

const stage = document.querySelector("#stage");
const status = document.querySelector("#status");
let about, text, language;
let leave = () => {};

const say = (name, trouble = false) => {
  status.textContent = name ? text[name] : "";
  status.classList.toggle("trouble", trouble);
};
const pause = (ms) => new Promise((go) => setTimeout(go, ms));
const fill = (name, values = {}) =>
  text[name].replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);

// Network. Until the server has answered, it is asked again.

// A whole body, however slow: it is given up only when nothing comes for a while.
async function blobOf(response, stalled, progress) {
  const pieces = [];
  const total = Number(response.headers.get("Content-Length")) || 1;
  let size = 0;
  for (const reader = response.body.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(pieces, { type: response.headers.get("Content-Type") });
    pieces.push(value);
    size += value.length;
    stalled();
    progress?.(size / total);
  }
}

async function ask(path, body, trouble = "offline", progress = undefined) {
  for (let wait = 250; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
    const limit = new AbortController();
    let timer;
    const stalled = () => {
      clearTimeout(timer);
      timer = setTimeout(() => limit.abort(), PATIENCE_MS);
    };
    stalled();
    try {
      const response = await fetch(path, {
        method: body === undefined ? "GET" : "POST",
        headers: body === undefined ? {} : { "Content-Type": "application/json" },
        body: body === undefined ? undefined : JSON.stringify(body),
        cache: "no-store",
        signal: limit.signal,
      });
      const type = response.headers.get("Content-Type") ?? "";
      // What is neither this server's answer nor its refusal is a proxy's, and is asked again.
      const content = response.status === 204 ? null
        : type.includes("json") ? await response.json()
        : type.startsWith("audio/") ? await blobOf(response, stalled, progress) : undefined;
      if (content !== undefined && (response.ok || "refused" in content)) {
        if (status.classList.contains("trouble")) say("");
        return { ok: response.ok, status: response.status, content };
      }
    } catch {
      // No connection.
    } finally {
      clearTimeout(timer);
    }
    if (text) say(trouble, true);
    await pause(wait);
  }
}

async function send(path, body, taken = () => {}) {
  say("sending");
  const { status: code } = await ask(path, body);
  say("");
  if (code === 403) return show({ step: "stranger" });
  taken();
  await refresh();
}

// An answer, which is kept here until the server has it, or has refused it for good.
const deliver = (pending) => send("/answer", pending, () => localStorage.removeItem(PENDING));

async function refresh() {
  const { ok, content } = await ask("/state");
  show(ok ? content : { step: "stranger" });
}

// Pieces of a page.

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}
const paragraph = (name, values) => element("p", {}, fill(name, values));
const primary = (name, act, attributes = {}) =>
  element("button", { type: "button", class: "main", "data-primary": true, onclick: act, ...attributes }, text[name]);

function page(title, values, ...children) {
  const heading = element("h1", { tabindex: "-1" }, fill(title, values));
  stage.replaceChildren(heading, ...children);
  heading.focus({ preventScroll: true });
  window.scrollTo(0, 0);
}

// A sound: fetched whole, so that it plays to its end whatever the network does.

class Sound {
  constructor(path, names, changed) {
    this.path = path;
    this.names = names;
    this.changed = changed;
    this.plays = 0;
    this.heardMs = 0;
    this.since = null;
    this.audio = new Audio();
    this.button = element("button", { type: "button", disabled: true, onclick: () => this.toggle() }, text.loading);
    this.bar = element("progress", { max: "1", value: "0", "aria-hidden": "true" });
    this.view = element("div", { class: "sound" }, this.button, this.bar);
    this.audio.addEventListener("playing", () => { this.count(); this.since = performance.now(); this.draw(); });
    for (const stopped of ["pause", "waiting"]) {
      this.audio.addEventListener(stopped, () => { this.count(); this.draw(); });
    }
    this.audio.addEventListener("ended", () => {
      this.count();
      // Sought to its end or played too fast, it was not heard.
      if (this.heardMs < (this.plays + 1) * about.least_ms) return this.draw();
      this.plays += 1;
      this.endedAt ??= performance.now();
      this.view.classList.add("heard");
      this.draw();
      this.changed();
    });
    this.audio.addEventListener("timeupdate", () => {
      this.bar.value = this.audio.currentTime / (this.audio.duration || 1);
    });
    this.load();
  }

  async load() {
    const { ok, status: code, content } = await ask(this.path, undefined, "waiting", (share) => { this.bar.value = share; });
    if (this.left) return;
    if (code === 410) return show({ step: "damaged" });
    if (!ok) return refresh();
    this.url = URL.createObjectURL(content);
    this.audio.src = this.url;
    this.bar.value = 0;
    this.button.disabled = false;
    this.draw();
  }

  count() {
    if (this.since !== null) this.heardMs += performance.now() - this.since;
    this.since = null;
  }

  draw() {
    if (this.url) this.button.textContent = text[this.audio.paused ? this.names[0] : this.names[1]];
  }

  toggle() {
    if (!this.url) return;
    if (!this.audio.paused) return this.audio.pause();
    this.onplay?.();
    this.audio.play().then(() => say(""), () => say("unplayable", true));
  }

  stop() {
    this.left = true;
    this.audio.pause();
    if (this.url) URL.revokeObjectURL(this.url);
  }
}

// The steps.

const steps = {
  welcome() {
    const languages = element(
      "select",
      { id: "language", onchange: (event) => { choose(event.target.value); steps.welcome(); document.querySelector("#language").focus(); } },
      ...Object.entries(about.texts).map(([code, one]) =>
        element("option", { value: code, lang: code, selected: code === language }, one.name)),
    );
    page(
      "welcome_title", {},
      paragraph(`welcome_${about.mode}`, { trials: about.trials, seconds: about.seconds, minutes: about.minutes }),
      ...(about.beeps ? [paragraph(`welcome_beeps_${about.mode}`)] : []),
      paragraph("welcome_pause"),
      element("h2", {}, text.consent_title),
      paragraph("consent"),
      element("div", { class: "row" },
        primary("agree", () => send("/consent", { language })),
        element("label", { for: "language" }, text.language), languages),
    );
  },

  setup() {
    const sound = new Sound("/sound/check", ["setup_play", "pause"], () => {});
    sound.button.dataset.play = "";
    leave = () => sound.stop();
    page("setup_title", {}, paragraph("setup"), sound.view,
      element("div", { class: "row" }, primary("setup_ready", () => send("/ready", {}))));
  },

  trial(state) {
    const own = state.number - state.practice;
    const between = own === 1 && state.practice ? "begin"
      : own > 1 && (own - 1) % about.break_every === 0 ? "break" : null;
    const passed = `reverie-passed-${state.token}`;
    if (between && !sessionStorage.getItem(passed)) {
      page(`${between}_title`, {},
        paragraph(between, { number: own - 1, count: state.trials - state.practice }),
        primary(`${between}_go`, () => { sessionStorage.setItem(passed, "1"); show(state); }));
      return;
    }
    const pair = about.mode === "preference";
    const names = pair ? [["play_first", "pause_first"], ["play_second", "pause_second"]] : [["play", "pause"]];
    const allHeard = () => sounds.every((one) => one.plays > 0);
    const sounds = state.sounds.map((token, at) => new Sound(`/sound/${token}`, names[at], () => {
      hint.hidden = allHeard();
      if (allHeard()) say("answer_now");
      choices.disabled = !allHeard();
    }));
    for (const one of sounds) {
      one.button.dataset.play = "";
      one.onplay = () => sounds.forEach((other) => other !== one && other.audio.pause());
    }
    const go = primary("next", () => {
      const answer = Number(choices.querySelector(":checked").value);
      const pending = {
        trial: state.token,
        answer,
        plays: sounds.reduce((sum, one) => sum + one.plays, 0),
        heard_ms: Math.round(sounds.reduce((sum, one) => sum + one.heardMs, 0)),
        answer_ms: Math.round(performance.now() - Math.max(...sounds.map((one) => one.endedAt))),
      };
      sounds.forEach((one) => one.audio.pause());
      choices.disabled = true;
      go.disabled = true;
      localStorage.setItem(PENDING, JSON.stringify(pending));
      deliver(pending);
    }, { disabled: true });
    const option = (value, mark, label) => element("label", {},
      element("input", { type: "radio", name: "answer", value, onchange: () => { go.disabled = false; } }),
      element("span", {}, element("strong", {}, mark), " ", label));
    const options = pair
      ? [option(0, "A", text.first), option(1, "B", text.second)]
      : [1, 2, 3, 4, 5].map((score) => option(score, String(score), text[`score_${score}`]));
    const choices = element("fieldset", { disabled: true, "aria-describedby": "when" },
      element("legend", {}, text[`question_${about.mode}`]), element("div", { class: "choices" }, ...options));
    const hint = element("p", { id: "when", class: "soft" }, text[`hear_first_${about.mode}`]);
    leave = () => sounds.forEach((one) => one.stop());
    const practising = own < 1;
    page(
      practising ? "practice" : `trial_${about.mode}`,
      practising
        ? { number: state.number, count: state.practice }
        : { number: own, count: state.trials - state.practice },
      element("progress", { max: state.trials, value: state.number - 1, "aria-hidden": "true" }),
      ...(practising ? [paragraph("practice_note")] : []),
      ...(about.beeps ? [element("p", { class: "soft" }, text[`beeps_${about.mode}`])] : []),
      element("div", { class: "sounds" }, ...sounds.map((one) => one.view)),
      choices,
      hint,
      element("div", { class: "row" }, go),
      element("p", { class: "keys" }, text[`keys_${about.mode}`]),
    );
  },

  comment() {
    const area = element("textarea", { id: "comment", maxlength: "2000", "aria-label": text.comment });
    page("comment_title", {}, paragraph("comment"), area,
      element("div", { class: "row" }, primary("comment_go", () => send("/finish", { comment: area.value }))));
  },

  thanks: () => page("thanks_title", {}, paragraph("thanks")),
  closed: () => page("closed_title", {}, paragraph("closed")),
  damaged: () => page("damaged_title", {}, paragraph("damaged"),
    element("div", { class: "row" }, primary("damaged_go", refresh))),
  stranger: () => page("stranger_title", {}, paragraph("stranger")),
};

function show(state) {
  leave();
  leave = () => {};
  steps[state.step](state);
}

function choose(code) {
  language = code;
  text = about.texts[code];
  document.documentElement.lang = code;
  for (const one of document.querySelectorAll("[data-text]")) one.textContent = text[one.dataset.text];
  localStorage.setItem("reverie-language", code);
}

// The keyboard: space plays, digits or letters answer, Enter continues.

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target.closest("textarea, select")) return;
  const button = event.target.closest("button");
  const choosing = event.target.matches("input:not(:checked)");
  if (event.key === " " && !choosing && !(button && !("play" in button.dataset))) {
    const players = [...stage.querySelectorAll("[data-play]")];
    const next = button ?? players.find((one) => !one.parentElement.classList.contains("heard")) ?? players.at(-1);
    if (!next) return;
    event.preventDefault();
    next.click();
  } else if (event.key === "Enter" && !button) {
    event.preventDefault();
    stage.querySelector("[data-primary]")?.click();
  } else {
    const at = about?.mode === "preference" ? "ab".indexOf(event.key.toLowerCase()) : "12345".indexOf(event.key);
    const option = at < 0 ? null : stage.querySelectorAll("fieldset:enabled input")[at];
    if (option) { option.focus(); option.click(); }
  }
});

async function begin() {
  about = (await ask("/about")).content;
  const known = [localStorage.getItem("reverie-language"), ...navigator.languages.map((one) => one.split("-")[0]), "en"];
  choose(known.find((code) => code in about.texts));
  const pending = localStorage.getItem(PENDING);
  if (pending) await deliver(JSON.parse(pending));
  else await refresh();
}

begin();

// Recordings come in: dropped, chosen, or by a path on this machine.

import { post, upload } from "../core/api.js";
import { el } from "../core/dom.js";
import { bytes, percent } from "../core/format.js";
import { changedHere } from "../core/live.js";
import { t } from "../core/texts.js";
import { button, field } from "./controls.js";
import { ask } from "./dialog.js";
import { waveMark } from "./icons.js";
import { progressBar } from "./jobs.js";
import { say, trouble } from "./toast.js";

const AT_ONCE = 2;
const AUDIO = /\.(wav|flac|mp3|ogg|oga|opus|m4a|aac|aif|aiff|wma|mp4|mka|webm|ape|wv|caf|au)$/i;

/**
 * A place to drop files and folders on.
 *
 * @param {object} options
 * @param {() => string} [options.folder] in the studio that they go to; else they are named anew.
 * @param {(folder: string) => void} [options.onDone]
 * @param {boolean} [options.large] as the first thing of an empty page.
 */
export function dropZone({ folder, onDone, large = false } = {}) {
  const files = el("input", { type: "file", multiple: true, accept: "audio/*,.opus,.flac", hidden: true, "aria-hidden": "true", tabindex: -1 });
  const folders = el("input", { type: "file", webkitdirectory: true, multiple: true, hidden: true, "aria-hidden": "true", tabindex: -1 });
  const progress = el("div.stack.close", { hidden: true });
  const take = (list) => bringIn(list, folder?.(), progress).then((where) => where && onDone?.(where)).catch(trouble);
  for (const input of [files, folders]) {
    input.addEventListener("change", () => {
      const list = [...input.files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
      input.value = "";
      take(list);
    });
  }
  const node = el(
    `section.drop${large ? ".is-large" : ""}`,
    { "aria-label": t("drop_title") },
    large && waveMark(),
    el("div.stack.close", {}, el(large ? "h2" : "h3", {}, t("drop_title")), el("p.soft.small", {}, t("drop_help"))),
    el(
      "div.row",
      {},
      button(t("drop_folder"), () => folders.click(), { kind: large ? "main" : "", symbol: "folder" }),
      button(t("drop_files"), () => files.click(), { symbol: "add" }),
      button(t("drop_path"), () => addByPath(onDone), { kind: "plain" }),
    ),
    files,
    folders,
    progress,
  );
  node.addEventListener("dragover", (event) => {
    event.preventDefault();
    node.classList.add("is-over");
  });
  node.addEventListener("dragleave", () => node.classList.remove("is-over"));
  node.addEventListener("drop", (event) => {
    event.preventDefault();
    node.classList.remove("is-over");
    // The entries can only be asked for now; what is in them may take its time.
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    const plain = [...event.dataTransfer.files].map((file) => ({ file, path: file.name }));
    (entries.length ? Promise.all(entries.map(within)).then((lists) => lists.flat()) : Promise.resolve(plain)).then(take, trouble);
  });
  return node;
}

/** All files of a dropped entry, each with its path in it. */
async function within(entry, above = "") {
  const path = above ? `${above}/${entry.name}` : entry.name;
  if (entry.isFile) return [{ file: await new Promise((resolve, reject) => entry.file(resolve, reject)), path }];
  const reader = entry.createReader();
  const inside = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) break;
    inside.push(...some);
  }
  return (await Promise.all(inside.map((one) => within(one, path)))).flat();
}

/** Send files, and return the folder they are in. */
async function bringIn(list, given, place) {
  const audio = list.filter(({ file, path }) => AUDIO.test(path) || file.type.startsWith("audio/"));
  if (!audio.length) {
    if (list.length) say(t("drop_no_audio"), { level: "bad", more: t("drop_no_audio_help") });
    return null;
  }
  const tops = new Set(audio.map(({ path }) => (path.includes("/") ? path.split("/")[0] : "")));
  const top = tops.size === 1 ? [...tops][0] : "";
  const folder = given ?? (top || (await askName()));
  if (!folder) return null;
  const tasks = audio.map(({ file, path }) => ({ file, name: top ? path.slice(top.length + 1) : path }));
  const failed = await sendAll(tasks, folder, place);
  changedHere("recordings");
  const sent = tasks.length - failed.length;
  if (sent) say(t("drop_done", { count: sent, folder }));
  if (failed.length) say(t("drop_failed", { count: failed.length }), { level: "bad", more: failed[0].message, line: failed[0].name });
  return sent ? folder : null;
}

async function askName() {
  const name = field({ label: t("drop_name"), value: "recordings", help: t("drop_name_help"), autofocus: true });
  return ask(t("drop_name_title"), [name.node], [[t("cancel"), null], [t("drop_name_yes"), () => name.value.trim() || undefined, "main"]]);
}

async function sendAll(tasks, folder, place) {
  const total = tasks.reduce((sum, { file }) => sum + file.size, 0) || 1;
  const bar = progressBar(t("upload"));
  const words = el("span.small.soft", { role: "status" });
  let isStopped = false;
  const running = new Set();
  const stop = button(t("stop"), () => {
    isStopped = true;
    for (const one of running) one.abort();
  }, { kind: "small" });
  place.replaceChildren(bar.node, el("div.row.apart", {}, words, stop));
  place.hidden = false;
  const sizes = new Map();
  const failed = [];
  const waiting = [...tasks];
  let ended = 0;
  const draw = () => {
    const sent = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    bar.set(sent / total);
    words.textContent = t("upload_words", { done: ended, total: tasks.length, share: percent(sent / total), size: bytes(total) });
  };
  async function work() {
    for (let task = waiting.shift(); task && !isStopped; task = waiting.shift()) {
      const { file, name } = task;
      const sending = upload(file, { folder, file: name }, (share) => {
        sizes.set(name, share * file.size);
        draw();
      });
      running.add(sending);
      try {
        await sending.done;
        ended += 1;
      } catch (error) {
        if (error.status !== -1) failed.push({ name, message: [error.message, error.remedy].filter(Boolean).join(" ") });
      }
      running.delete(sending);
      sizes.set(name, file.size);
      draw();
    }
  }
  draw();
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  place.hidden = true;
  return failed;
}

async function addByPath(onDone) {
  const path = field({ label: t("path_label"), placeholder: "/home/me/Music/piano", help: t("path_help"), autofocus: true, spellcheck: "false" });
  const given = await ask(t("path_title"), [path.node], [[t("cancel"), null], [t("path_yes"), () => path.value.trim() || undefined, "main"]]);
  if (!given) return;
  await post("/api/folders", { path: given });
  changedHere("recordings");
  onDone?.(given);
}

// A real listening test of the chosen clips: made with one button, with its links and its results.

import { address, command, get, post } from "../../core/api.js";
import { el } from "../../core/dom.js";
import { nameOf } from "../../core/format.js";
import { onLibrary } from "../../core/studio.js";
import { t } from "../../core/texts.js";
import { button, commandLine, field, fold, segments } from "../../components/controls.js";
import { ask } from "../../components/dialog.js";
import { began } from "../../components/jobs.js";
import { trouble } from "../../components/toast.js";

const LOOK_MS = 1000;

/** @param {() => string[]} paths of the clips that are chosen. */
export function testPanel(paths) {
  const make = button(t("test_make"), () => makeTest(paths()), { symbol: "listen" });
  const list = el("ul.stack.close", {});
  const node = fold(t("test_title"), el("div.stack", {}, el("p.soft", {}, t("test_help")), el("div.row", {}, make), list));
  const end = onLibrary((library) => {
    list.replaceChildren(...library.tests.map(({ path }) => el("li.row.apart", {}, el("strong", {}, nameOf(path)), button(t("test_results"), () => showTest(path), { kind: "small" }))));
  });
  return { node, close: end };
}

async function makeTest(paths) {
  const title = field({ label: t("test_name"), value: t("test_title"), maxlength: 100, autofocus: true });
  const people = field({ label: t("test_people"), type: "number", min: 1, max: 100, step: 1, value: 3 });
  let mode = "rating";
  const how = segments({ label: t("test_mode"), choices: [["rating", t("test_rating")], ["preference", t("test_preference")]], value: mode, onChange: (value) => { mode = value; } });
  const wanted = await ask(
    t("test_make"),
    [el("div.stack", {}, el("p.soft", {}, t("test_help")), title.node, people.node, how.node)],
    [[t("cancel"), null], [t("test_make"), () => ({ paths, title: title.value.trim() || t("test_title"), mode, participants: Number(people.value) || 3 }), "main"]],
  );
  if (!wanted) return;
  const answer = await post("/api/listening", wanted);
  began(answer);
  await showTest(answer.path, answer.lines);
}

/** The links of a test while it is served, and what came of it. */
async function showTest(path, lines = []) {
  const place = el("div.stack", { "aria-live": "polite" }, el("p.soft", {}, t("loading")));
  let timer = 0;
  let shown = "";
  const look = async () => {
    try {
      const test = await get("/api/listening", { path });
      // What is being read or copied is not put anew.
      if (JSON.stringify(test) !== shown) place.replaceChildren(...contentOf(test));
      shown = JSON.stringify(test);
    } catch (error) {
      trouble(error);
    }
    timer = setTimeout(look, LOOK_MS);
  };
  look();
  await ask(nameOf(path), [place, lines.length > 0 && el("div.stack.close", {}, lines.map((line) => commandLine(line).node))], undefined, { wide: true });
  clearTimeout(timer);
}

function contentOf({ path, job, organiser, participants, results }) {
  const outside = (href, words) => el("a", { href, target: "_blank", rel: "noopener" }, words);
  const isServed = ["queued", "running"].includes(job?.state);
  return [
    participants.length > 0 && el("p", {}, t("test_links_help")),
    participants.length > 0 && el("ol.stack.close.links", {}, participants.map((href) => el("li", {}, outside(href, href)))),
    organiser && el("p", {}, outside(organiser, t("test_organiser"))),
    isServed && !participants.length && el("p.soft", {}, t("test_begins")),
    !isServed && el("p.soft", {}, t("test_stopped")),
    el(
      "div.row",
      {},
      !isServed && button(t("test_serve"), async () => began(await command("listen", "serve", path)), { kind: "small" }),
      button(t("test_work_out"), async () => began(await command("listen", "results", path)), { kind: "small" }),
    ),
    results && el("p", {}, outside(address("/api/report", { path }), t("test_report"))),
  ].filter(Boolean);
}

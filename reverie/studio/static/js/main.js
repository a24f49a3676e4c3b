// The page begins: texts, frame, events, and the view that the address names.

import { get } from "./core/api.js";
import { el } from "./core/dom.js";
import { connect } from "./core/live.js";
import { takeAbout } from "./core/studio.js";
import { t, useTexts } from "./core/texts.js";
import { frame } from "./shell.js";

async function begin() {
  try {
    const about = await get("/api/about");
    useTexts(about.texts);
    takeAbout(about);
  } catch (error) {
    document.body.append(
      el("main.empty", {}, el("h1", {}, "Reverie"), el("p", {}, error.message || "The studio cannot be reached."), el("p", {}, error.remedy || "Start it again with: reverie studio")),
    );
    return;
  }
  document.title = t("title");
  frame(document.body);
  connect();
}

begin();

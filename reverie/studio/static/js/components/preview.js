// The command lines of a form, as it is set now.

import { post } from "../core/api.js";
import { commandLine } from "./controls.js";
import { t } from "../core/texts.js";

/**
 * @param {() => string[] | string[][]} list the command of now, or several; empty for none.
 * @returns {{node, draw, close}}
 */
export function linePreview(list) {
  const line = commandLine("");
  let [timer, turn, last] = [0, 0, ""];
  async function ask() {
    const command = list();
    const commands = Array.isArray(command[0]) ? command : [command];
    const key = JSON.stringify(command);
    if (key === last) return;
    last = key;
    const mine = ++turn;
    line.node.hidden = !command.length;
    if (!command.length) return;
    try {
      const answers = await Promise.all(commands.map((one) => post("/api/command", { command: one.map(String), dry: true })));
      if (mine === turn) line.set(answers.map((answer) => answer.line).join("\n"));
    } catch (error) {
      if (mine === turn) line.set(error.message || t("unreachable"));
    }
  }
  const draw = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 150);
  };
  draw();
  return { node: line.node, draw, close: () => clearTimeout(timer) };
}

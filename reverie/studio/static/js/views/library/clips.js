// A folder of clips.

import { get } from "../../core/api.js";
import { el } from "../../core/dom.js";
import { onChanged } from "../../core/live.js";
import { link, note } from "../../core/route.js";
import { t } from "../../core/texts.js";
import { clipRow } from "../../components/clip.js";
import { button, select } from "../../components/controls.js";
import { rows } from "../../components/rows.js";
import { takeAway } from "../../components/save.js";
import { trouble } from "../../components/toast.js";
import { head } from "./head.js";

const SORTS = ["number", "-number", "-changed", "seconds", "star", "bin"];

export function openClips(root, folder, { sort: first = "number" }) {
  let sort = first;
  const count = el("span.soft", { role: "status" });
  const list = rows({
    label: t("library_clip_folders"),
    rowPixels: 60,
    height: "70vh",
    load: async (offset, limit) => {
      const { total, clips } = await get("/api/clips", { folder, offset, limit, sort });
      return { total, rows: clips };
    },
    keyOf: (clip) => clip.path,
    make: (clip) => clipRow(clip, { numbered: true }),
    onTotal: (total) => { count.textContent = t("clips_count", { count: total }); },
  });
  const refresh = () => list.refresh().catch(trouble);
  const order = select({
    label: t("sort"),
    hideLabel: true,
    choices: SORTS.map((name) => [name, t(`sort_${name.replace("-", "down_")}`)]),
    value: sort,
    onChange: (value) => {
      sort = value;
      note({ sort });
      list.node.scrollTop = 0;
      refresh();
    },
  });
  root.append(
    head(folder, folder, [
      el("a.button", { href: link("listen", { folder }) }, t("compare_them")),
      button(t("take_away_all"), () => takeAway(list.items()), { symbol: "download" }),
    ]),
    el("div.stack", {}, el("div.row.apart", {}, count, order.node), list.node),
  );
  refresh();
  const end = onChanged(["clips", "clip_folders"], refresh);
  return { close() { end(); list.close(); } };
}

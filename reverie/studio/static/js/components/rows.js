// A list of any length: only the rows that show are on the page.

import { el } from "../core/dom.js";

const SPARE = 6;
const PAGE = 200;

/**
 * @param {object} options
 * @param {string} options.label of the list.
 * @param {number} options.rowPixels height of a row.
 * @param {string} [options.height] of the list, in CSS; at most what its rows need.
 * @param {(offset: number, limit: number) => Promise<{total: number, rows: Array}>} options.load
 * @param {(item) => string} options.keyOf
 * @param {(item, index) => {node, update?, close?}} options.make
 * @param {(total: number) => void} [options.onTotal]
 */
export function rows({ label, rowPixels, height = "60vh", load, keyOf, make, onTotal }) {
  const space = el("div.rows-space", { role: "list", "aria-label": label });
  const node = el("div.rows", { hidden: true }, space);
  const pages = new Map();
  const shown = new Map();
  let [total, turn, frame] = [0, 0, 0];

  async function fetchPage(index) {
    if (pages.has(index)) return;
    const mine = turn;
    pages.set(index, null);
    try {
      const answer = await load(index * PAGE, PAGE);
      if (mine !== turn) return;
      pages.set(index, answer.rows);
      setTotal(answer.total);
    } catch (error) {
      if (mine === turn) pages.delete(index);
      throw error;
    }
    draw();
  }

  function setTotal(next) {
    total = next;
    space.style.height = `${total * rowPixels}px`;
    node.style.height = `min(${height}, ${Math.max(1, total) * rowPixels + 2}px)`;
    node.hidden = total === 0;
    onTotal?.(total);
  }

  function draw() {
    cancelAnimationFrame(frame);
    frame = 0;
    const first = Math.max(0, Math.floor(node.scrollTop / rowPixels) - SPARE);
    const end = Math.min(total, Math.ceil((node.scrollTop + (node.clientHeight || 600)) / rowPixels) + SPARE);
    const wanted = new Set();
    for (let index = first; index < end; index += 1) {
      const page = pages.get(Math.floor(index / PAGE));
      if (page === undefined) fetchPage(Math.floor(index / PAGE)).catch(() => {});
      const item = page?.[index % PAGE];
      if (item) wanted.add(place(item, index));
    }
    for (const [key, row] of shown) {
      // What has the focus stays, so that the keyboard does not lose its place.
      if (!wanted.has(key) && !row.node.contains(document.activeElement)) drop(key, row);
    }
  }

  function place(item, index) {
    const key = keyOf(item);
    let row = shown.get(key);
    if (row) row.update?.(item);
    else {
      row = make(item, index);
      row.node.classList.add("rows-row");
      row.node.setAttribute("role", "listitem");
      row.node.style.height = `${rowPixels}px`;
      shown.set(key, row);
    }
    row.node.style.top = `${index * rowPixels}px`;
    row.node.dataset.index = index;
    row.node.setAttribute("aria-posinset", index + 1);
    row.node.setAttribute("aria-setsize", total);
    if (!row.node.parentElement) insert(row.node, index);
    return key;
  }

  /** In the order of the list, for the keyboard and for screen readers. */
  function insert(rowNode, index) {
    const after = [...space.children].find((other) => Number(other.dataset.index) > index);
    space.insertBefore(rowNode, after ?? null);
  }

  function drop(key, row) {
    row.close?.();
    row.node.remove();
    shown.delete(key);
  }

  node.addEventListener("scroll", () => {
    frame ||= requestAnimationFrame(draw);
  }, { passive: true });
  node.addEventListener("keydown", (event) => moveFocus(event, node, rowPixels));
  const watcher = new ResizeObserver(draw);
  watcher.observe(node);

  return {
    node,
    /** Ask for everything anew; what shows stays until it is there. */
    async refresh() {
      turn += 1;
      const mine = turn;
      const index = Math.floor(node.scrollTop / rowPixels / PAGE);
      const answer = await load(index * PAGE, PAGE);
      if (mine !== turn) return;
      pages.clear();
      pages.set(index, answer.rows);
      setTotal(answer.total);
      draw();
    },
    /** The items that are known, in order. */
    items: () => [...pages.keys()].sort((a, b) => a - b).flatMap((index) => pages.get(index) ?? []),
    updateShown() {
      for (const page of pages.values()) {
        for (const item of page ?? []) shown.get(keyOf(item))?.update?.(item);
      }
    },
    close() {
      turn += 1;
      watcher.disconnect();
      for (const [key, row] of shown) drop(key, row);
    },
  };
}

/** Arrows up and down go to the same button of the next row. */
function moveFocus(event, node, rowPixels) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const row = event.target.closest?.(".rows-row");
  if (!step || !row || event.target.matches("input[type=range], [role=slider], select, textarea")) return;
  const controls = (one) => [...one.querySelectorAll("a, button, input")].filter((each) => each.offsetParent);
  const column = controls(row).indexOf(event.target);
  const next = [...node.querySelectorAll(".rows-row")].find((one) => Number(one.dataset.index) === Number(row.dataset.index) + step);
  if (!next || column < 0) return;
  event.preventDefault();
  const top = Number(next.dataset.index) * rowPixels;
  if (top < node.scrollTop) node.scrollTop = top;
  else if (top + rowPixels > node.scrollTop + node.clientHeight) node.scrollTop = top + rowPixels - node.clientHeight;
  controls(next)[column]?.focus({ preventScroll: true });
}

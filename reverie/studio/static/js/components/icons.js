// Drawings of one line each, on a square of 20.

import { svg } from "../core/dom.js";

const PATHS = {
  library: "M3 5.5h14M3 10h14M3 14.5h9M15 13v4M13 15h4",
  train: "M3 16V4M3 16h14M5.5 6c1.5 5 5 7.5 11 8",
  make: "M10 3v14M3 10h14M5.2 5.2l9.6 9.6M14.8 5.2l-9.6 9.6",
  play: "M6.6 10c0-1.6-1-2.6-2.2-2.6S2.2 8.500 2.200 10s.9 2.600 2.200 2.600c2.600 0 3.400-5.200 6.600-5.200 M13.400 10c0 1.600 1 2.600 2.200 2.600s2.200-1.100 2.200-2.600-.9-2.600-2.200-2.600c-2.600 0-3.400 5.200-6.600 5.200",
  listen: "M4 12v-1.500a6 6 0 0 1 12 0V12M4 12v3a1 1 0 0 0 1 1h1.500v-4.500H4M16 12v3a1 1 0 0 1-1 1h-1.500v-4.500H16",
  experiments: "M8 3h4M8.700 3v5L4 15.600A1 1 0 0 0 4.900 17h10.200a1 1 0 0 0 .9-1.400L11.300 8V3M6.500 12.500h7",
  start: "M6 3.800v12.400l10-6.200z",
  pause: "M6.500 4v12M13.500 4v12",
  stop: "M5 5h10v10H5z",
  back: "M5 4v12M15 4.500v11L7.500 10z",
  star: "M10 2.800l2.200 4.600 5 .7-3.600 3.500.9 5L10 14.200l-4.500 2.400.9-5L2.800 8.100l5-.7z",
  note: "M4 3.500h12v9l-4 4H4zM12 16.500v-4h4M7 7.500h6M7 10.500h3",
  bin: "M3.500 5.500h13M8 5.500v-2h4v2M5 5.500l.8 11h8.400l.8-11M8.300 8.500v5M11.700 8.500v5",
  restore: "M4 8.500h8a4 4 0 0 1 0 8H8M4 8.500l3.500-3.500M4 8.500l3.500 3.500",
  download: "M10 3v9.500M6 9l4 4 4-4M3.500 16.500h13",
  folder: "M2.500 5.500v10h15v-8.500h-8l-1.500-2h-5z",
  copy: "M7 7V3.500h9.500V13H13M3.500 7H13v9.500H3.500z",
  close: "M5 5l10 10M15 5L5 15",
  add: "M10 4v12M4 10h12",
  next: "M7.500 4.500L13 10l-5.500 5.500",
  up: "M4.500 12.500L10 7l5.500 5.500",
  sun: "M10 6.500a3.500 3.500 0 1 1 0 7 3.500 3.500 0 0 1 0-7zM10 2v1.500M10 16.500V18M2 10h1.500M16.500 10H18M4.300 4.300l1.100 1.100M14.600 14.600l1.100 1.100M15.700 4.300l-1.100 1.100M5.400 14.600l-1.100 1.100",
  moon: "M16.500 12.200A7 7 0 0 1 7.800 3.500a7 7 0 1 0 8.700 8.700z",
  loop: "M4 9V8a3 3 0 0 1 3-3h8M13 2.500L15.500 5 13 7.500M16 11v1a3 3 0 0 1-3 3H5M7 17.500L4.500 15 7 12.500",
  volume: "M3 8v4h3l4 3.500v-11L6 8zM13 7.500a3.500 3.500 0 0 1 0 5M15 5.200a6.800 6.800 0 0 1 0 9.600",
  good: "M4 10.500l4 4 8-9",
  warn: "M10 3L1.800 17h16.400zM10 8.500v4M10 14.800v.2",
  bad: "M10 2.500a7.500 7.500 0 1 1 0 15 7.500 7.500 0 0 1 0-15zM7.300 7.300l5.400 5.400M12.700 7.300l-5.400 5.400",
  info: "M10 2.500a7.500 7.500 0 1 1 0 15 7.500 7.500 0 0 1 0-15zM10 9v5M10 6.200v.2",
  settings: "M3 6h8M15 6h2M3 14h2M9 14h8M13 4v4M7 12v4",
  help: "M7.200 7.500a2.800 2.800 0 1 1 4 2.600c-.8.4-1.200.9-1.200 1.900M10 14.800v.2M10 2.500a7.500 7.500 0 1 1 0 15 7.500 7.500 0 0 1 0-15z",
  wave: "M3 8.500v3M6.500 5.500v9M10 3v14M13.500 6.500v7M17 9v2",
  use: "M4 10h10M10 5.500l4.500 4.500-4.500 4.500M17 4v12",
  prompt: "M4 4v12M4 10h4l2-4 2.500 8 1.500-4h3",
};
const FILLED = new Set(["start", "stop"]);

/** A drawing, hidden from screen readers: words stand beside it, or in its button's label. */
export function icon(name, { filled = FILLED.has(name) } = {}) {
  return svg(
    "svg",
    { viewBox: "0 0 20 20", "aria-hidden": "true", fill: filled ? "currentColor" : "none", stroke: "currentColor", "stroke-width": 1.5, "stroke-linecap": "round", "stroke-linejoin": "round" },
    svg("path", { d: PATHS[name] }),
  );
}

/** The mark of Reverie: five bars of a wave. */
export function mark() {
  return svg(
    "svg",
    { viewBox: "0 0 32 32", "aria-hidden": "true", fill: "none", stroke: "currentColor", "stroke-width": 3, "stroke-linecap": "round" },
    svg("path", { d: "M5 13v6M10.500 10v12M16 4v24M21.500 9v14M27 13v6" }),
  );
}

/** A wave as a decoration, the same every time. */
export function waveMark(bars = 44) {
  const heights = Array.from({ length: bars }, (_, index) => {
    const at = index / (bars - 1);
    const swell = Math.sin(Math.PI * at) ** 1.4;
    return 2 + 28 * swell * (0.35 + 0.65 * Math.abs(Math.sin(index * 1.7) * Math.cos(index * 0.61)));
  });
  const path = heights.map((height, index) => `M${index * 4 + 2} ${32 - height}v${2 * height}`).join("");
  return svg(
    "svg.mark",
    { viewBox: `0 0 ${bars * 4} 64`, "aria-hidden": "true", fill: "none", stroke: "currentColor", "stroke-width": 2, "stroke-linecap": "round" },
    svg("path", { d: path }),
  );
}

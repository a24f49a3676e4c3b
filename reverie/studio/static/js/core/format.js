// Numbers as people read them.

import { chosenLanguage, t } from "./texts.js";

/** 75 -> "1:15", 3725 -> "1:02:05". */
export function clock(seconds) {
  if (!Number.isFinite(seconds)) return "–:––";
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** A length of time in words: "40 s", "12 min", "3 h 20 min". */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 59.5) return t("time_seconds", { n: seconds < 9.95 ? trim(seconds, 1) : Math.round(seconds) });
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return t("time_minutes", { n: minutes });
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return t("time_days", { n: trim(hours / 24, 1) });
  return minutes % 60
    ? t("time_hours_minutes", { h: hours, m: minutes % 60 })
    : t("time_hours", { n: hours });
}

/** A number with at most so many places, and no zeros at its end. */
export function trim(number, places = 2) {
  return String(Number(Number(number).toFixed(places)));
}

export function whole(number) {
  return new Intl.NumberFormat(chosenLanguage()).format(number);
}

export function bytes(count) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let [value, unit] = [count ?? 0, 0];
  while (value >= 999.5 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${value >= 99.5 || unit === 0 ? Math.round(value) : trim(value, 1)} ${units[unit]}`;
}

export const kilohertz = (hertz) => `${trim(hertz / 1000, 2)} kHz`;
export const percent = (share) => `${Math.round(share * 100)} %`;

/** When something was: the time today, else the day. */
export function moment(seconds) {
  if (!seconds) return "";
  const date = new Date(seconds * 1000);
  const isToday = date.toDateString() === new Date().toDateString();
  const style = isToday ? { timeStyle: "short" } : { dateStyle: "medium" };
  return new Intl.DateTimeFormat(chosenLanguage(), style).format(date);
}

/** The last part of a path. */
export const nameOf = (path) => String(path ?? "").replace(/\/+$/, "").split("/").pop();

/** A loss: few figures, whatever its size. */
export const loss = (value) => (Number.isFinite(value) ? Number(value).toPrecision(4) : "–");

// Moments as people say them: Beijing time, whatever this machine is set to.

import { fill } from "/static/view.js";
import { now } from "./api.js";

const ZONE = { timeZone: "Asia/Shanghai", hour12: false };
const clock = new Intl.DateTimeFormat("zh-CN", Object.assign({ hour: "2-digit", minute: "2-digit" }, ZONE));
const day = new Intl.DateTimeFormat("zh-CN", Object.assign({ month: "numeric", day: "numeric" }, ZONE));
const BEIJING_MS = 8 * 3600 * 1000; // ahead of UTC, the whole year
const DAY_MS = 24 * 3600 * 1000;

// "14:05", or with its day when that is not today
export function moment(iso) {
  const date = new Date(iso);
  if (isNaN(date)) return "";
  const at = clock.format(date);
  return day.format(date) === day.format(now()) ? at : day.format(date) + " " + at;
}

// What <input type="datetime-local"> holds, in Beijing: so many days from now, on the hour.
export function field(days, hour) {
  const there = new Date(now() + BEIJING_MS + days * DAY_MS).toISOString();
  return there.slice(0, 11) + (hour === undefined ? there.slice(11, 16) : String(hour).padStart(2, "0") + ":00");
}

export const fromField = (value) => (value ? value + ":00+08:00" : "");

const minutes = (iso) => Math.max(0, Math.floor((now() - Date.parse(iso)) / 60000)) || 0;

// "等了 3 分"
export function waited(iso, L) {
  const n = minutes(iso);
  if (n < 1) return L.came;
  return n < 60 ? fill(L.waited, { n }) : fill(L.waited_hours, { h: Math.floor(n / 60), n: n % 60 });
}

// "3 分前"
export function ago(iso, L) {
  const n = minutes(iso);
  if (n < 1) return L.just;
  if (n < 60) return fill(L.ago, { n });
  return n < 24 * 60 ? fill(L.ago_hours, { h: Math.floor(n / 60) }) : moment(iso);
}

// soon | broken | "": how a wait stands, by the moments that the server worked out in duty hours
export function standing(sla) {
  if (!sla) return "";
  if (Date.parse(sla.broken_at) <= now()) return "broken";
  return Date.parse(sla.soon_at) <= now() ? "soon" : "";
}

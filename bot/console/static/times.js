// Moments as people say them: Beijing time, whatever this machine is set to.

import { fill } from "/static/view.js";
import { now } from "./api.js";

const ZONE = { timeZone: "Asia/Shanghai", hour12: false };
const clock = new Intl.DateTimeFormat("zh-CN", Object.assign({ hour: "2-digit", minute: "2-digit" }, ZONE));
const day = new Intl.DateTimeFormat("zh-CN", Object.assign({ month: "numeric", day: "numeric" }, ZONE));

// "14:05", or with its day when that is not today
export function moment(iso) {
  const date = new Date(iso);
  if (isNaN(date)) return "";
  const at = clock.format(date);
  return day.format(date) === day.format(now()) ? at : day.format(date) + " " + at;
}

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

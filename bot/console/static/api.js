// Calls to the public API as the person who is logged in, and the server's clock.

import { ApiError } from "/static/store.js";

const API = "/api/v1";
const TIMEOUT_MS = 15000;

let me = { username: "", csrf: "" };
let skew = 0; // milliseconds that this machine's clock is behind the server's
let onExpired = () => {};

export function begin(who, expired) {
  me = who;
  onExpired = expired;
}

export const now = () => Date.now() + skew;

async function once(method, path, body) {
  let late = false;
  const controller = new AbortController();
  const timer = setTimeout(() => { late = true; controller.abort(); }, TIMEOUT_MS);
  try {
    const headers = { Accept: "application/json, application/problem+json" };
    if (method !== "GET") Object.assign(headers, { "Content-Type": "application/json", "X-CSRF-Token": me.csrf });
    const answer = await fetch(API + path, {
      method,
      headers,
      body: method === "GET" ? undefined : JSON.stringify(body || {}),
      credentials: "same-origin",
      cache: "no-store",
      signal: controller.signal, // covers reading the body too
    });
    const date = Date.parse(answer.headers.get("Date"));
    if (date) skew = date - Date.now();
    if (answer.status === 204) return null;
    const raw = await answer.text();
    let data = null;
    try {
      data = JSON.parse(raw);
    } catch (_) { /* a proxy's HTML error page */ }
    if (answer.ok && data && typeof data === "object") return data;
    throw new ApiError("server", answer.status, data && typeof data.detail === "string" ? data.detail : "");
  } catch (e) {
    if (e instanceof ApiError) throw e;
    throw new ApiError(late ? "timeout" : "network");
  } finally {
    clearTimeout(timer);
  }
}

async function renewed(error) {
  if (error.status !== 403) return false;
  const known = await once("GET", "/me");
  // Another person has logged in beside this page: what it shows is not theirs.
  if (known.username !== me.username) window.location.reload();
  const changed = known.username === me.username && known.csrf !== me.csrf;
  me = Object.assign({}, me, { csrf: changed ? known.csrf : me.csrf });
  return changed;
}

// Raises ApiError (kind: timeout | network | server; status; detail: the server's words, if any).
export async function call(method, path, body) {
  try {
    try {
      return await once(method, path, body);
    } catch (e) {
      // A login in another tab has a new token: say it again with that one.
      if (method === "GET" || !(await renewed(e))) throw e;
      return await once(method, path, body);
    }
  } catch (e) {
    if (e.status === 401) onExpired();
    throw e;
  }
}

export const ticketPath = (number, deed) => "/tickets/" + encodeURIComponent(number) + (deed ? "/" + deed : "");

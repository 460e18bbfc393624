// What survives a reload, and the calls to the server.

const KEY = "wenfa.chat";
const API = "/api/v1";
const TIMEOUT_MS = 15000;

// Storage may be blocked (private mode, embedded browsers): the page then works without a memory.
export function load() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY)) || null;
  } catch (_) {
    return null;
  }
}

export function save(data) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(data));
  } catch (_) { /* full or blocked: the conversation goes on */ }
}

export function clear() {
  try {
    sessionStorage.removeItem(KEY);
  } catch (_) { /* nothing was kept */ }
}

export function preference(name, value) {
  try {
    if (value === undefined) return localStorage.getItem(name);
    localStorage.setItem(name, value);
  } catch (_) { /* not remembered */ }
  return null;
}

// crypto.randomUUID exists on secure origins only; a town hall may serve this over plain HTTP.
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = (b[6] & 0x0f) | 0x40;
  b[8] = (b[8] & 0x3f) | 0x80;
  const hex = Array.from(b, (x) => x.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

// kind: timeout | network | server; detail: the server's own words, if it sent any.
export class ApiError extends Error {
  constructor(kind, status, detail) {
    super(kind);
    this.kind = kind;
    this.status = status || 0;
    this.detail = detail || "";
  }
}

// For a page that goes away: sent although nobody waits for the answer.
export function tell(path, body) {
  const blob = new Blob([JSON.stringify(body)], { type: "application/json" });
  return Boolean(navigator.sendBeacon) && navigator.sendBeacon(API + path, blob);
}

export const eventsUrl = (session) => API + "/chat/events?session=" + encodeURIComponent(session);

const running = new Set();

export function abortAll() {
  running.forEach((c) => c.abort());
}

export const post = (path, body) => call("POST", path, body);
export const get = (path) => call("GET", path);

async function call(method, path, body) {
  const controller = new AbortController();
  running.add(controller);
  let late = false;
  const timer = setTimeout(() => { late = true; controller.abort(); }, TIMEOUT_MS);
  try {
    const answer = await fetch(API + path, {
      method,
      headers: { "Content-Type": "application/json", Accept: "application/json, application/problem+json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-store",
      signal: controller.signal, // covers reading the body too
    });
    const raw = await answer.text();
    let data = null;
    try {
      data = JSON.parse(raw);
    } catch (_) { /* a proxy's HTML error page */ }
    if (!answer.ok) throw new ApiError("server", answer.status, data && typeof data.detail === "string" ? data.detail : "");
    if (answer.status !== 204 && (!data || typeof data !== "object")) throw new ApiError("server", answer.status);
    return data;
  } catch (e) {
    if (e instanceof ApiError) throw e;
    throw new ApiError(late ? "timeout" : "network");
  } finally {
    clearTimeout(timer);
    running.delete(controller);
  }
}

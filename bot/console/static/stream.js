// The server-sent events of one operator. The browser reconnects by itself, unless it was refused.

import { call } from "./api.js";

const AGAIN_MS = 3000;

const since = (line) => line.waiting_since || line.opened_at;

// As the server orders the first list: who waits, the urgent of them, then by time.
function order(a, b) {
  return (a.state !== "waiting") - (b.state !== "waiting") || !a.urgent_name - !b.urgent_name
    || Date.parse(since(a)) - Date.parse(since(b)) || (a.number < b.number ? -1 : 1);
}

// on: tickets(lines, first), message(number, message), typing(number), up(again), down()
// `first`: what was said before this list will not come as a message any more.
export function listen(on) {
  let source = null;
  let broken = false;
  let first = true;
  let timer = 0;
  let lines = new Map(); // number → line

  function connect() {
    clearTimeout(timer);
    if (source) source.close();
    source = new EventSource("/api/v1/tickets/events");
    source.addEventListener("open", () => {
      const again = broken;
      broken = false;
      first = true;
      on.up(again);
    });
    source.addEventListener("tickets", (e) => {
      lines = new Map(JSON.parse(e.data).tickets.map((line) => [line.number, line]));
      on.tickets(Array.from(lines.values()), first);
      first = false;
    });
    source.addEventListener("changes", (e) => {
      const { lines: changed, gone } = JSON.parse(e.data);
      gone.forEach((number) => lines.delete(number));
      changed.forEach((line) => lines.set(line.number, line));
      on.tickets(Array.from(lines.values()).sort(order), false);
    });
    source.addEventListener("message", (e) => {
      const said = JSON.parse(e.data);
      on.message(said.number, said.message);
    });
    source.addEventListener("typing", (e) => on.typing(JSON.parse(e.data).number));
    source.addEventListener("error", () => {
      cut();
      if (source.readyState !== EventSource.CLOSED) return;
      // Refused: the login may have ended (then `call` says so), or the server is not ready yet.
      timer = setTimeout(() => call("GET", "/me").then(connect, (e) => {
        if (e.status !== 401) connect();
      }), AGAIN_MS);
    });
  }

  function cut() {
    broken = true;
    on.down();
  }

  window.addEventListener("offline", cut);
  window.addEventListener("online", () => { if (broken) connect(); });
  connect();
}

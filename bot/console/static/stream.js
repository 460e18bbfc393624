// The server-sent events of one operator. The browser reconnects by itself, unless it was refused.

import { call } from "./api.js";

const AGAIN_MS = 3000;
const PAGE = 100;

const since = (line) => line.waiting_since || line.opened_at;

const standing = (line) => line.state === "open";

// Who waits, the urgent of them, then by time; of those that stand open the newest come first, so that
// what is read page by page goes on at the end.
function order(a, b) {
  const time = Date.parse(since(a)) - Date.parse(since(b)) || (a.number < b.number ? -1 : 1);
  return (a.state !== "waiting") - (b.state !== "waiting") || !a.urgent_name - !b.urgent_name
    || standing(a) - standing(b) || (standing(a) ? -time : time);
}

// on: tickets(lines, {outside, first, whole, gone}), message(number, message), typing(number), up(again), down()
// outside: open tickets that are not among the lines. whole: the list has begun anew; first: and what was
// said before it will not come as a message any more. gone: numbers that have just left.
export function listen(on) {
  let source = null;
  let broken = false;
  let first = true;
  let timer = 0;
  let lines = new Map(); // number → line
  let gone = new Set();  // numbers that have left since the list began
  let total = 0;         // open tickets, here or not
  let older = null;      // where those begin that are not here

  function tell(how) {
    const all = Array.from(lines.values());
    const outside = Math.max(0, total - all.filter(standing).length);
    on.tickets(all.sort(order), { outside, first: false, whole: false, gone: [], ...how });
  }

  // The next of the open tickets that are not here, the newest first. Raises ApiError.
  async function more() {
    const begun = lines;
    let found = 0;
    do {
      const after = older ? "&after=" + encodeURIComponent(older) : "";
      const page = await call("GET", "/tickets?scope=open&order=newest&limit=" + PAGE + after);
      if (begun !== lines) return; // the list has begun anew meanwhile
      older = page.next;
      page.tickets.forEach((line) => {
        if (lines.has(line.number) || gone.has(line.number)) return;
        lines.set(line.number, line);
        found += 1;
      });
    } while (!found && older);
    tell({});
  }

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
      const told = JSON.parse(e.data);
      lines = new Map(told.tickets.map((line) => [line.number, line]));
      gone = new Set();
      total = told.open || 0;
      older = told.older || null;
      tell({ first, whole: true });
      first = false;
    });
    source.addEventListener("changes", (e) => {
      const told = JSON.parse(e.data);
      told.gone.forEach((number) => {
        lines.delete(number);
        gone.add(number);
      });
      told.lines.forEach((line) => {
        lines.set(line.number, line);
        gone.delete(line.number);
      });
      if (told.open !== undefined) total = told.open;
      tell({ gone: told.gone });
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
  return { more };
}

// The operators' console. Vanilla ES modules under a strict CSP, over the public API alone.
//
// <script type="application/json" id="client"> holds
//   me     {username, name, csrf}
//   words  content/console.yml → script (every word these scripts show)

import { preference } from "/static/store.js";
import { el, fill } from "/static/view.js";
import { begin, call, ticketPath } from "./api.js";
import { makeDialogs } from "./dialogs.js";
import { groupOf, makeLists } from "./lists.js";
import { makeMemory } from "./memory.js";
import { makeReply } from "./reply.js";
import { listen } from "./stream.js";
import { makeTalk } from "./talk.js";
import { allowed, makeTicket } from "./ticket.js";

const TICK_MS = 10000;
const TYPING_SHOWN_MS = 6000;

const $ = (id) => document.getElementById(id);
const client = JSON.parse($("client").textContent);
const W = client.words;
const memory = makeMemory(client.me.username);
const wide = window.matchMedia("(min-width: 75rem)"); // as in console.css
const low = window.matchMedia("(max-height: 26rem)");

let lines = [];
let open = null;     // number of the ticket on the screen
let detail = null;   // it, as the server last told it
let version = 0;     // counts what was shown, so that a slow answer does not undo a newer one
let waiting = null;  // numbers that waited when the list came last

const explain = (e) => e.detail || W.errors[e.kind] || W.errors.server;

function announce(text) {
  $("status").textContent = text;
}

function say(text) {
  $("alert").textContent = text;
  $("alert").hidden = !text;
}

// ---------------------------------------------------------------- parts of the page

const lists = makeLists(W, $("groups"), (number) => turnTo(number, true));
const scroller = () => (wide.matches && !low.matches ? $("log") : $("ticket"));
const talk = makeTalk(W, $("log"), $("empty"), $("fresh"), scroller, {
  retry: (entry) => { reply.retry(open, entry); $("text").focus(); },
  edit: (entry) => reply.edit(open, entry),
});
const ticket = makeTicket(W, $("ticket"));
const reply = makeReply(W, $("reply"), $("text"), $("count"), memory, explain, {
  changed(number, entry, state) {
    if (number !== open) return;
    if (state === "put") talk.put(entry);
    else talk.drop(entry);
  },
  sent: (number, message) => { if (number === open) talk.add(message); },
  refused: (number) => { if (number === open) refresh(); },
});
const dialogs = makeDialogs(W, act, explain);

// ---------------------------------------------------------------- the open ticket

function show(next) {
  const before = detail;
  const focused = document.activeElement;
  version += 1;
  detail = next;
  ticket.show(next);
  if (before) {
    talk.add(...next.transcript);
    tellChange(before, next);
  } else {
    talk.begin(next.transcript);
    // Before it is taken the summary is read first; where there is room, both are in sight.
    if (allowed(next).has("reply") || scroller() === $("log")) talk.toEnd();
  }
  const lost = focused.closest("#ticket") && !focused.getClientRects().length;
  if (lost) $("number").focus({ preventScroll: true });
}

// Somebody else moved the ticket while it was on this screen.
function tellChange(before, next) {
  if (allowed(before).has("reply") && !allowed(next).has("reply")) {
    const taken = next.state === "taken" && !next.owner.mine;
    say(taken ? fill(W.ticket.left_to, { name: next.owner.name })
      : fill(W.ticket.came_back, { state: W.ticket.states[next.state] }));
  } else if (allowed(before).has("claim") && !allowed(next).has("claim") && !next.owner.mine) {
    say(ticket.why(next));
  }
}

let reading = null;
let readAgain = false;

// Read the open ticket again; at most one reading at a time, and one more after it.
function refresh() {
  if (!open) return;
  if (reading) {
    readAgain = true;
    return;
  }
  const number = open;
  const asked = version;
  reading = call("GET", ticketPath(number)).then((next) => {
    if (number !== open) return;
    if (asked === version) show(next);
    else readAgain = true; // something else was shown meanwhile: which of them is newer?
  }, (e) => {
    if (number === open) say(explain(e));
  }).then(() => {
    reading = null;
    if (readAgain) {
      readAgain = false;
      refresh();
    }
  });
}

function close() {
  open = detail = null;
  version += 1;
  dialogs.reset();
  document.body.classList.remove("reading");
  $("ticket").hidden = true;
  $("nothing").hidden = false;
  lists.render(lines, open);
}

// history: whether Back leads to where we are now
async function turnTo(number, history) {
  if (history && number !== open) window.history.pushState(null, "", "/console?ticket=" + encodeURIComponent(number));
  dialogs.reset();
  say("");
  showTyping(false);
  open = number;
  detail = null;
  version += 1;
  const asked = version;
  document.body.classList.add("reading");
  $("nothing").hidden = true;
  $("ticket").hidden = false;
  ticket.clear();
  reply.recover(number);
  talk.turnTo(memory.replies(number));
  reply.turnTo(number);
  lists.render(lines, open);
  $("number").focus({ preventScroll: true });
  try {
    const found = await call("GET", ticketPath(number));
    if (asked !== version) return;
    show(found);
    if (allowed(found).has("reply") && wide.matches) $("text").focus({ preventScroll: true });
  } catch (e) {
    if (asked === version) say(explain(e));
  }
}

// Do it; `done` closes the dialog, so that the focus can go on from there. Raises ApiError.
async function act(deed, body, done) {
  const number = open;
  try {
    const next = await call("POST", ticketPath(number, deed), body);
    if (done) done();
    if (number !== open) return;
    say("");
    show(next);
    announce(W.done[deed]);
    if (deed === "claim") {
      talk.toEnd();
      $("text").focus({ preventScroll: true });
    } else if (deed !== "note") $("number").focus();
  } catch (e) {
    if (e.status === 409) refresh();
    throw e;
  }
}

async function claim() {
  const button = $("ticket").querySelector("[data-deed=claim]");
  if (button.getAttribute("aria-disabled")) return;
  button.setAttribute("aria-disabled", "true");
  try {
    await act("claim");
  } catch (e) {
    say(explain(e));
    $("number").focus();
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

$("ticket").querySelectorAll(".deeds [data-deed]").forEach((button) => {
  const deed = button.dataset.deed;
  button.addEventListener("click", () => {
    if (deed === "claim") claim();
    else if (detail) dialogs.open(deed, detail.outcomes);
  });
});

$("back").addEventListener("click", (e) => {
  e.preventDefault();
  const last = open;
  window.history.pushState(null, "", "/console");
  close();
  const link = document.querySelector('.line[href$="=' + last + '"]') || $("lists").querySelector("a, input");
  link.focus();
});

function fromAddress() {
  const number = new URLSearchParams(window.location.search).get("ticket");
  if (number && /^\d{12}$/.test(number)) turnTo(number, false);
  else if (open) close();
}
window.addEventListener("popstate", fromAddress);

// ---------------------------------------------------------------- what the server tells

let typingTimer = 0;

function showTyping(on) {
  clearTimeout(typingTimer);
  $("typing").textContent = on ? W.talk.typing : "";
  if (on) typingTimer = setTimeout(() => showTyping(false), TYPING_SHOWN_MS);
}

function connection(text, link) {
  $("connection").replaceChildren(...(text ? [el("span", "", text)] : []), ...(link ? [link] : []));
}

function expired() {
  const link = el("a", "", W.connection.again);
  link.href = "/console/login" + (open ? "?next=" + encodeURIComponent("/console?ticket=" + open) : "");
  connection(W.connection.expired, link);
}

// Whether the line tells of the open ticket what this screen does not show yet.
function isBehind(line) {
  if (!detail) return false;
  if (!line) return detail.state !== "closed";
  const mine = line.state === "taken" && line.owner.mine;
  return line.state !== detail.state || line.owner.name !== detail.owner.name || line.owner.mine !== detail.owner.mine
    || line.conversation_state !== detail.conversation_state
    || (!mine && line.last_at !== detail.last_at); // the words of one's own come by themselves
}

function receive(next, first) {
  lines = next;
  lists.render(lines, open);
  const now = lines.filter((line) => groupOf(line) === "waiting");
  document.title = now.length ? fill(W.title_waiting, { n: now.length }) : W.title;
  const came = waiting && now.find((line) => !waiting.has(line.number));
  if (came) announce(fill(W.came, { what: lists.what(came), place: lists.place(came) }));
  waiting = new Set(now.map((line) => line.number));
  if (first || isBehind(lines.find((line) => line.number === open))) refresh();
}

begin(client.me, expired);
listen({
  tickets: receive,
  message(number, message) {
    if (message.author === "operator") reply.arrived(number, message.text);
    if (number !== open) return;
    talk.add(message);
    if (message.author === "resident") showTyping(false);
  },
  typing: (number) => { if (number === open) showTyping(true); },
  up(again) {
    connection("");
    if (again) announce(W.connection.up);
  },
  down: () => connection(W.connection.down),
});
setInterval(lists.tick, TICK_MS);
wide.addEventListener("change", () => { if (open) talk.toEnd(); }); // another box scrolls now
document.addEventListener("visibilitychange", () => lists.render(lines, open));

// ---------------------------------------------------------------- around it

$("shortcut").checked = preference("wenfa.console.shortcut") !== "0";
$("shortcut").addEventListener("change", (e) => preference("wenfa.console.shortcut", e.target.checked ? "1" : "0"));
document.addEventListener("keydown", (e) => {
  if (e.key !== "/" || e.ctrlKey || e.metaKey || e.altKey || e.isComposing || !$("shortcut").checked) return;
  if (e.target.closest("input:not([type=checkbox]), textarea, select, dialog") || $("reply").hidden || !open) return;
  e.preventDefault();
  $("text").focus();
});

$("logout").addEventListener("submit", () => memory.forget());

// A page restored from the back/forward cache must not show what a login has left behind.
window.addEventListener("pageshow", (e) => { if (e.persisted) window.location.reload(); });

fromAddress();

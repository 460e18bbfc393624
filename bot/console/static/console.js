// The operators' console. Vanilla ES modules under a strict CSP, over the public API alone.
//
// <script type="application/json" id="client"> holds
//   me      {username, name, csrf}
//   words   content/console.yml → script (every word these scripts show)
//   assist  content/assist.yml (the words of the panel beside a conversation)

import { el, fill } from "/static/view.js";
import { makeAlerts } from "./alerts.js";
import { begin, call, ticketPath } from "./api.js";
import { makeCallbacks } from "./callbacks.js";
import { makeDialogs } from "./dialogs.js";
import { makeDrafts } from "./drafts.js";
import { makeHelper } from "./helper.js";
import { makeKeys } from "./keys.js";
import { groupOf, makeLists } from "./lists.js";
import { makeMemory } from "./memory.js";
import { makePresence } from "./presence.js";
import { makeReply } from "./reply.js";
import { listen } from "./stream.js";
import { makeTalk } from "./talk.js";
import { allowed, makeTicket } from "./ticket.js";

const TICK_MS = 10000;
const TYPING_SHOWN_MS = 6000;
const OWN_MS = 10000;   // what one did oneself comes back as news by then
const ALIKE = 0.3;      // share of letter pairs that two troubles have in common
const ALIKE_SHOWN = 5;
// what a deed is called at the server, where that is not its own name
const PATHS = { seconded: "second/done", escalated: "escalate/done", slip: "slips" };

const $ = (id) => document.getElementById(id);
const client = JSON.parse($("client").textContent);
const W = client.words;
const supervisor = Boolean(document.body.dataset.supervisor);
const memory = makeMemory(client.me.username);
const wide = window.matchMedia("(min-width: 75rem)"); // as in console.css
const low = window.matchMedia("(max-height: 26rem)");

let lines = [];
let open = null;     // number of the ticket on the screen
let detail = null;   // it, as the server last told it
let version = 0;     // counts what was shown, so that a slow answer does not undo a newer one
let known = null;    // number → group and unread messages, when the list came last
const own = new Map(); // number → when this operator last did something with it: no news for them

const explain = (e) => e.detail || W.errors[e.kind] || W.errors.server;

function announce(text) {
  $("status").textContent = text;
}

function say(text) {
  $("alert").textContent = text;
  $("alert").hidden = !text;
}

// ---------------------------------------------------------------- parts of the page

const alerts = makeAlerts(W, $("sound"));
const lists = makeLists(W, $("groups"), $("find-number"), supervisor, {
  open: (number) => turnTo(number, true),
  async claim(line) {
    await turnTo(line.number, true);
    if (detail && open === line.number && allowed(detail, supervisor).has("claim")) claim();
  },
  async decline(line) {
    own.set(line.number, Date.now());
    try {
      await call("POST", ticketPath(line.number, "decline"));
      announce(W.done.decline);
    } catch (e) {
      tellEverywhere(explain(e));
    }
  },
  more: () => feed.more().catch((e) => tellEverywhere(explain(e))),
});
const callbacks = makeCallbacks(W, lists.callbacks, {
  open: (number) => turnTo(number, true),
  done: announce,
  failed: (e) => tellEverywhere(explain(e)),
});
const presence = makePresence(W, $("duty"), { said: announce, failed: (e) => tellEverywhere(explain(e)) });
const scroller = () => (wide.matches && !low.matches ? $("log") : $("ticket"));
const talk = makeTalk(W, $("log"), $("empty"), $("fresh"), scroller, {
  retry: (entry) => { reply.retry(open, entry); $("text").focus(); },
  edit: (entry) => reply.edit(open, entry),
});
const ticket = makeTicket(W, $("ticket"), supervisor, { deed: (name) => doing(name) });
const helper = makeHelper(client.assist, $("helper"), $("assist"), {
  insert(text) {
    if ($("reply").hidden) {
      say(ticket.why(detail));
      return;
    }
    reply.insert(text);
    announce(W.inserted);
  },
  // One click on what was understood: the category is corrected.
  choose(axis, id) {
    if (detail && detail[axis] !== id) act("correct", { [axis]: id }).catch((e) => say(explain(e)));
  },
});
const reply = makeReply(W, $("reply"), $("text"), $("count"), memory, makeDrafts(), explain, {
  changed(number, entry, state) {
    if (number !== open) return;
    if (state === "put") talk.put(entry);
    else talk.drop(entry);
  },
  sent: (number, message) => { if (number === open) talk.add(message); },
  refused: (number) => { if (number === open) refresh(); },
});
const dialogs = makeDialogs(W, act, explain, alike);

// Where something failed that belongs to no ticket.
function tellEverywhere(text) {
  if (open && !$("ticket").hidden) say(text);
  announce(text);
}

const pairs = (text) => new Set(Array.from(text || "").slice(0, -1).map((letter, i) => letter + Array.from(text)[i + 1]));

// Other live tickets of the city that sound like this one: {id, name}, the likest first.
function alike(t) {
  const own = pairs(t.trouble);
  return lines.filter((line) => line.number !== t.number && line.city === t.city && line.state !== "closed").map((line) => {
    const theirs = pairs(line.trouble);
    const both = Array.from(own).filter((pair) => theirs.has(pair)).length;
    return { line, score: both / Math.max(1, Math.min(own.size, theirs.size)) };
  }).filter((one) => one.score >= ALIKE).sort((a, b) => b.score - a.score).slice(0, ALIKE_SHOWN).map(({ line }) => (
    { id: line.number, name: [line.number_shown, lists.what(line), line.trouble].filter(Boolean).join(W.line.joint) }));
}

// ---------------------------------------------------------------- the open ticket

function show(next) {
  const before = detail;
  const focused = document.activeElement;
  version += 1;
  detail = next;
  ticket.show(next);
  helper.about(next);
  if (before) {
    talk.add(...next.transcript);
    tellChange(before, next);
  } else {
    talk.begin(next.transcript);
    reply.draftOf(next.number, next.draft);
    // Before it is taken the summary is read first; where there is room, both are in sight.
    if (allowed(next, supervisor).has("reply") || scroller() === $("log")) talk.toEnd();
  }
  const lost = focused.closest("#ticket") && !focused.getClientRects().length;
  if (lost) $("number").focus({ preventScroll: true });
}

// Somebody else moved the ticket while it was on this screen.
function tellChange(before, next) {
  const had = allowed(before, supervisor);
  const has = allowed(next, supervisor);
  if (had.has("reply") && !has.has("reply")) {
    const taken = next.state === "taken" && !next.owner.mine;
    say(taken ? fill(W.ticket.left_to, { name: next.owner.name })
      : fill(W.ticket.came_back, { state: W.ticket.states[next.state] }));
  } else if (had.has("claim") && !has.has("claim") && !next.owner.mine) {
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
    // what was there, and is not any more, waits in another city
    if (number === open) say(e.status === 404 && detail ? W.ticket.elsewhere : explain(e));
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
  helper.leave();
  callbacks.turnTo(null);
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
  callbacks.turnTo(number);
  lists.render(lines, open);
  $("number").focus({ preventScroll: true });
  try {
    const found = await call("GET", ticketPath(number));
    if (asked !== version) return;
    show(found);
    if (allowed(found, supervisor).has("reply") && wide.matches) $("text").focus({ preventScroll: true });
  } catch (e) {
    if (asked === version) say(explain(e));
  }
}

const MAKES = new Set(["slip", "complaint", "pass-on"]);
const MOVES = new Set(["transfer", "handback", "close", "suspend", "merge", "reassign", "seconded", "escalated"]);

// Do it; `done` closes the dialog, so that the focus can go on from there. Raises ApiError.
async function act(deed, body, done) {
  const number = open;
  const before = document.activeElement;
  try {
    own.set(number, Date.now());
    const answer = await call("POST", ticketPath(number, PATHS[deed] || deed), body);
    if (done) done();
    // these answer with what they made, not with the ticket
    const next = MAKES.has(deed) ? await call("GET", ticketPath(number)) : answer;
    if (number !== open) return;
    say(answer.notice || "");
    show(next);
    announce(W.done[deed]);
    if (deed === "claim") {
      talk.toEnd();
      if (!$("reply").hidden) $("text").focus({ preventScroll: true });
    } else if (MOVES.has(deed)) $("number").focus();
    else if (!document.activeElement.closest("#ticket") && before.isConnected && before.getClientRects().length) before.focus();
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
  button.addEventListener("click", () => doing(deed));
});

// Begin a deed; false: this is not the time for it.
function doing(deed) {
  if (!detail || !allowed(detail, supervisor).has(deed)) return false;
  const menu = $("more");
  const from = menu.open && menu.contains(document.activeElement);
  menu.open = false;
  if (from) menu.querySelector("summary").focus({ preventScroll: true }); // where a dialog gives the focus back
  if (deed === "claim") claim();
  else if (dialogs.has(deed)) dialogs.open(deed, detail);
  else act(deed).catch((e) => say(explain(e)));
  return true;
}

document.addEventListener("click", (e) => { if (!$("more").contains(e.target)) $("more").open = false; });
$("more").addEventListener("keydown", (e) => {
  if (e.key !== "Escape" || !$("more").open) return;
  e.preventDefault();
  e.stopPropagation();
  $("more").open = false;
  $("more").querySelector("summary").focus();
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
function isBehind(line, left) {
  if (!detail) return false;
  if (!line) return left && detail.state !== "closed";
  const mine = line.state === "taken" && line.owner.mine;
  return line.state !== detail.state || line.owner.name !== detail.owner.name || line.owner.mine !== detail.owner.mine
    || line.conversation_state !== detail.conversation_state || line.escalated_at !== detail.escalated_at
    || line.suspended_until !== detail.suspended_until || line.slip !== detail.slip
    || line.urgent !== detail.urgent || line.urgent_judged !== detail.urgent_judged
    || JSON.stringify(line.second) !== JSON.stringify(detail.second)
    || (!mine && line.last_at !== detail.last_at); // the words of one's own come by themselves
}

// Which word, if any, a line is worth: what concerns this operator, and not what they did themselves.
function newsOf(line, group, before) {
  const seen = line.number === open && !document.hidden;
  if (before && line.urgent_name && !before.urgent && group !== "others" && !seen) return W.pressing;
  if (group === "mine" && before && before.group === "mine") return line.unread > before.unread && !seen ? W.said : "";
  if (Date.now() - (own.get(line.number) || 0) < OWN_MS) return "";
  if (group === "offered" && (!before || before.group !== "offered")) return W.offered;
  if (group === "second" && (!before || before.group !== "second")) return W.asked;
  if (group === "mine") return W.given;
  return line.state === "waiting" && (!before || !before.waiting) ? W.came : "";
}

function tellNews() {
  const before = known;
  known = new Map();
  let news = "";
  let pressing = false; // goes before everything else
  lines.forEach((line) => {
    const group = groupOf(line, supervisor);
    known.set(line.number, { group, unread: line.unread, waiting: line.state === "waiting", urgent: Boolean(line.urgent_name) });
    const text = before && newsOf(line, group, before.get(line.number));
    // what is one's own goes before what is everybody's
    if (!text || (pressing && text !== W.pressing)) return;
    pressing = text === W.pressing;
    if (!news || text !== W.came) news = fill(text, { what: lists.what(line), place: lists.place(line) });
  });
  if (!news) return;
  announce(news);
  alerts.tone();
}

function receive(next, { outside, first, whole, gone }) {
  lines = next;
  lists.outside(outside);
  lists.render(lines, open);
  const n = lines.filter((line) => line.state === "waiting").length;
  document.title = n ? fill(W.title_waiting, { n }) : W.title;
  tellNews();
  callbacks.soon();
  if (first || isBehind(lines.find((line) => line.number === open), whole || gone.includes(open))) refresh();
}

begin(client.me, expired);
const feed = listen({
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

const press = (deed) => () => Boolean(open) && doing(deed);
makeKeys(W, $("shortcut"), $("keys"), $("help"), {
  "/"() {
    if (!open || $("reply").hidden) return false;
    $("text").focus();
    return true;
  },
  n() {
    const number = lists.next();
    if (number) turnTo(number, true);
    return Boolean(number);
  },
  j() { lists.step(1); return true; },
  k() { lists.step(-1); return true; },
  a: press("claim"),
  c: press("close"),
  t: press("transfer"),
  b: press("note"),
  s: press("slip"),
});
// Out of the reply box, to where single keys work; a dialog and an input method have their own Escape.
$("text").addEventListener("keydown", (e) => {
  if (e.key === "Escape" && !e.isComposing) $("number").focus({ preventScroll: true });
});

$("logout").addEventListener("submit", () => memory.forget());

// A page restored from the back/forward cache must not show what a login has left behind.
window.addEventListener("pageshow", (e) => { if (e.persisted) window.location.reload(); });

presence.look();
callbacks.look();
fromAddress();

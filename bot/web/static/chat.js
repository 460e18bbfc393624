// Residents' chat. Vanilla ES modules under a strict CSP: no inline anything, no innerHTML.
//
// <script type="application/json" id="client"> holds
//   city   id of the city the page was rendered for
//   words  content/page.yml → script (every word this script shows)

import { listen } from "./events.js";
import { makeMenu } from "./menu.js";
import { makeRoom, typeSize, unfoldForPrint } from "./page.js";
import { abortAll, clear, eventsUrl, get, load, post, save, tell, uuid } from "./store.js";
import { el, fill, makeView } from "./view.js";

const LIMIT = 2000;      // characters, counted as the server counts them (code points)
const WARN_FROM = 1800;
const KEEP = 200;        // messages kept for a reload
const TYPING_EVERY_MS = 3000;
const TYPING_SHOWN_MS = 5000;
const REST_MS = 700;     // the second tap of a double tap comes sooner
const INTERVIEW = "aid:"; // how choices begin that answer the question that is open now

const $ = (id) => document.getElementById(id);
const client = JSON.parse($("client").textContent);
const W = client.words;
const view = makeView(W);
const log = $("log"), box = $("text");
const usualPlaceholder = box.placeholder;
const CITY = "city:" + client.city;
const OF_A_CITY = /^(region|aid|callback|service|city):/;
const cityName = () => $("city").selectedOptions[0].textContent.trim();

let data = { city: client.city, session: null, state: "bot", ticket: null, draft: "", log: [] };
let gone = false;             // set on quick exit: nothing may be drawn or stored any more
let queue = Promise.resolve(); // one message at a time, in the order it was written
let waiting = 0;
let opening = null;
let events = null;            // the open event stream
let listening = null;         // the session that it belongs to
let typedAt = 0;              // when the operator was last told that we write
let typingTimer = 0;
let tapped = false;           // the last thing that was said was a choice
const nodes = new Map();      // entry → its node

function keep() {
  if (gone) return;
  data.log = data.log.slice(-KEEP);
  save(data);
}

function announce(text) {
  $("status").textContent = text;
}

// ---------------------------------------------------------------- the log

const on = { choice: choose, retry, edit };

function draw(entry) {
  const old = nodes.get(entry);
  const node = view.render(entry, on);
  const hadFocus = old && old.contains(document.activeElement);
  nodes.set(entry, node);
  if (old) old.replaceWith(node);
  else log.append(node);
  if (hadFocus) node.focus({ preventScroll: true });
  document.body.classList.toggle("fresh", !data.log.some((e) => e.who === "me"));
  return node;
}

function add(entry) {
  if (gone) return null;
  data.log.push(entry);
  const node = draw(entry);
  settle(entry);
  if (entry.who === "bot") {
    if (tapped) rest(node);
    outdate();
  }
  keep();
  return node;
}

// What appears under the finger that has just tapped must not take the second half of a double tap.
function rest(part) {
  const buttons = part.querySelectorAll("button.choice:enabled");
  part.classList.add("resting");
  buttons.forEach((b) => { b.classList.add("resting"); b.disabled = true; });
  setTimeout(() => {
    part.classList.remove("resting");
    buttons.forEach((b) => { if (b.classList.contains("resting")) b.disabled = false; b.classList.remove("resting"); });
  }, REST_MS);
}

// A question of the interview is answered by its buttons until the next message with choices.
function outdate() {
  const said = data.log.filter((e) => e.who === "bot");
  const withChoices = said.filter((e) => Array.isArray(e.choices) && e.choices.length);
  withChoices.slice(0, -1).forEach((e) => {
    nodes.get(e).querySelectorAll(`button.choice[value^="${INTERVIEW}"]`).forEach((b) => {
      b.classList.remove("resting");
      b.disabled = true;
    });
  });
  const newest = said[said.length - 1];
  const asking = newest && newest === withChoices[withChoices.length - 1] && !newest.stale
    && newest.choices.some((c) => String(c.value).startsWith(INTERVIEW));
  box.placeholder = asking ? W.answer_placeholder : usualPlaceholder;
}

// The server's number of a message; 0 until it is known. Numbers of an earlier session do not count.
const numberOf = (entry) => (entry.id && entry.session === data.session && Number(String(entry.sid || "").split(".")[1])) || 0;

// Two tabs may write at once: the order is the server's, in every tab.
function settle(entry) {
  const number = numberOf(entry);
  if (!number) return;
  const log_ = data.log;
  const later = log_.find((e) => e !== entry && numberOf(e) > number);
  if (!later || log_.indexOf(later) > log_.indexOf(entry)) return;
  log_.splice(log_.indexOf(entry), 1);
  log_.splice(log_.indexOf(later), 0, entry);
  nodes.get(later).before(nodes.get(entry));
}

const lastId = () => data.log.reduce((last, e) => (numberOf(e) > last.n ? { n: numberOf(e), id: e.sid } : last), { n: 0, id: "" }).id;

function drop(entry) {
  const node = nodes.get(entry);
  if (node) node.remove();
  nodes.delete(entry);
  data.log = data.log.filter((e) => e !== entry);
  keep();
}

function busy(step) {
  waiting += step;
  $("typing").hidden = waiting === 0;
  if (step > 0) announce(W.busy);
  else if (waiting === 0) announce("");
}

function showState() {
  const t = data.ticket;
  const parts = [W.states[data.state], t && t.number && fill(W.ticket, { number: t.number_shown || t.number })];
  if (t && typeof t.queue_position === "number" && data.state === "waiting") {
    parts.push(t.queue_position > 0 ? fill(W.queue, { n: t.queue_position }) : W.queue_next);
  }
  const text = parts.filter(Boolean).join(" · ");
  document.body.dataset.state = data.state;
  if ($("state").textContent !== text) $("state").textContent = text;
  $("state").hidden = !text;
}

// ---------------------------------------------------------------- the server

const explain = (e) => e.detail || W.errors[e.kind] || W.errors.server;

function openSession() {
  if (data.session) return Promise.resolve(data.session);
  if (!opening) {
    opening = post("/chat/sessions", { city: client.city }).then((answer) => {
      Object.assign(data, { session: answer.session, city: client.city });
      // A renewed session repeats the notice; the resident has read it once.
      const notices = data.log.filter((e) => e.who === "notice");
      if (answer.notice && !notices.some((e) => e.text === answer.notice)) {
        const entry = { who: "notice", text: answer.notice };
        if (notices.length) add(entry);
        else {
          data.log.unshift(entry); // first, even when a message was written before it came
          log.prepend(draw(entry));
        }
      }
      keep();
      hear();
      return data.session;
    });
    const done = () => { opening = null; };
    opening.then(done, done);
  }
  return opening;
}

// One stream for the session that is open.
function hear() {
  if (gone || !data.session || listening === data.session) return;
  if (events) events.close();
  listening = data.session;
  events = listen(eventsUrl(data.session), lastId, {
    message: heard,
    state: (status) => { Object.assign(data, status); showState(); keep(); },
    typing: () => showTyping(true),
    lost: (isLost) => { $("lost").hidden = !isLost || data.state === "bot"; },
  });
}

function showTyping(on) {
  clearTimeout(typingTimer);
  $("writing").hidden = !on;
  if (on) typingTimer = setTimeout(showTyping, TYPING_SHOWN_MS, false);
}

// A message of the conversation, whoever said it and in whichever tab.
function heard(m) {
  if (gone) return;
  const mine = m.author === "resident";
  const known = data.log.find((e) => e.session === data.session
    && (e.sid === m.id || (mine && e.who === "me" && e.id === m.client_id)));
  if (known) {
    known.sid = m.id;
    if (mine && known.status !== "sent") arrived(known); // although the answer did not
    settle(known);
    keep();
    return;
  }
  if (!mine) showTyping(false);
  const entry = mine
    ? { who: "me", id: m.client_id, text: m.text, status: "sent" }
    : { who: "bot", id: m.id, author: m.author, name: m.author_name, text: m.text, choices: m.choices, cards: m.cards };
  const node = add(Object.assign(entry, { sid: m.id, session: data.session }));
  // An answer that somebody waits for is shown from its beginning, when it is complete.
  if (node && waiting === 0) node.scrollIntoView({ block: "nearest" });
}

async function exchange(entry) {
  const body = entry.body;
  if (isMove(entry)) { // until it is answered nobody knows where the conversation is
    Object.assign(data, { city: null, goal: client.city });
    keep();
  }
  if (!goesAlong(entry)) throw { kind: "server" }; // the move before it has failed
  for (let renewed = false; ; renewed = true) {
    const session = await openSession();
    entry.session = session;
    try {
      return await post("/chat", { session, message: body });
    } catch (e) {
      // The session has expired: open another one, once, and say the same thing again.
      if (e.status !== 404 || renewed || gone) throw e;
      if (data.session === session) data.session = null;
      if (entry.session === session) entry.session = null;
    }
  }
}

// Whether the conversation is where this page is, or a message takes it there.
const isMove = (entry) => Boolean(entry && entry.body) && entry.body.choice === CITY;
const goesAlong = (entry) => data.city === client.city || !data.session || isMove(entry);

function arrived(entry) {
  entry.status = "sent";
  if (isMove(entry)) data.city = client.city;
  delete entry.error;
  delete entry.body; // a position is not kept longer than it takes to send it
  draw(entry);
}

async function deliver(entry) {
  if (gone) return;
  try {
    const answer = await exchange(entry);
    if (gone) return;
    arrived(entry);
    receive(answer);
  } catch (e) {
    if (gone) return;
    if (entry.sid) return; // the server has it: the events have told us, and bring the answer too
    entry.status = "failed";
    entry.error = explain(e);
    draw(entry);
    nodes.get(entry).scrollIntoView({ block: "nearest" });
  } finally {
    if (!gone) busy(-1);
  }
  keep();
}

function receive(answer) {
  let first = null;
  (Array.isArray(answer.messages) ? answer.messages : []).forEach((m) => {
    // a retry's first answer, or the events were faster
    const known = m.id && data.log.find((e) => e.who === "bot" && e.id === m.id);
    const node = known ? nodes.get(known) : add({
      who: "bot", id: m.id, sid: m.id, session: data.session, author: m.author, name: m.author_name,
      text: m.text, choices: m.choices, cards: m.cards,
    });
    first = first || node;
  });
  data.state = answer.state || data.state;
  data.ticket = answer.ticket;
  showState();
  // A long answer is read from its beginning.
  if (first) first.scrollIntoView({ block: "start" });
}

function enqueue(entry) {
  busy(1);
  queue = queue.then(() => deliver(entry));
  $("typing").scrollIntoView({ block: "end" });
}

// `payload` is one of {text}, {choice}, {location}
function say(text, payload) {
  if (payload.choice !== CITY) move();
  const id = uuid();
  const entry = { who: "me", id, text, status: "sending", body: Object.assign({ id }, payload) };
  const node = add(entry);
  menu.close();
  tapped = Boolean(payload.choice);
  if (tapped) rest(log); // also what the menu covered
  enqueue(entry);
  return node;
}

function retry(entry) {
  if (entry.status !== "failed" || !entry.body) return;
  if (!isMove(entry)) move();
  entry.status = "sending"; // same id: the server answers it once, however often it arrives
  draw(entry);
  enqueue(entry);
}

// The conversation goes along to the city of this page, with its ticket and its place in the queue;
// nothing else is said in it before.
function move() {
  if (goesAlong()) return;
  const asked = data.log.find(isMove);
  if (!asked) say(cityName(), { choice: CITY });
  else retry(asked);
}

function edit(entry) {
  box.value = [entry.text, box.value].filter((t) => t.trim()).join("\n");
  drop(entry);
  typed();
  box.focus();
}

function choose(entry, choice) {
  if (entry.chosen !== undefined) return;
  entry.chosen = choice.value;
  draw(entry);
  say(choice.title, { choice: choice.value });
}

// ---------------------------------------------------------------- writing

const size = (text) => Array.from(text).length;

function typed() {
  const n = size(box.value);
  const over = n > LIMIT;
  // No maxlength: it would silently cut what somebody pasted.
  $("count").textContent = over ? fill(W.count_over, { n: n - LIMIT })
    : n >= WARN_FROM ? fill(W.count_left, { n: LIMIT - n }) : "";
  $("count").classList.toggle("over", over);
  box.setAttribute("aria-invalid", String(over));
  data.draft = box.value;
  keep();
  if (data.state === "operator" && n > 0 && Date.now() - typedAt > TYPING_EVERY_MS) {
    typedAt = Date.now();
    tell("/chat/typing", { session: data.session });
  }
}

function submit() {
  const text = box.value.trim();
  if (!text || size(text) > LIMIT) {
    if (text) announce($("count").textContent);
    box.focus();
    return;
  }
  box.value = "";
  typed();
  say(text, { text });
}

$("form").addEventListener("submit", (e) => { e.preventDefault(); submit(); });
box.addEventListener("input", typed);
box.addEventListener("keydown", (e) => {
  // While an input method composes, Enter picks a candidate (229: Safari ends composition first).
  if (e.key !== "Enter" || e.shiftKey || e.isComposing || e.keyCode === 229) return;
  e.preventDefault();
  submit();
});

// ---------------------------------------------------------------- service menu

const menu = makeMenu($("menu"), $("menu-open"), $("menu-close"), (id, name) => {
  const node = say(name, { choice: "service:" + id });
  node.focus({ preventScroll: true }); // the menu closes under the finger
});

// ---------------------------------------------------------------- position

function hint(text) {
  const node = add({ who: "hint", text });
  if (node) node.scrollIntoView({ block: "nearest" });
}

// Asked for only here, after the tap.
$("locate").addEventListener("click", () => {
  const L = W.location;
  if (!navigator.geolocation || window.isSecureContext === false) {
    hint(L.unsupported);
    return;
  }
  $("locate").disabled = true;
  announce(L.asking);
  const end = () => { if (!gone) { $("locate").disabled = false; announce(""); } };
  navigator.geolocation.getCurrentPosition((p) => {
    end();
    if (!gone) say(L.sent, { location: { lat: p.coords.latitude, lng: p.coords.longitude } });
  }, (e) => {
    end();
    hint(e.code === 1 ? L.denied : e.code === 3 ? L.timeout : L.unavailable);
  }, { timeout: 10000, maximumAge: 60000 });
});

// ---------------------------------------------------------------- leaving, city

$("leave").addEventListener("click", (e) => {
  e.preventDefault();
  gone = true;
  if (data.session) tell("/chat/leave", { session: data.session });
  if (events) events.close();
  abortAll();
  clear();
  nodes.clear();
  data = { log: [] };
  box.value = "";
  document.title = "\u200b";
  document.body.textContent = ""; // blank at once, however slow the next page is
  window.location.replace(e.currentTarget.href); // Back does not lead here again
});

// Replacing keeps one entry in the history, so that quick exit leaves no earlier city behind.
$("cities").addEventListener("submit", (e) => {
  e.preventDefault();
  // said even if it is this page's: the conversation may have gone elsewhere
  Object.assign(data, { city: null, goal: $("city").value });
  keep();
  window.location.replace("/?city=" + encodeURIComponent($("city").value));
});

// A page restored from the back/forward cache must not show what was cleared elsewhere.
window.addEventListener("pageshow", (e) => {
  if (e.persisted && (gone || !load())) window.location.reload();
});

// ---------------------------------------------------------------- start

function start() {
  typeSize($("large"), (large) => announce(large ? W.large_on : W.large_off));
  unfoldForPrint(log);
  const saved = load();
  // Where the address names no city the page's own is a guess, and the conversation's is none.
  const here = saved && saved.session && (saved.city || saved.goal);
  if (here && here !== client.city && !new URLSearchParams(window.location.search).has("city")) {
    Object.assign(data, saved); // a button that is quicker than the page finds the conversation
    window.location.replace("/?city=" + encodeURIComponent(here));
    return;
  }
  if (saved && Array.isArray(saved.log)) {
    data = Object.assign(data, saved);
    data.log.forEach((e) => {
      // The page went away before the answer came; sending again is harmless.
      if (e.who === "me" && e.status === "sending") Object.assign(e, { status: "failed", error: W.errors.network });
    });
    if (saved.city !== client.city) {
      // Rules and names differ by city: what was asked for the other one is answered no more.
      const talked = data.log.some((e) => e.who === "me");
      data.log = data.log.filter((e) => isMove(e) || !(e.body && /^city:/.test(e.body.choice)));
      if (talked) data.log.forEach((e) => { if ((e.choices || []).some((c) => OF_A_CITY.test(c.value))) e.stale = true; });
      else Object.assign(data, { session: null, state: "bot", ticket: null, log: [] });
    }
    log.setAttribute("aria-live", "off"); // a reload is not news
    data.log.forEach(draw);
    outdate();
    setTimeout(() => log.setAttribute("aria-live", "polite"), 500);
    box.value = data.draft || "";
    showState();
  }
  $("slow").remove();
  $("composer").hidden = $("menu").hidden = $("large").hidden = false;
  makeRoom("--head", $("top"));
  makeRoom("--composer", $("composer"));
  typed();
  if (data.log.some((e) => e.who === "me")) log.lastElementChild.scrollIntoView({ block: "end", behavior: "instant" });
  reach();
}

// Opens the session early, so that the notice stands first; or takes up the one of another tab.
async function reach() {
  if (!data.session && !data.log.length) {
    try {
      const joined = await get("/chat/session");
      if (gone) return;
      if (joined && joined.city === client.city) {
        Object.assign(data, { session: joined.session, city: joined.city });
        add({ who: "notice", text: joined.notice });
      }
    } catch (_) { /* no other tab: a new session */ }
  }
  if (data.session) hear();
  move();
  openSession().catch((e) => {
    if (gone || data.log.some((x) => x.who === "me")) return;
    const again = el("button", "retry", W.reopen);
    again.type = "button";
    const note = el("div", "msg bot", el("p", "bubble soft", view.rich(e.detail || W.errors.open)), again);
    again.addEventListener("click", () => { note.remove(); reach(); });
    log.append(note);
  });
}

start();

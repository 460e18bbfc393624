// Taking down a call or a visit while it is told: the form, the next line to say, and the ticket.
//
// <script type="application/json" id="client"> holds
//   me       {username, name, csrf}
//   words    content/call.yml → script
//   assist   content/assist.yml (every word of assist.js)
//   longest  characters of what can be told

import { uuid } from "/static/store.js";
import { el, fill } from "/static/view.js";
import { begin, call, ticketPath } from "./api.js";
import { makeAssist } from "./assist.js";
import { summaryLines } from "./basis.js";

const WARN_FROM = 200; // characters that are left
const SURE_MS = 5000;  // between the two clicks that throw something away
const EXCERPT = 14;

const $ = (id) => document.getElementById(id);
const client = JSON.parse($("client").textContent);
const C = client.words;
const form = $("call");
const list = (value) => (Array.isArray(value) ? value : []);
const size = (text) => Array.from(text).length;
const explain = (e) => e.detail || C.errors[e.kind] || C.errors.server;
const FIELDS = ["text", "city", "place", "service", "matter", "urgent", "party", "contact", "note"];
const TICKS = ["consent", "safe"];

// ---------------------------------------------------------------- what survives a reload of this tab

// Each person has their own, and it ends with the tab or the ticket.
const KEY = "wenfa.call." + client.me.username;
const home = $("city").value;

function fresh() {
  return { id: uuid(), channel: "phone", city: home, facts: {}, told: [], spoken: [] };
}

let calls = [];
let now = null;

function save() {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ calls, open: now.id }));
  } catch (_) { /* full or blocked: works without */ }
}

function restore() {
  let kept = null;
  try {
    kept = JSON.parse(sessionStorage.getItem(KEY));
  } catch (_) { /* blocked or broken: nothing was kept */ }
  calls = list(kept && kept.calls).filter((one) => one && typeof one.id === "string")
    .map((one) => Object.assign(fresh(), one));
  if (!calls.length) calls = [fresh()];
  now = calls.find((one) => kept && one.id === kept.open) || calls[0];
}

// ---------------------------------------------------------------- the panel and the line to say

let script = [];

const assist = makeAssist(client.assist, $("assist"), {
  choose(axis, id) {
    $(axis).value = $(axis).value === id ? "" : id;
    read();
  },
  changed(facts, told) {
    Object.assign(now, { facts, told });
    save();
  },
  answer(data) {
    script = list(data.script).flatMap((step) => list(step.lines).map((line) => Object.assign({ step: step.step }, line)));
    place(data.place);
    heard(data.understood);
    danger(data.calm === false);
    say();
  },
});

function danger(grave) {
  const text = grave ? client.assist.urgent_first : "";
  if ($("danger").textContent !== text) $("danger").textContent = text;
}

// What nobody has said and nobody needs to ask; safety stands first in the script. Once there is a
// ticket only its end is left: the number, and the rating where one may be asked for.
function unsaid() {
  return script.filter((line) => !line.heard && !now.spoken.includes(line.id)
    && (!now.made || (line.step === "end" && (line.id !== "rate" || now.made.may_rate === true))));
}

function say() {
  const left = unsaid();
  const text = left.length ? left[0].text : script.length ? C.all_spoken : C.no_script;
  if ($("say").textContent !== text) $("say").textContent = text;
  $("count-lines").textContent = left.length ? fill(C.spoken, { n: script.length - left.length + 1, all: script.length }) : "";
}

function next() {
  const line = unsaid()[0];
  if (line) now.spoken = now.spoken.concat(line.id);
  save();
  say();
}

function before() {
  now.spoken = now.spoken.slice(0, -1);
  save();
  say();
}

function heard(u) {
  const best = (items) => (list(items)[0] || {}).name;
  const named = u && {
    service: best(u.services), matter: best(u.matters), party: u.party.name,
    urgent: Array.from($("urgent").options).filter((o) => o.value === u.urgent.kind).map((o) => o.textContent)[0],
  };
  ["service", "matter", "urgent", "party"].forEach((axis) => {
    $(axis + "-heard").textContent = named && named[axis] ? fill(C.heard, { name: named[axis] }) : C.heard_nothing;
  });
}

const full = (r) => [r.city, r.county, r.town, r.village].filter(Boolean).join("");

function place(p) {
  const box = $("place-heard");
  const same = JSON.stringify(p);
  if (box.dataset.shown === same) return;
  box.dataset.shown = same;
  const resolved = p && p.resolved;
  const several = list(p && p.ambiguous);
  if (resolved) box.replaceChildren(el("p", "", fill(C.heard_place, { name: full(resolved) })));
  else if (several.length) {
    box.replaceChildren(el("p", "", C.which_place), el("div", "buttons", ...several.map((r) => {
      const b = el("button", "small", full(r));
      b.type = "button";
      b.addEventListener("click", () => {
        now.region = r.region_id;
        save();
        ask();
        $("place").focus();
      });
      return b;
    })));
  } else box.replaceChildren(el("p", "soft", p && p.outside ? C.outside : C.no_place));
}

function ask() {
  const about = { number: now.id, facts: now.facts, told: now.told };
  ["text", "channel", "city", "place", "region", "service", "matter", "urgent", "party"].forEach((name) => {
    about[name] = now[name];
  });
  assist.about(about);
}

// ---------------------------------------------------------------- the form

function complain(id, text) {
  $(id).textContent = text;
  $(id).hidden = !text;
}

function counted() {
  const left = client.longest - size(form.elements.text.value);
  $("count").textContent = left < 0 ? fill(C.count_over, { n: -left }) : left <= WARN_FROM ? fill(C.count_left, { n: left }) : "";
  $("count").classList.toggle("over", left < 0);
  $("text").setAttribute("aria-invalid", String(left < 0));
  return left >= 0;
}

function read() {
  const before = { place: now.place || "", city: now.city };
  FIELDS.forEach((name) => { now[name] = form.elements[name].value; });
  TICKS.forEach((name) => { now[name] = form.elements[name].checked; });
  now.channel = form.elements.channel.value;
  if (before.place !== now.place || before.city !== now.city) now.region = null;
  save();
  if (counted()) ask();
}

function write() {
  FIELDS.forEach((name) => { form.elements[name].value = now[name] || ""; });
  if (!$("city").value) $("city").value = home;
  TICKS.forEach((name) => { form.elements[name].checked = Boolean(now[name]); });
  form.elements.channel.value = now.channel;
  counted();
}

form.addEventListener("input", (e) => { if (!["contact", "note", "consent", "safe"].includes(e.target.name)) { read(); row(); } });
form.addEventListener("change", read);
["contact", "note"].forEach((name) => $(name).addEventListener("input", (e) => {
  now[name] = e.target.value;
  save();
}));

// ---------------------------------------------------------------- several calls

// `same`: it has become a ticket, and what helps with it stays where it is.
function show(focus, same) {
  const made = now.made;
  complain("alert", "");
  complain("made-alert", "");
  form.hidden = Boolean(made);
  $("made").hidden = !made;
  if (made) tell(made);
  else write();
  if (!same) {
    script = [];
    danger(false);
    heard(null);
    place(null);
    ask();
  }
  say();
  row();
  if (focus) (made ? $("made-title") : $("text")).focus();
}

function row() {
  $("calls").hidden = calls.length < 2;
  $("calls").replaceChildren(...calls.map((one) => {
    const text = one.made ? fill(C.number, { number: one.made.number_shown })
      : Array.from((one.text || "").trim()).slice(0, EXCERPT).join("") || C.untold;
    const b = el("button", "small", text);
    b.type = "button";
    if (one === now) b.setAttribute("aria-current", "true");
    b.addEventListener("click", () => turnTo(one));
    return b;
  }));
}

function turnTo(one) {
  now = one;
  save();
  show(true);
}

function done() {
  calls = calls.filter((one) => one !== now);
  if (!calls.length) calls = [fresh()];
  turnTo(calls[0]);
}

$("fresh").addEventListener("click", () => {
  const untouched = calls.find((one) => !one.made && !(one.text || "").trim() && !one.contact && !one.note);
  if (untouched) {
    turnTo(untouched);
    return;
  }
  const one = fresh();
  calls.push(one);
  turnTo(one);
});

let sure = 0;
const dropWords = $("drop").textContent;
$("drop").addEventListener("click", () => {
  if (Date.now() - sure < SURE_MS) {
    sure = 0;
    $("drop").textContent = dropWords;
    $("status").textContent = C.dropped;
    done();
    return;
  }
  sure = Date.now();
  $("drop").textContent = C.drop_sure;
  setTimeout(() => { $("drop").textContent = dropWords; }, SURE_MS);
});

// ---------------------------------------------------------------- the ticket

function bodyOf(one) {
  const body = { id: one.id, channel: one.channel, text: one.text, consent: Boolean(one.consent), facts: one.facts, told: one.told.slice(0, 10) };
  ["city", "place", "region", "service", "matter", "urgent", "party", "note"].forEach((name) => {
    if (one[name]) body[name] = one[name];
  });
  if ((one.contact || "").trim()) Object.assign(body, { contact: one.contact.trim(), contact_safe: Boolean(one.safe) });
  return body;
}

const sending = new Set();

async function make() {
  const one = now;
  if (one.made || sending.has(one.id)) return;
  if (!(one.text || "").trim()) {
    complain("alert", C.empty);
    $("text").focus();
    return;
  }
  if (!counted()) {
    $("text").focus();
    return;
  }
  const submit = form.querySelector("[type=submit]");
  sending.add(one.id);
  submit.setAttribute("aria-disabled", "true");
  complain("alert", "");
  $("status").textContent = C.sending;
  try {
    const answer = await call("POST", "/calls", bodyOf(one)); // the same id again is the same ticket
    const kept = { id: one.id, channel: one.channel, city: one.city, spoken: one.spoken, text: "" };
    const { number, number_shown, outcomes, summary, summary_cited, repeated, may_rate } = answer;
    const made = Object.assign(fresh(), kept, { made: { number, number_shown, outcomes, summary, summary_cited, repeated, may_rate } });
    calls = calls.map((other) => (other === one ? made : other));
    if (now === one) {
      now = made;
      show(true, true);
    } else row();
    save();
    $("status").textContent = fill(C.made, { number: number_shown });
  } catch (e) {
    if (now === one) complain("alert", explain(e));
  } finally {
    sending.delete(one.id);
    submit.removeAttribute("aria-disabled");
  }
}

function tell(made) {
  $("number").textContent = made.number_shown;
  $("open").href = "/console?ticket=" + made.number;
  $("summary").replaceChildren(...summaryLines(made));
  if (made.repeated) complain("made-alert", C.repeated);
  $("close").hidden = Boolean(made.outcome);
  $("rate").hidden = made.may_rate !== true;
  $("outcome-note").value = "";
  $("outcomes").replaceChildren(...list(made.outcomes).map((o) => {
    const radio = el("input");
    Object.assign(radio, { type: "radio", name: "outcome", value: o.id });
    return el("label", "", radio, " ", o.name);
  }));
  $("scores").replaceChildren(...Object.entries(C.scores).map(([score, name]) => {
    const b = el("button", "", name);
    b.type = "button";
    b.addEventListener("click", () => rate(score));
    return b;
  }));
}

$("close").addEventListener("submit", async (e) => {
  e.preventDefault();
  const one = now;
  const chosen = $("outcomes").querySelector("input:checked");
  if (!chosen) {
    complain("made-alert", C.choose_outcome);
    return;
  }
  try {
    await call("POST", ticketPath(one.made.number, "close"), { outcome: chosen.value, note: $("outcome-note").value.trim() || null });
    one.made.outcome = chosen.value;
    save();
    if (now !== one) return;
    complain("made-alert", "");
    tell(one.made);
    $("status").textContent = C.closed;
    $("made-title").focus();
  } catch (error) {
    if (now === one) complain("made-alert", explain(error));
  }
});

async function rate(score) {
  const one = now;
  try {
    await call("POST", ticketPath(one.made.number, "rating"), { score });
    one.made.may_rate = false;
    save();
    if (now !== one) return;
    say();
    $("rate").hidden = true;
    $("status").textContent = C.rated;
    $("after").focus();
  } catch (error) {
    if (now === one) complain("made-alert", explain(error));
  }
}

$("after").addEventListener("click", done);
form.addEventListener("submit", (e) => { e.preventDefault(); make(); });
$("next").addEventListener("click", next);
$("before").addEventListener("click", before);

document.addEventListener("keydown", (e) => {
  if (e.isComposing || e.keyCode === 229) return; // an input method has the keys
  if (e.key === "Enter" && (e.ctrlKey || e.metaKey) && !now.made) {
    e.preventDefault();
    read();
    make();
  } else if (e.altKey && e.key === "ArrowDown" && e.target.tagName !== "SELECT") {
    e.preventDefault();
    next();
  } else if (e.altKey && e.key === "ArrowUp" && e.target.tagName !== "SELECT") {
    e.preventDefault();
    before();
  }
});

// ---------------------------------------------------------------- around it

begin(client.me, () => {
  const link = el("a", "", C.again);
  link.href = "/console/login?next=" + encodeURIComponent("/console/call");
  $("connection").replaceChildren(el("span", "", C.expired), link);
});

$("logout").addEventListener("submit", () => {
  try {
    sessionStorage.removeItem(KEY);
  } catch (_) { /* nothing was kept */ }
});

// A page restored from the back/forward cache must not show what a login has left behind.
window.addEventListener("pageshow", (e) => { if (e.persisted) window.location.reload(); });

restore();
// Who was quicker than this script has written already.
if (!now.made && !now.text) now.text = $("text").value;
show(true);

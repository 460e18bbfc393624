// What stands beside a call or a conversation: desks, limits, places, answers, legal aid, the script.
//
// makeAssist(A, root, on) → { about, facts, told, clear }
//   A     content/assist.yml
//   root  an element of the page; it is filled with sections (h3)
//   on    any of insert(text), choose(axis, id), answer(data), changed(facts, told)
//   about({ text, city, number, … })  what it is about now; `number` says which call or ticket.
//         May hold channel, place, region, service, matter, urgent, party, facts, told.

import { el, fill } from "/static/view.js";
import { call } from "./api.js";
import { around, sourced } from "./basis.js";

const PAUSE_MS = 250;    // after the last key
const AT_LEAST_MS = 1200; // while somebody writes without a pause
const SHOWN = 3;
const STYLE = "/console/static/assist.css";

const list = (value) => (Array.isArray(value) ? value : []);
const ASKED = ["text", "channel", "city", "place", "region", "service", "matter", "urgent", "party"];

export function makeAssist(A, root, on) {
  let now = null;        // what it is about
  let facts = {};        // question → answer, in the order of answering
  let told = [];         // names of desks and places that were told
  let asking = false;
  let again = false;
  let timer = 0;
  let since = 0;         // when the oldest unasked change came
  let tried = null;      // [fact] of an answer that the server has not taken yet
  let shown = null;      // the last answer that came
  const painted = new Map();
  const kept = new Map(); // number → {facts, told}: coming back to a ticket finds them

  // ---------------------------------------------------------------- the frame

  if (!document.querySelector('link[href="' + STYLE + '"]')) { // it brings its own look
    const style = el("link");
    Object.assign(style, { rel: "stylesheet", href: STYLE });
    document.head.append(style);
  }
  const alert = el("p", "alert");
  alert.setAttribute("role", "alert");
  alert.hidden = true;
  const idle = el("p", "soft", A.idle);
  const urgent = el("div", "urgent-first");
  urgent.setAttribute("role", "status");
  const parts = {};
  ["sorted", "limits", "referrals", "places", "answers", "aid", "script"].forEach((name) => {
    const title = el("h3", "", A.titles[name]);
    title.tabIndex = -1;
    const body = el("div", "body");
    const part = el("section", "part p-" + name, title, name === "answers" && searching(), body);
    part.setAttribute("aria-label", A.titles[name]);
    parts[name] = { part, title, body };
  });
  root.replaceChildren(alert, urgent, idle, ...Object.values(parts).map((p) => p.part));

  function button(text, key, deed, name) {
    const b = el("button", name || "", text);
    b.type = "button";
    b.dataset.key = key;
    b.addEventListener("click", deed);
    return b;
  }

  // Only what changed is put anew: what is read or folded open stays as it is, and so does the focus.
  function paint(name, data, make) {
    const same = JSON.stringify(data);
    if (painted.get(name) === same) return;
    painted.set(name, same);
    const { body, title } = parts[name];
    const focused = body.contains(document.activeElement) ? document.activeElement.dataset.key || "?" : "";
    body.replaceChildren(...make(data).filter(Boolean));
    if (!focused) return;
    const back = Array.from(body.querySelectorAll("[data-key]")).find((node) => node.dataset.key === focused);
    (back || body.querySelector("[data-first]") || title).focus({ preventScroll: true });
  }

  function say(text) {
    alert.textContent = text;
    alert.hidden = !text;
  }

  function folded(title, ...children) {
    return el("details", "", el("summary", "", title), ...children);
  }

  function basis(template, source, cited) {
    return el("p", "soft", ...around(template, sourced(source, cited)));
  }

  // ---------------------------------------------------------------- what was heard

  function chips(axis, items, template) {
    const held = now[axis];
    return el("div", "heard-as buttons", el("p", "", fill(template, { name: "" })), ...list(items).slice(0, SHOWN).map((item, n) => {
        const b = button(fill(A.sorted.percent, { name: item.name, n: Math.round(item.confidence * 100) }),
          axis + ":" + item.id, () => on.choose && on.choose(axis, item.id), "small");
        b.setAttribute("aria-pressed", String(held ? held === item.id : n === 0));
        b.disabled = !on.choose;
        return b;
      }));
  }

  function sorted(u) {
    if (!u) return [el("p", "soft", A.sorted.unsure)];
    const both = list(u.troubles).map((t) => t.text).join(A.sorted.and);
    return [
      chips("service", u.services, A.sorted.service),
      chips("matter", u.matters, A.sorted.matter),
      u.party && el("p", "", fill(A.sorted.party, { name: u.party.name })),
      both && el("p", "", fill(A.sorted.two, { names: both })),
      on.choose && el("p", "soft", A.sorted.hint),
    ];
  }

  function danger(data) {
    const grave = data.calm === false;
    const heard = data.understood ? list(data.understood.urgent.evidence).join(A.sorted.and) : "";
    const same = JSON.stringify([grave, heard]);
    if (painted.get("danger") === same) return;
    painted.set("danger", same);
    urgent.replaceChildren(...(grave ? [el("strong", "", A.urgent_first), el("p", "", A.urgent_line),
      heard && el("p", "", fill(A.urgent_heard, { words: heard }))].filter(Boolean) : []));
  }

  // ---------------------------------------------------------------- desks, limits, places

  function due(limit) {
    const d = limit.due;
    if (!d) return el("p", "", fill(A.limits.starts, { starts: limit.starts }));
    const left = d.days_left < 0 ? fill(A.limits.over, { n: -d.days_left })
      : d.days_left === 0 ? A.limits.today : fill(A.limits.left, { n: d.days_left });
    return el("p", "due", el("strong", "", fill(A.limits.due, { day: d.last_day })), " ", left,
      d.certain !== true && " ", d.certain !== true && A.limits.unsure);
  }

  function limits(items) {
    if (!items.length) return [el("p", "soft", A.limits.none)];
    return [el("ul", "", ...items.map((limit) => el("li", "", el("p", "", limit.text), due(limit),
      limit.exception && el("p", "soft", fill(A.limits.exception, { text: limit.exception })))))];
  }

  function tellButton(name, key) {
    if (!on.changed) return null; // nobody writes it down
    const b = button("", "told:" + key, () => {
      told = told.includes(name) ? told.filter((one) => one !== name) : told.concat(name);
      keep();
      root.querySelectorAll("[data-told]").forEach(mark);
    }, "small");
    b.dataset.told = name;
    mark(b);
    return b;
  }

  function mark(b) {
    const done = told.includes(b.dataset.told);
    b.textContent = done ? A.referrals.told_again : A.referrals.told;
    b.setAttribute("aria-pressed", String(done));
  }

  function referrals(items) {
    if (!items.length) return [el("p", "soft", A.referrals.none)];
    return [el("ol", "", ...items.map((r) => el("li", "",
      el("p", "name", el("strong", "", r.name), " ", tellButton(r.name, "r:" + r.service + ":" + r.desk)),
      r.desk && r.desk !== r.name && el("p", "", fill(A.referrals.desk, { name: r.desk })),
      folded(A.referrals.more, el("p", "", r.why),
        r.otherwise && el("p", "", fill(A.referrals.otherwise, { text: r.otherwise })),
        r.source && basis(A.referrals.source, r.source, r.cited)))))];
  }

  function place(p) {
    const open = p.open_now === true ? A.places.open : p.open_now === false ? A.places.shut : "";
    const known = [p.address && fill(A.places.address, p), p.phone && fill(A.places.phone, p),
      p.hours && fill(A.places.hours, p), open, p.hours_exceptions].filter(Boolean);
    return el("li", "", el("p", "name", el("strong", "", p.name), " ", tellButton(p.name, "p:" + p.id)),
      ...known.map((fact) => el("p", "", fact)),
      (p.verified !== true || !p.phone) && el("p", "soft", A.places.unverified));
  }

  function places({ groups, found }) {
    const some = groups.filter((g) => list(g.places).length);
    if (!some.length) return [el("p", "soft", A.places.none)];
    return [!found && el("p", "soft", A.places.city), ...some.map((g) => el("div", "",
      el("p", "soft", fill(A.places.for, { name: g.name })), el("ul", "", ...g.places.map(place))))];
  }

  // ---------------------------------------------------------------- canned answers

  function canned(item) {
    return [item.answer, item.city_text, item.source && fill(A.answers.source, { source: item.source })]
      .filter(Boolean).join("\n");
  }

  function answers({ items, found }) {
    const page = (item) => {
      const a = el("a", "", A.answers.open);
      a.href = /^\/faq\/item\/[\w.]+(\?city=\w+)?$/.test(item.url) ? item.url : "/faq";
      a.target = "_blank";
      a.rel = "noopener";
      return a;
    };
    return [
      found && el("p", "soft", fill(A.answers.found, { n: items.length })),
      !items.length && el("p", "soft", A.answers.none),
      el("ul", "", ...items.map((item) => el("li", "", folded(
        el("span", "", item.title, " ", el("span", "soft", fill(A.answers.percent, { n: Math.round(item.score * 100) }))),
        el("p", "words", item.answer), item.city_text && el("p", "words", item.city_text),
        list(item.steps).length > 0 && el("div", "", el("p", "soft", A.answers.steps),
          el("ol", "", ...item.steps.map((step) => el("li", "", step)))),
        item.source && basis(A.answers.source, item.source, item.cited), el("p", "", page(item))),
      on.insert && button(A.answers.insert, "insert:" + item.id, () => on.insert(canned(item)), "small")))),
    ];
  }

  function searching() {
    const input = el("input");
    Object.assign(input, { type: "search", name: "q", id: "assist-q", maxLength: 200 });
    const label = el("label", "", A.answers.search_label);
    label.htmlFor = "assist-q";
    const go = el("button", "", A.answers.submit);
    go.type = "submit";
    const form = el("form", "search", label, el("div", "row-of", input, go));
    form.setAttribute("role", "search");
    form.setAttribute("aria-label", A.answers.search);
    form.addEventListener("submit", async (e) => {
      e.preventDefault();
      e.stopPropagation();
      const q = input.value.trim();
      if (!q) {
        drawAnswers();
        return;
      }
      try {
        const about = now && now.city ? "&city=" + encodeURIComponent(now.city) : "";
        const found = await call("GET", "/assist/answers?q=" + encodeURIComponent(q) + about);
        if (input.value.trim() === q) paint("answers", { items: list(found.items), found: true }, answers);
      } catch (error) {
        say(explain(error));
      }
    });
    input.addEventListener("input", () => { if (!input.value.trim()) drawAnswers(); });
    return form;
  }

  function drawAnswers() {
    const q = parts.answers.part.querySelector("input").value.trim();
    if (!q) paint("answers", { items: shown ? list(shown.answers) : [], found: false }, answers);
  }

  // ---------------------------------------------------------------- legal aid

  function answerFact(fact, value) {
    delete facts[fact]; // it goes to the end: in the order of answering
    facts[fact] = value;
    tried = fact;
    keep();
    soon(0);
  }

  // Asked again, and with it what was only asked because of it.
  function takeBack(fact) {
    const names = Object.keys(facts);
    const at = names.indexOf(fact);
    facts = at < 0 ? Object.assign({ [fact]: null }, facts)
      : Object.assign(Object.fromEntries(names.slice(0, at).map((name) => [name, facts[name]])), { [fact]: null });
    keep();
    soon(0);
  }

  function question(q) {
    const choices = list(q.choices);
    const box = el("div", "buttons", ...choices.map((c, n) => {
      const b = button(c.title, "aid:" + q.fact + ":" + c.value, () => answerFact(q.fact, c.value), "small");
      if (!n) b.dataset.first = "1";
      return b;
    }));
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", q.text);
    const input = el("input");
    input.id = "assist-fact";
    input.maxLength = 60;
    const label = el("label", "soft", A.aid.typed);
    label.htmlFor = "assist-fact";
    const go = el("button", "", A.aid.answer);
    go.type = "submit";
    const form = el("form", "typed", label, el("div", "row-of", input, go));
    form.addEventListener("submit", (e) => {
      e.preventDefault();
      e.stopPropagation();
      if (input.value.trim()) answerFact(q.fact, input.value.trim());
    });
    return el("div", "question", el("p", "soft", A.aid.question), el("p", "say-line", q.text), box, form,
      q.why && el("p", "soft", fill(A.aid.why, { why: q.why })));
  }

  function aid(a) {
    if (!a) return [];
    const basis = list(a.reasons).filter((r) => r.about !== "note");
    const heard = list(a.facts).map((f) => el("li", "", f.name + " ", el("strong", "", f.value), " ",
      button(A.aid.change, "change:" + f.fact, () => takeBack(f.fact), "small")));
    const where = list(a.apply_at)[0];
    return [
      el("p", "outcome " + a.outcome, el("strong", "", A.aid.outcomes[a.outcome]), " ", el("span", "soft", A.aid.first)),
      heard.length > 0 && el("div", "", el("p", "soft", A.aid.heard), el("ul", "", ...heard)),
      a.next_question ? question(a.next_question) : el("p", "", A.aid.done),
      list(a.missing).length > 0 && el("p", "soft", fill(A.aid.missing, { names: a.missing.join(A.sorted.and) })),
      where && folded(A.aid.where, el("ul", "", place(where))),
      basis.length > 0 && folded(A.aid.reasons, el("ul", "", ...basis.map((r) => el("li", "", r.text,
        r.article && el("p", "soft", ...sourced(r.article, r.cited)))))),
      list(a.materials).length > 0 && folded(A.aid.materials, el("ul", "", ...a.materials.map((m) => el("li", "", m.name)))),
      Object.keys(facts).length > 0 && button(A.aid.again, "aid-again", () => { facts = {}; keep(); soon(0); }, "small"),
    ];
  }

  // ---------------------------------------------------------------- the script

  function script(steps) {
    return [folded(A.script.all, ...steps.map((step) => el("div", "", el("p", "soft", step.title),
      el("ul", "", ...list(step.lines).map((line) => el("li", "", line.text,
        line.heard && el("span", "soft", A.script.heard),
        on.insert && " ", on.insert && button(A.script.insert, "line:" + line.id, () => on.insert(line.text), "small")))))))];
  }

  // ---------------------------------------------------------------- asking

  const explain = (e) => e.detail || A.errors[e.kind] || A.errors.server;

  function keep() {
    kept.set(now.number, { facts, told });
    if (on.changed) on.changed(facts, told);
  }

  function draw() {
    if (!shown) return;
    danger(shown);
    idle.hidden = Boolean(now.text.trim());
    paint("sorted", [shown.understood, now.service, now.matter], () => sorted(shown.understood));
    paint("limits", list(shown.limits), limits);
    paint("referrals", list(shown.referrals), referrals);
    paint("places", { groups: list(shown.places), found: Boolean(shown.place && shown.place.resolved) }, places);
    drawAnswers();
    paint("aid", [shown.aid, Object.keys(facts).length > 0], () => aid(shown.aid));
    paint("script", list(shown.script), script);
  }

  async function ask() {
    clearTimeout(timer);
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    since = 0;
    const asked = now.number;
    const body = { facts };
    ASKED.forEach((name) => { if (now[name]) body[name] = now[name]; });
    root.setAttribute("aria-busy", "true");
    try {
      const data = await call("POST", "/assist", body);
      if (now.number === asked) {
        tried = null;
        shown = data;
        say(data.away ? A.away : "");
        draw();
        if (on.answer) on.answer(data);
      }
    } catch (e) {
      if (now.number === asked) {
        if (e.status === 422 && tried !== null && tried in facts) {
          delete facts[tried]; // the rest of the panel must not stand still for one answer
          keep();
          say(fill(A.aid.errors, { text: explain(e) }));
        } else say(explain(e));
        tried = null;
      }
    } finally {
      asking = false;
      root.removeAttribute("aria-busy");
      if (again) {
        again = false;
        soon(0);
      }
    }
  }

  function soon(ms) {
    const time = Date.now();
    since = since || time;
    clearTimeout(timer);
    timer = setTimeout(ask, Math.max(0, Math.min(ms, since + AT_LEAST_MS - time)));
  }

  return {
    about(next) {
      const other = !now || now.number !== next.number;
      now = Object.assign({}, next, { text: next.text || "" });
      if (other) {
        const before = kept.get(now.number) || {};
        facts = Object.assign({}, next.facts || before.facts);
        told = list(next.told || before.told).slice();
        tried = null;
        shown = null;
        painted.clear();
        urgent.replaceChildren();
        Object.values(parts).forEach((p) => p.body.replaceChildren());
        parts.answers.part.querySelector("input").value = "";
        say("");
      }
      soon(other ? 0 : PAUSE_MS);
    },
  };
}

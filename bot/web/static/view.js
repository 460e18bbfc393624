// From data to DOM nodes. Data reaches the page through text nodes and checked tel: links only.

const SVG = "http://www.w3.org/2000/svg";

export function el(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children.filter(Boolean)); // lets callers write `fact && el(…)`
  return node;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("focusable", "false");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", "#i-" + name);
  svg.append(use);
  return svg;
}

// "{n}" → value, so that word order stays the translator's.
export function fill(template, values) {
  return String(template || "").replace(/\{(\w+)\}/g, (m, k) => (k in values ? String(values[k]) : m));
}

// A fact as text, or "" when the server does not know it.
function fact(value) {
  return typeof value === "number" || typeof value === "string" ? String(value).trim() : "";
}

const list = (value) => (Array.isArray(value) ? value : []);

export function makeView(words) {
  const W = words;

  function tel(number, className, ...children) {
    const dial = String(number).replace(/[^\d+]/g, "");
    if (dial.length < 3) return el("span", "", ...(children.length ? children : [String(number)]));
    const a = el("a", className || "tel", ...(children.length ? children : [String(number)]));
    a.href = "tel:" + dial;
    return a;
  }

  // Plain text with the few public numbers made dialable. No lookbehind: old iOS cannot parse it.
  function rich(text) {
    const out = document.createDocumentFragment();
    const source = String(text || "");
    const numbers = list(W.numbers);
    let from = 0;
    const digits = /\d+(?:[.,-]\d+)*/g;
    for (let m = digits.exec(source); m; m = digits.exec(source)) {
      const before = source.charAt(m.index - 1);
      const after = source.charAt(m.index + m[0].length);
      const inAddress = /[A-Za-z][.\-_]?$/.test(source.slice(0, m.index)) // gd.12348.gov.cn
        || /^[.\-_]?[A-Za-z]/.test(source.slice(m.index + m[0].length));
      const isPhone = numbers.includes(m[0]) && !inAddress
        && !(before && W.not_phone_before.includes(before))
        && !(after && W.not_phone_after.includes(after));
      if (!isPhone) continue;
      out.append(source.slice(from, m.index), tel(m[0]));
      from = m.index + m[0].length;
    }
    out.append(source.slice(from));
    return out;
  }

  // "0760-88881111、88882222" is two numbers; a note in brackets stays text.
  function phones(value) {
    const out = document.createDocumentFragment();
    value.split(/([\u3001\uff0c,;\uff1b/]+)/).forEach((part) => {
      const m = /^([^\d+]*)(\+?\d[\d\s-]{1,18}\d)(.*)$/.exec(part);
      if (m) out.append(m[1], tel(m[2]), m[3]);
      else out.append(part);
    });
    return out;
  }

  function badge() {
    return el("span", "badge", W.place.unverified);
  }

  function row(term, value) {
    return el("div", "row", el("dt", "", term), el("dd", "", value));
  }

  function distance(km) {
    if (typeof km !== "number" || !isFinite(km)) return "";
    if (km < 0.1) return W.place.near;
    if (km < 1) return fill(W.place.distance_m, { n: Math.round(km * 10) * 100 });
    return fill(W.place.distance_km, { n: km < 10 ? Math.round(km * 10) / 10 : Math.round(km) });
  }

  // "村（社区）法律顾问：李律师（某某律师事务所） 0760-88881111"
  function person(one) {
    const P = W.place;
    const values = { role: fact(one.role), name: fact(one.name), organisation: fact(one.organisation) };
    return el("div", "", fill(values.organisation ? P.person_of : P.person, values),
      fact(one.phone) && " ", fact(one.phone) && phones(fact(one.phone)),
      one.verified !== true && " ", one.verified !== true && badge());
  }

  // `tag` of its heading: on a card of another kind it stands below that card's own.
  function place(p, tag) {
    const P = W.place;
    const id = fact(p.kind);
    // An id nobody has given words to would be noise to a resident.
    const kind = P.kinds[id] || (/^[\w.-]*$/.test(id) ? "" : id);
    const verified = p.verified === true;
    const travel = typeof p.travel_minutes === "number" ? fill(P.travel, { n: p.travel_minutes }) : "";
    const meta = [kind, P.levels[p.level], distance(p.distance_km), travel].filter(Boolean).join(P.joint);
    const area = [fact(p.county), fact(p.town)].filter(Boolean).join(P.joint);
    const open = p.open_now === true ? P.open : p.open_now === false ? P.shut : "";
    const hours = [fact(p.hours), open].filter(Boolean).join(P.joint);
    const today = fact(p.hours_exceptions);
    const missing = [[P.address, p.address], [P.phone, p.phone], [P.hours, p.hours]]
      .filter(([, value]) => !fact(value)).map(([term]) => term);
    const people = list(p.people).filter((one) => one && fact(one.name)).map(person);
    const facts = el("dl", "facts",
      area && row(P.area, area),
      fact(p.address) && row(P.address, fact(p.address)),
      fact(p.phone) && row(P.phone, phones(fact(p.phone))),
      fact(p.hours) && row(P.hours, hours),
      today && row(P.today, el("strong", "today", today)),
      people.length > 0 && row(P.people, el("div", "", ...people)));
    const details = el("details", "source", el("summary", "", P.details),
      el("p", "", fill(P.source, { source: fact(p.source) || P.missing })),
      el("p", "", fill(P.as_of, { date: fact(p.as_of) || P.missing })),
      el("p", "", rich(verified ? P.checked : P.unchecked)));
    return el("section", "card place",
      el("div", "card-head", el(tag || "h3", "", fact(p.name)), !verified && badge()),
      meta && el("p", "meta", meta), facts.childElementCount > 0 && facts,
      missing.length > 0 && el("p", "unknown", rich(fill(P.unknown, { facts: missing.join(P.and) }))),
      p.approximate === true && (fact(p.address) || distance(p.distance_km)) && el("p", "hint", P.approximate),
      mapLink(p.map_url), details);
  }

  // Only an address of a map that we build ourselves; it opens beside the conversation.
  function mapLink(url) {
    if (!/^https:\/\/uri\.amap\.com\//.test(fact(url))) return null;
    const a = el("a", "map", W.place.map);
    a.href = url;
    a.target = "_blank";
    a.rel = "noopener noreferrer";
    a.title = W.place.map_hint;
    return el("p", "", a);
  }

  function referral(r, n) {
    const R = W.referral;
    const mark = el("span", "num", String(n));
    mark.setAttribute("aria-hidden", "true"); // the ordered list already says the number
    const desk = fact(r.desk);
    const ways = (Array.isArray(r.mediation) ? r.mediation : [])
      .map((way) => el("li", "", fill(R.mediation_way, { kind: fact(way.kind), where: fact(way.where) })));
    return el("li", "card referral", mark, el("div", "body",
      el("h3", "", fact(r.name)),
      desk && desk !== fact(r.name) && el("p", "desk", rich(fill(R.desk, { desk }))),
      fact(r.why) && el("p", "", rich(r.why)),
      fact(r.party) && el("p", "", fill(R.party, { party: fact(r.party) })),
      fact(r.deadline) && el("p", "deadline", icon("clock"),
        el("span", "", el("strong", "", R.deadline), fact(r.deadline))),
      ways.length > 0 && el("div", "ways", el("p", "", R.mediation), el("ul", "", ...ways)),
      fact(r.otherwise) && el("p", "", rich(fill(R.otherwise, { otherwise: fact(r.otherwise) }))),
      el("p", "basis", fact(r.source) ? basis(fact(r.source), r.cited) : R.no_source)));
  }

  // A text with the law's own page behind each article: in this tab, so that Back leads here.
  function sourced(text, cited) {
    const pieces = list(cited).map((piece) => {
      if (!/^\/law\//.test(fact(piece.url))) return rich(fact(piece.text));
      const a = el("a", "", fact(piece.text));
      a.href = piece.url;
      return a;
    });
    return pieces.length ? pieces : [rich(text)];
  }

  // "依据：…"
  function basis(source, cited) {
    const whole = W.referral.source;
    const [before, after] = whole.split("{source}");
    return el("span", "", before, ...sourced(source, cited), after);
  }

  // The number stands once, large, also when the label already names it.
  function bigCall(label, number) {
    const words = (label || W.notice.call).replace(number, "").trim();
    return tel(number, "big-call", icon("phone"), el("span", "", words + " "), el("strong", "", number));
  }

  function notice(c) {
    const urgent = c.tone === "urgent";
    const head = fact(c.title);
    const calls = list(c.calls).filter((x) => x && fact(x.number));
    return el("section", urgent ? "card notice urgent" : "card notice",
      el("div", "notice-head", icon(urgent ? "alert" : "info"),
        urgent && el("span", "sr", W.notice.urgent), head && el("h3", "", head)),
      fact(c.text) && el("p", "text", rich(c.text)),
      calls.length > 0 && el("p", "calls", ...calls.map((x) => bigCall(fact(x.label), fact(x.number)))));
  }

  function reason(r) {
    const R = W.referral;
    return el("li", "", el("p", "", rich(r.text)),
      el("p", "basis", fact(r.article) ? basis(fact(r.article), r.cited) : R.no_source,
        r.verified !== true && badge()));
  }

  function folded(title, ...children) {
    return el("details", "source", el("summary", "", title), ...children);
  }

  // What may be hoped for, where to go and what to bring; then what was said and why; the rest is folded.
  function screening(c) {
    const S = W.screening;
    const likely = c.outcome === "likely";
    const about = (kind) => list(c.reasons).filter((r) => r && r.about === kind);
    const part = (title, nodes) => nodes.length > 0 && el("div", "part", el("h4", "", title), el("ul", "", ...nodes));
    const bring = (title, kind) => {
      const things = list(c.materials).filter((m) => m && m.required === kind && fact(m.name));
      return part(title, things.map((m) => el("li", "", rich(fact(m.name)))));
    };
    const facts = list(c.facts).filter((f) => f && fact(f.name) && fact(f.value));
    const where = list(c.apply_at).find((p) => p && fact(p.name));
    const notes = about("note");
    const link = (href, title, name) => {
      const a = el("a", "ghost", icon(name), el("span", "", title));
      a.href = href; // our own page in this tab: Back leads to the conversation, quick exit leaves no other
      return a;
    };
    return el("section", "card screening" + (likely ? " likely" : ""),
      el("div", "verdict", icon(likely ? "check" : "info"), el("h3", "", fact(c.title) || S.untitled)),
      el("p", "meta", S.first_look),
      el("div", "part", el("h4", "", S.where), where ? place(where, "h5") : el("p", "unknown", rich(S.nowhere))),
      bring(S.needed, "needed"), bring(S.bring, "have_it_bring_it"),
      facts.length > 0 && el("div", "part", el("h4", "", S.facts),
        el("dl", "said", ...facts.map((f) => row(fact(f.name), fact(f.value))))),
      part(S.basis, about("basis").map(reason)),
      part(S.open, about("open").map(reason)),
      notes.length > 0 && folded(fill(S.notes, { n: notes.length }), el("ul", "reasons", ...notes.map(reason))),
      fact(c.objection) && folded(S.objection, el("p", "", ...sourced(fact(c.objection), c.objection_cited))),
      el("p", "paper", link("/legal-aid/summary", S.print, "print"), link("/legal-aid/summary.docx", S.word, "download")),
      el("p", "hint", S.word_hint));
  }

  // The law's own text, and what it is not.
  function law(c) {
    const page = el("a", "", W.law.page);
    page.href = /^\/law\//.test(fact(c.url)) ? c.url : "/law";
    return el("section", "card law", el("h3", "", fact(c.title)), fact(c.since) && el("p", "meta", fact(c.since)),
      ...fact(c.text).split("\n").map((line) => el("p", "", line)), el("p", "", page));
  }

  // The short answer first; what to do and to bring is folded, the whole has its own page.
  function faq(c) {
    const F = W.faq;
    const page = el("a", "", F.page);
    page.href = /^\/faq\/item\/[\w.]+(\?city=\w+)?$/.test(fact(c.url)) ? c.url : "/faq";
    const papers = (need) => list(c.materials).filter((m) => m && m.required === need).map((m) => el("li", "", fact(m.name)));
    const needed = papers("needed"), perhaps = papers("have_it_bring_it");
    const steps = list(c.steps).map((step) => el("li", "", rich(step)));
    return el("section", "card faq",
      el("div", "card-head", el("h3", "", fact(c.title)), c.verified !== true && badge()),
      el("p", "text", rich(c.answer)), fact(c.city_text) && el("p", "", rich(c.city_text)),
      fact(c.city_source) && el("p", "basis", fill(W.referral.source, { source: fact(c.city_source) })),
      fact(c.fee) && el("p", "", fill(F.fee, { fee: fact(c.fee) })),
      fact(c.takes) && el("p", "", fill(F.takes, { takes: fact(c.takes) })),
      steps.length > 0 && folded(F.steps, el("ol", "", ...steps)),
      needed.length + perhaps.length > 0 && folded(F.materials,
        needed.length > 0 && el("p", "", F.needed), needed.length > 0 && el("ul", "", ...needed),
        perhaps.length > 0 && el("p", "", F.perhaps), perhaps.length > 0 && el("ul", "", ...perhaps)),
      c.overdue === true && el("p", "hint", rich(F.overdue)), c.read !== true && el("p", "hint", rich(F.unread)),
      el("p", "basis", fact(c.source) ? basis(fact(c.source), c.cited) : W.referral.no_source), el("p", "", page));
  }

  // The place in the queue moves: it stands in the line below the conversation, not on this card.
  function ticket(c) {
    return el("section", "card ticket", el("h3", "", W.ticket_title),
      el("p", "number", fact(c.number_shown) || fact(c.number)), el("p", "meta", W.ticket_use));
  }

  // Kinds this page has no layout for yet still say what they say.
  function other(c) {
    const head = fact(c.title) || fact(c.name) || (fact(c.number) && fill(W.ticket, { number: fact(c.number) }));
    const text = fact(c.text) || fact(c.answer) || fact(c.why);
    if (!head && !text) return null;
    return el("section", "card", head && el("h3", "", head), text && el("p", "text", rich(text)));
  }

  function cards(items) {
    const out = document.createDocumentFragment();
    let ordered = null;
    list(items).filter((c) => c && typeof c === "object").forEach((c) => {
      if (c.type === "referral") {
        if (!ordered) out.append(ordered = el("ol", "referrals"));
        ordered.append(referral(c, ordered.childElementCount + 1));
        return;
      }
      ordered = null;
      const layout = { place, notice, ticket, screening, law, faq }[c.type] || other;
      const node = layout(c);
      if (node) out.append(node);
    });
    return out;
  }

  function choices(entry, onChoice) {
    const box = el("div", "choices");
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", W.choices);
    list(entry.choices).forEach((c) => {
      const mine = entry.chosen === c.value;
      const button = el("button", mine ? "choice chosen" : "choice", mine && icon("check"), fact(c.title),
        mine && el("span", "sr", " " + W.chosen));
      button.type = "button";
      button.value = c.value;
      button.disabled = entry.chosen !== undefined || entry.stale === true;
      button.addEventListener("click", () => onChoice(entry, c));
      box.append(button);
    });
    return box;
  }

  function mine(entry, on) {
    const node = el("div", "msg me " + entry.status, el("span", "sr", W.me), el("p", "bubble", entry.text));
    if (entry.status === "failed") {
      const retry = el("button", "retry", W.retry);
      retry.type = "button";
      retry.addEventListener("click", () => on.retry(entry));
      const edit = entry.body && entry.body.text ? el("button", "ghost", W.edit) : null;
      if (edit) {
        edit.type = "button";
        edit.addEventListener("click", () => on.edit(entry));
      }
      node.append(el("div", "failure", el("p", "", el("strong", "", W.failed), " ", rich(entry.error || "")),
        el("div", "again", retry, edit)));
    }
    return node;
  }

  // entry.who: notice | line | hint | me | bot
  function render(entry, on) {
    let node;
    if (entry.who === "me") node = mine(entry, on);
    else if (entry.who === "hint") node = el("div", "msg bot", el("p", "bubble soft", rich(entry.text)));
    else if (entry.who === "notice") node = notice({ title: W.notice_title, text: entry.text });
    else {
      // In danger the number to call comes before any explanation.
      const urgent = (c) => Boolean(c) && c.type === "notice" && c.tone === "urgent";
      const person = entry.author === "operator";
      const speaker = person ? el("p", "speaker", fill(W.operator, { name: fact(entry.name) })) : el("span", "sr", W.bot);
      const kind = person ? "msg bot operator" : entry.author === "system" ? "msg bot system" : "msg bot";
      node = el("div", kind, speaker, cards(list(entry.cards).filter(urgent)),
        fact(entry.text) && el("p", "bubble", rich(entry.text)), cards(list(entry.cards).filter((c) => !urgent(c))),
        list(entry.choices).length > 0 && choices(entry, on.choice));
    }
    node.tabIndex = -1; // focus lands here when the button that was pressed goes away
    return node;
  }

  return { render, rich };
}

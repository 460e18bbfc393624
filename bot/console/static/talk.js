// What was said: residents, bot, operators, system told apart by words, not by colour alone.

import { el, fill } from "/static/view.js";
import { around, lawLink, sourced } from "./basis.js";
import { moment } from "./times.js";

const NEAR_PX = 120; // this close to the end, the reader follows the conversation
const list = (value) => (Array.isArray(value) ? value : []);
const order = (message) => Number(String(message.id).split(".").pop()) || 0;

// scroller() is the element that scrolls just now; on: retry(entry), edit(entry)
export function makeTalk(W, log, empty, fresh, scroller, on) {
  const T = W.talk;
  const said = new Map();    // message id → {message, node}
  const pending = new Map(); // entry id → node

  const facts = (...values) => values.filter(Boolean).join(T.facts);

  // What came out, what it was told, on which articles: three lines.
  function screening(c) {
    const said = list(c.facts).map((f) => fill(T.fact, { name: f.name, what: f.value }));
    const articles = new Map(list(c.reasons).filter((r) => r.about === "basis" && r.article)
      .map((r) => [r.article, sourced(r.article, r.cited)]));
    const names = Array.from(articles.values()).flatMap((nodes, n) => (n ? [T.and, ...nodes] : nodes));
    return [
      fill(T.screening, { name: c.title || "" }),
      said.length > 0 && fill(T.screening_facts, { facts: facts(...said) }),
      names.length > 0 && el("span", "", ...around(T.screening_basis, names)),
    ];
  }

  // An article's text, from where it stands among the others.
  function law(c) {
    const parts = [c.title && lawLink(c.title, c.url), c.text].filter(Boolean);
    return parts.length > 0 && el("span", "", ...parts.flatMap((part, n) => (n ? [T.facts, part] : [part])));
  }

  // Operators know the desks: any other card is one line here.
  function card(c) {
    if (c.type === "referral") return fill(c.desk && c.desk !== c.name ? T.referral_desk : T.referral, c);
    if (c.type === "place") return fill(T.place, { facts: facts(c.name, c.address, c.phone) });
    if (c.type === "notice") return fill(T.notice, { facts: facts(c.title, c.text, ...list(c.calls).map((x) => x.number)) });
    if (c.type === "screening") return screening(c);
    if (c.type === "law") return law(c);
    if (c.type === "ticket") return fill(T.ticket, { number: c.number_shown || c.number || "" });
    return facts(c.title, c.name, c.text);
  }

  function render(m) {
    const author = T.authors[m.author] ? m.author : "system";
    const name = m.author_name && m.author_name !== T.authors[author] ? " " + m.author_name : "";
    const extras = [].concat(...list(m.cards).map(card)).filter(Boolean);
    const names = list(m.choices).map((c) => c.title).filter(Boolean).join(T.and);
    if (names) extras.push(fill(T.choices, { names }));
    const time = el("time", "", moment(m.at));
    time.dateTime = m.at;
    return el("div", "said-by " + author,
      el("p", "by", el("strong", "", T.authors[author] + name), " ", time),
      m.text && el("p", "words", m.text),
      extras.length > 0 && el("ul", "extras", ...extras.map((line) => el("li", "", line))));
  }

  function renderPending(entry) {
    const node = el("div", "said-by operator " + entry.status,
      el("p", "by", el("strong", "", T.me), " ", entry.status === "sending" && el("span", "soft", T.sending)),
      el("p", "words", entry.text));
    if (entry.status === "failed") {
      const retry = el("button", "", T.retry);
      const edit = el("button", "", T.edit);
      retry.type = edit.type = "button";
      retry.addEventListener("click", () => on.retry(entry));
      edit.addEventListener("click", () => on.edit(entry));
      node.append(el("div", "alert", el("p", "", el("strong", "", T.failed), " ", entry.error || ""),
        el("div", "buttons", retry, edit)));
    }
    return node;
  }

  function atEnd() {
    const box = scroller();
    return box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX;
  }

  function toEnd() {
    const box = scroller();
    box.scrollTop = box.scrollHeight;
    fresh.hidden = true;
  }

  // Whoever reads further up is not pulled away, only told.
  function following(change, always) {
    const follow = always || atEnd();
    if (!change()) return;
    if (follow) toEnd();
    else fresh.hidden = false;
  }

  // Where it belongs, since a reply's own answer may overtake what was said before it.
  function insert(m) {
    if (said.has(m.id)) return false;
    let next = null;
    said.forEach((x) => {
      if (order(x.message) > order(m) && (!next || order(x.message) < order(next.message))) next = x;
    });
    const node = render(m);
    log.insertBefore(node, next ? next.node : pending.values().next().value || null);
    said.set(m.id, { message: m, node });
    empty.hidden = true;
    return true;
  }

  // A new entry, or the same one in another state.
  function putPending(entry) {
    const old = pending.get(entry.id);
    const node = renderPending(entry);
    if (old) old.replaceWith(node);
    else log.append(node);
    pending.set(entry.id, node);
    empty.hidden = true;
  }

  function dropPending(entry) {
    const node = pending.get(entry.id);
    if (node) node.remove();
    pending.delete(entry.id);
  }

  fresh.addEventListener("click", () => { toEnd(); log.focus({ preventScroll: true }); });
  [log, log.closest(".ticket")].forEach((box) => box.addEventListener("scroll", () => { if (atEnd()) fresh.hidden = true; }));

  return {
    // Another ticket: nothing said yet, only what is still on its way.
    turnTo(entries) {
      log.setAttribute("aria-live", "off"); // what is only read again is not news
      said.forEach((x) => x.node.remove());
      pending.forEach((node) => node.remove());
      said.clear();
      pending.clear();
      empty.hidden = fresh.hidden = true;
      entries.forEach(putPending);
    },
    begin(transcript) {
      transcript.forEach(insert);
      empty.hidden = said.size + pending.size > 0;
      setTimeout(() => log.setAttribute("aria-live", "polite"), 300);
    },
    add: (...messages) => following(() => messages.map(insert).some(Boolean)),
    put: (entry) => following(() => { putPending(entry); return true; }, true),
    drop: dropPending,
    toEnd,
  };
}

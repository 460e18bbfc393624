// One ticket: its number and marks, the facts, the summary, what happened, and what may be done.

import { el, fill } from "/static/view.js";
import { moment } from "./times.js";

const list = (value) => (Array.isArray(value) ? value : []);

// The deeds that the server would let this operator do.
export function allowed(t) {
  if (t.state === "closed") return new Set(["note"]);
  if (t.state !== "taken") return new Set(["claim", "note", "close"]);
  if (!t.owner.mine) return new Set(["note"]);
  const talking = t.conversation_state === "operator";
  return new Set(talking ? ["reply", "note", "transfer", "handback", "close"] : ["note", "close"]);
}

export function makeTicket(W, root) {
  const T = W.ticket;
  const $ = (id) => document.getElementById(id);

  function tel(number) {
    const a = el("a", "tel", number);
    a.href = "tel:" + number.replace(/[^\d+]/g, "");
    return a;
  }

  function row(term, value) {
    return value && el("div", "row", el("dt", "", term), el("dd", "", value));
  }

  function facts(t) {
    const owner = t.owner.mine ? fill(T.mine, { name: t.owner.name }) : t.owner.name;
    const outcome = t.outcome && t.outcome.name + (t.outcome.note ? fill(T.note, { text: t.outcome.note }) : "");
    $("facts").replaceChildren(...[
      row(T.contact, t.contact && t.contact.phone && tel(t.contact.phone)),
      row(T.outcome, outcome),
      row(T.rating, t.rating && t.rating.name),
      row(T.place, t.place || t.city_name),
      row(T.matter, t.matter_name || T.unknown),
      row(T.service, t.service_name || T.unknown),
      row(T.channel, t.channel_name),
      row(T.opened, moment(t.opened_at)),
      row(T.owner, owner),
    ].filter(Boolean));
  }

  function events(t) {
    $("events").replaceChildren(...list(t.events).map((e) =>
      el("li", "", el("span", "soft", [moment(e.at), e.actor].filter(Boolean).join(W.line.joint)), " ",
        el("strong", "", e.name || e.kind), e.text && el("p", "words", e.text))));
  }

  // Why nothing can be written here; "" when it can.
  function why(t) {
    if (allowed(t).has("reply")) return "";
    if (t.state === "taken") return t.owner.mine ? W.why.gone : fill(W.why.taken, { name: t.owner.name });
    return W.why[t.state];
  }

  function may(deeds) {
    root.querySelectorAll(".deeds [data-deed]").forEach((b) => { b.hidden = !deeds.has(b.dataset.deed); });
    $("reply").hidden = !deeds.has("reply");
  }

  return {
    why,
    clear() {
      $("number").textContent = W.loading;
      ["chips", "facts", "summary", "events"].forEach((id) => $(id).replaceChildren());
      $("why").hidden = true;
      may(new Set());
      root.classList.add("loading");
      root.scrollTo(0, 0);
    },
    show(t) {
      root.classList.remove("loading");
      $("number").textContent = fill(T.number, { number: t.number_shown });
      $("chips").replaceChildren(...[
        t.urgent_name && el("span", "chip urgent", fill(W.line.urgent, { name: t.urgent_name })),
        el("span", "chip " + t.state, T.states[t.state]),
      ].filter(Boolean));
      facts(t);
      events(t);
      $("summary").replaceChildren(...list(t.summary).map((line) => el("li", "", line)));
      $("why").textContent = why(t);
      $("why").hidden = !why(t);
      may(allowed(t));
    },
  };
}

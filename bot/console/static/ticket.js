// One ticket: its number and marks, the facts, the summary, what happened, and what may be done.

import { el, fill } from "/static/view.js";
import { now } from "./api.js";
import { summaryLines } from "./basis.js";
import { moment, standing } from "./times.js";

const list = (value) => (Array.isArray(value) ? value : []);

// The deeds that the server would let this operator do.
export function allowed(t, supervisor) {
  const deeds = new Set(["note"]);
  const more = (...names) => names.forEach((name) => deeds.add(name));
  if (t.second && t.second.mine) more("seconded");
  if (supervisor && t.escalated_at && t.state !== "closed") more("escalated");
  if (t.state === "closed") {
    more("correct");
    return deeds;
  }
  if (supervisor) more("reassign");
  more("judge");
  if (t.state === "taken" && !t.owner.mine) return deeds;
  if (t.owner.mine || supervisor) more("slip");
  if (t.owner.mine) more("pass-on");
  more("close", "second", "merge", "correct", "opponent", "complaint");
  if (!t.escalated_at) more("escalate");
  if (t.state !== "taken") {
    more("claim");
    if (t.suspended_until) more("resume");
    if (t.state === "open") more("suspend");
    return deeds;
  }
  if (t.conversation_state === "operator") {
    more("transfer", "suspend");
    if (!t.spoken) more("reply", "handback");
  }
  return deeds;
}

// on: deed(name) for the small buttons beside a fact
export function makeTicket(W, root, supervisor, on) {
  const T = W.ticket;
  const L = W.line;
  const $ = (id) => document.getElementById(id);

  function tel(number) {
    const a = el("a", "tel", number);
    a.href = "tel:" + number.replace(/[^\d+]/g, "");
    return a;
  }

  function row(term, ...values) {
    const some = values.filter(Boolean);
    return some.length > 0 && el("div", "row", el("dt", "", term), el("dd", "", ...some));
  }

  function change(deed, text, label) {
    const b = el("button", "small", text);
    b.type = "button";
    b.dataset.fact = label;
    b.setAttribute("aria-label", fill(T.change_for, { what: label }));
    b.addEventListener("click", () => on.deed(deed));
    return b;
  }

  function contact(t) {
    if (!t.contact || !t.contact.phone) return null;
    const safe = t.contact.safe === true ? T.safe : t.contact.safe === false ? T.unsafe : t.urgent_name ? T.unasked : "";
    return el("span", "", tel(t.contact.phone), safe && " ", safe && el("span", t.contact.safe ? "soft" : "chip urgent", safe));
  }

  function merged(t) {
    if (!t.merged_into) return null;
    const a = el("a", "", t.merged_into.replace(/(\d{4})(?=\d)/g, "$1 "));
    a.href = "/console?ticket=" + encodeURIComponent(t.merged_into);
    return a;
  }

  function facts(t) {
    const may = allowed(t, supervisor);
    const owner = t.owner.mine ? fill(T.mine, { name: t.owner.name }) : t.owner.name;
    const outcome = t.outcome && t.outcome.name + (t.outcome.note ? fill(T.note, { text: t.outcome.note }) : "");
    const correct = (label) => may.has("correct") && change("correct", T.change, label);
    const focused = root.contains(document.activeElement) && document.activeElement.dataset.fact;
    $("facts").replaceChildren(...[
      row(T.contact, contact(t)),
      row(T.outcome, outcome),
      row(T.merged, merged(t)),
      row(T.rating, t.rating && t.rating.name),
      row(T.place, t.place || t.city_name),
      row(T.matter, t.matter_name || T.unknown, " ", correct(T.matter)),
      row(T.service, t.service_name || T.unknown, " ", correct(T.service)),
      row(T.urgency, t.urgent_name || (t.urgent_judged ? T.calm : T.unjudged), " ", may.has("judge") && change("judge", T.change, T.urgency)),
      row(T.party, t.party_name),
      row(T.opponent, t.opponent || T.unknown, " ", may.has("opponent") && change("opponent", t.opponent ? T.change : T.fill, T.opponent)),
      row(T.consent, t.consent_at && fill(T.consented, { what: moment(t.consent_at) })),
      row(T.channel, t.channel_name),
      row(T.opened, moment(t.opened_at)),
      row(T.responsible, t.responsible),
      row(T.owner, owner),
      row(T.second, t.second && t.second.name),
    ].filter(Boolean));
    const back = focused && Array.from($("facts").querySelectorAll("button")).find((b) => b.dataset.fact === focused);
    if (back) back.focus({ preventScroll: true });
  }

  function events(t) {
    $("events").replaceChildren(...list(t.events).map((e) =>
      el("li", "", el("span", "soft", [moment(e.at), e.actor].filter(Boolean).join(L.joint)), " ",
        el("strong", "", e.name || e.kind), e.text && el("p", "words", e.text))));
  }

  // Why nothing can be written here; "" when it can.
  function why(t) {
    if (allowed(t, supervisor).has("reply")) return "";
    if (t.state === "taken" && !t.owner.mine) return fill(W.why.taken, { name: t.owner.name });
    if (t.spoken && t.state !== "closed") return W.why.spoken;
    return t.state === "taken" ? W.why.gone : W.why[t.state];
  }

  function may(deeds) {
    root.querySelectorAll(".deeds [data-deed]").forEach((b) => { b.hidden = !deeds.has(b.dataset.deed); });
    $("more").hidden = !$("more").querySelector("[data-deed]:not([hidden])");
    $("reply").hidden = !deeds.has("reply");
  }

  function chips(t) {
    const late = standing(t.sla);
    const until = t.state === "open" && Date.parse(t.suspended_until);
    return [
      t.urgent_name && el("span", "chip urgent", fill(L.urgent, { name: t.urgent_name })),
      el("span", "chip " + t.state, T.states[t.state]),
      late && el("span", "chip late " + late, L.standing[late]),
      t.escalated_at && t.state !== "closed" && el("span", "chip urgent", L.escalated),
      t.slip && el("span", "chip slip " + t.slip, L.slips[t.slip] || t.slip),
      t.last_slip && t.last_slip.due_text && el("span", "chip" + (t.last_slip.overdue ? " urgent" : ""), t.last_slip.due_text),
      until && el("span", "chip", until > now() ? fill(L.until, { what: moment(t.suspended_until) }) : L.over),
    ].filter(Boolean);
  }

  return {
    why,
    clear() {
      $("number").textContent = W.loading;
      ["chips", "facts", "summary", "events"].forEach((id) => $(id).replaceChildren());
      $("why").hidden = true;
      $("more").open = false;
      may(new Set());
      root.classList.add("loading");
      root.scrollTo(0, 0);
    },
    show(t) {
      root.classList.remove("loading");
      $("number").textContent = fill(T.number, { number: t.number_shown });
      $("chips").replaceChildren(...chips(t));
      facts(t);
      events(t);
      $("summary").replaceChildren(...summaryLines(t));
      $("why").textContent = why(t);
      $("why").hidden = !why(t);
      may(allowed(t, supervisor));
    },
  };
}

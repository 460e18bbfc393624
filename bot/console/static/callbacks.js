// 回电: the calls to make. The number is on the ticket, which says so when somebody looks at it.

import { el, fill } from "/static/view.js";
import { call } from "./api.js";
import { STEP, tellRest } from "./lists.js";

const LOOK_MS = 60000;

// group: a section of the list {section, n, list, rest, shown}; on: open(number), done(text), failed(error)
export function makeCallbacks(W, group, on) {
  const C = W.callbacks;
  let there = true; // whether the server knows of call-backs
  let same = "";
  let found = [];

  function button(text, label, number, path) {
    const b = el("button", "small", text);
    b.type = "button";
    b.setAttribute("aria-label", fill(label, { number }));
    b.addEventListener("click", async () => {
      if (b.getAttribute("aria-disabled")) return;
      b.setAttribute("aria-disabled", "true");
      try {
        await call("POST", path);
        on.done(C.done);
      } catch (e) {
        on.failed(e);
      } finally {
        b.removeAttribute("aria-disabled");
        look();
      }
    });
    return b;
  }

  function line(one) {
    const link = el("a", "line",
      el("span", "first", el("strong", "what", one.matter_name || C.unsorted), el("span", "wait", one.when)),
      el("span", "marks", (one.first || one.urgent_name) && el("span", "chip urgent", one.first || one.urgent_name),
        one.overdue && el("span", "chip late broken", C.overdue),
        one.safe === false && el("span", "chip urgent", C.unsafe),
        one.safe === null && (one.first || one.urgent_name) && el("span", "chip urgent", C.unasked)),
      one.trouble && el("span", "said", one.trouble),
      el("span", "soft", [one.number_shown, one.tries > 0 && fill(C.tried, { n: one.tries })].filter(Boolean).join(W.line.joint)));
    link.href = "/console?ticket=" + encodeURIComponent(one.number);
    link.classList.toggle("pressing", Boolean(one.first || one.urgent_name));
    link.addEventListener("click", (e) => {
      if (e.ctrlKey || e.metaKey || e.shiftKey) return;
      e.preventDefault();
      on.open(one.number);
    });
    const path = (deed) => "/callbacks/" + one.id + "/" + deed;
    return el("li", "", link, el("div", "answers buttons",
      button(C.reached, C.reached_for, one.number_shown, path("reached")),
      button(C.missed, C.missed_for, one.number_shown, path("missed")),
      button(C.cancel, C.cancel_for, one.number_shown, path("cancel"))));
  }

  function mark(number) {
    group.list.querySelectorAll("a").forEach((a) => {
      if (number && a.href.endsWith("=" + number)) a.setAttribute("aria-current", "true");
      else a.removeAttribute("aria-current");
    });
  }

  function show(data, number) {
    const next = JSON.stringify(data.callbacks);
    if (next === same) return;
    same = next;
    found = data.callbacks;
    draw(number);
  }

  function draw(number) {
    const focused = group.list.contains(document.activeElement);
    group.list.replaceChildren(...found.slice(0, group.shown).map(line));
    group.n.textContent = String(found.length);
    group.section.hidden = found.length === 0;
    tellRest(W, group, found.length - group.shown);
    mark(number);
    const first = focused && group.list.querySelector("a");
    if (first) first.focus({ preventScroll: true });
  }

  let open = null;
  let timer = 0;

  function look() {
    if (!there || document.hidden) return;
    call("GET", "/callbacks").then((data) => show(data, open), (e) => { if (e.status === 404) there = false; });
  }

  group.rest.addEventListener("click", () => {
    const before = group.shown;
    group.shown += STEP;
    draw(open);
    const next = group.list.children[before];
    if (group.rest.hidden && next) next.querySelector("a").focus({ preventScroll: true });
  });
  setInterval(look, LOOK_MS);
  document.addEventListener("visibilitychange", look);

  return {
    look,
    // News of tickets: perhaps of a call-back too; once for a burst.
    soon() {
      clearTimeout(timer);
      timer = setTimeout(look, 1000);
    },
    turnTo(number) {
      open = number;
      mark(number);
    },
  };
}

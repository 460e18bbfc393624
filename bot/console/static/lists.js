// The list on the left: groups of lines that change without losing the focus, or the place under a pointer.

import { el, fill } from "/static/view.js";
import { now } from "./api.js";
import { ago, moment, standing, waited } from "./times.js";

const GROUPS = ["escalated", "offered", "waiting", "mine", "second", "callbacks", "open", "suspended", "others"];
const ALWAYS = ["waiting", "mine", "open"]; // shown with a word when they are empty
export const STEP = 100; // lines of a group that are drawn at first, and how many more at a time
const STILL_MS = 2000; // a pointer that has not moved for so long is not about to click

export function groupOf(line, supervisor) {
  if (line.offered_to_me && line.state === "waiting") return "offered";
  if (line.state === "taken" && line.owner.mine) return "mine";
  if (line.second && line.second.mine) return "second";
  if (supervisor && line.escalated_at) return "escalated";
  if (line.state === "taken") return "others";
  if (line.state === "waiting") return "waiting";
  return Date.parse(line.suspended_until) > now() ? "suspended" : "open";
}

// A group with more lines than it draws: how many are left, and the button for the next of them.
export function tellRest(W, group, left) {
  group.rest.hidden = left <= 0;
  group.rest.textContent = fill(W.rest, { n: left, number: Math.min(left, STEP) });
}

// on: open(number), claim(line), decline(line), more() (read on in the open tickets; a promise)
export function makeLists(W, root, find, supervisor, on) {
  const L = W.line;
  const groups = {};
  const nodes = new Map(); // number → {li, link, wait, line, same}
  const read = new Map();  // number → unread messages that were on the screen meanwhile
  let last = { lines: [], open: null };
  let outside = 0; // open tickets that the server has, and `lines` has not
  let movedAt = 0;
  let timer = 0;

  GROUPS.forEach((id) => {
    const title = el("h2", "", W.groups[id] + " ", el("span", "n"));
    const list = el("ul", "lines");
    const none = W.nobody[id] && el("p", "none soft", W.nobody[id]);
    const lead = id === "offered" && el("p", "none soft", W.offered_lead);
    const rest = el("button", "rest");
    rest.type = "button";
    rest.hidden = true;
    const section = el("section", "group " + id, title, none, lead, list, rest);
    section.hidden = !ALWAYS.includes(id);
    groups[id] = { section, n: title.lastChild, list, none, rest, shown: STEP };
    if (id !== "callbacks") rest.addEventListener("click", () => grow(id));
    root.append(section);
  });

  const what = (line) => [line.matter_name, line.service_name].filter(Boolean).join(L.joint) || L.unsorted;
  const place = (line) => line.place || line.city_name;
  const since = (line) => (line.waiting_since ? waited(line.waiting_since, L) : ago(line.last_at || line.opened_at, L));

  function unread(line) {
    const seen = Math.min(read.get(line.number) || 0, line.unread);
    read.set(line.number, seen);
    return line.unread - seen;
  }

  function marks(line, news) {
    const late = standing(line.sla);
    const until = Date.parse(line.suspended_until);
    return [
      line.urgent_name && ["urgent", fill(L.urgent, { name: line.urgent_name })],
      line.urgent_judged === false && ["", L.unjudged],
      late && ["late " + late, L.standing[late]],
      line.escalated_at && ["urgent", L.escalated],
      line.slip && ["slip " + line.slip, L.slips[line.slip] || line.slip],
      line.second && !line.second.mine && ["", fill(L.second, { name: line.second.name })],
      line.offered && !line.offered_to_me && ["", L.offered],
      line.state === "open" && until && ["", until > now() ? fill(L.until, { what: moment(line.suspended_until) }) : L.over],
      news > 0 && ["news", fill(L.unread, { n: news })],
    ].filter(Boolean);
  }

  function made(line) {
    const link = el("a", "line");
    link.href = "/console?ticket=" + encodeURIComponent(line.number);
    link.addEventListener("click", (e) => {
      if (e.ctrlKey || e.metaKey || e.shiftKey) return; // a tab of its own
      e.preventDefault();
      on.open(line.number);
    });
    const node = { li: el("li", "", link), link };
    nodes.set(line.number, node);
    return node;
  }

  // Yes or no to what is offered, without opening it first.
  function answers(node, line, group) {
    const there = node.li.children[1];
    if (group !== "offered") {
      if (there) there.remove();
      return;
    }
    if (there) return;
    const names = { what: what(line), place: place(line) };
    const button = (text, label, className, deed) => {
      const b = el("button", className, text);
      b.type = "button";
      b.setAttribute("aria-label", fill(label, names));
      b.addEventListener("click", deed);
      return b;
    };
    node.li.append(el("div", "answers buttons",
      button(L.claim, L.claim_for, "primary", () => on.claim(line)),
      button(L.decline, L.decline_for, "", () => on.decline(line))));
  }

  function draw(line, group, isOpen) {
    const node = nodes.get(line.number) || made(line);
    const news = unread(line);
    const chips = marks(line, news);
    const wait = since(line);
    if (isOpen) node.link.setAttribute("aria-current", "true");
    else node.link.removeAttribute("aria-current");
    node.group = group;
    answers(node, line, group);
    const same = JSON.stringify([what(line), wait, chips, line.trouble, place(line), line.channel_name, line.owner.name, line.contact]);
    if (node.same === same) return node.li;
    node.same = same;
    node.link.replaceChildren(...[
      el("span", "first", el("strong", "what", what(line)), el("span", "wait", wait)),
      chips.length > 0 && el("span", "marks", ...chips.map(([name, text]) => el("span", ("chip " + name).trim(), text))),
      line.trouble && el("span", "said", line.trouble),
      el("span", "soft", [place(line), line.channel_name, line.owner.name].filter(Boolean).join(L.joint)),
    ].filter(Boolean));
    node.link.classList.toggle("pressing", Boolean(line.urgent_name));
    return node.li;
  }

  // While somebody is about to click nothing moves away from under the pointer.
  function held() {
    return root.matches(":hover") && Date.now() - movedAt < STILL_MS;
  }

  function wanted(lines) {
    const digits = find.value.replace(/\D/g, "");
    const sorted = {};
    GROUPS.forEach((id) => { sorted[id] = []; });
    lines.forEach((line) => {
      if (!digits || line.number.includes(digits)) sorted[groupOf(line, supervisor)].push(line);
    });
    return sorted;
  }

  // The next lines of a group: those that are here, then those that the server still has.
  async function grow(id) {
    const group = groups[id];
    if (group.rest.getAttribute("aria-disabled")) return;
    const before = group.list.children.length;
    const focused = document.activeElement === group.rest;
    group.shown += STEP;
    if (id === "open" && outside > 0 && wanted(last.lines).open.length < group.shown) {
      group.rest.setAttribute("aria-disabled", "true");
      await on.more();
      group.rest.removeAttribute("aria-disabled");
    }
    movedAt = 0; // this is what the pointer has clicked for
    again();
    const next = group.list.children[before];
    // the button has gone, and the focus with it: on to the first of the new lines
    const lost = document.activeElement === document.body || document.activeElement === group.rest;
    if (focused && lost && group.rest.hidden && next) next.querySelector("a").focus({ preventScroll: true });
  }

  // `open` is the number of the ticket on the screen; its messages count as read while it is seen.
  function render(lines, open) {
    last = { lines, open };
    clearTimeout(timer);
    const focused = document.activeElement;
    lines.forEach((line) => {
      if (line.number === open && !document.hidden) read.set(line.number, line.unread);
    });
    const sorted = wanted(lines);
    if (held()) {
      timer = setTimeout(() => render(last.lines, last.open), STILL_MS);
      GROUPS.forEach((id) => sorted[id].forEach((line) => {
        const node = nodes.get(line.number);
        if (node && node.group === id) draw(line, id, line.number === open);
      }));
      return;
    }
    const drawn = new Set();
    GROUPS.filter((id) => id !== "callbacks").forEach((id) => {
      const group = groups[id];
      const all = sorted[id];
      const more = id === "open" ? outside : 0;
      const few = all.slice(0, group.shown);
      few.forEach((line) => drawn.add(line.number));
      few.map((line) => draw(line, id, line.number === open)).forEach((li, i) => {
        if (group.list.children[i] !== li) group.list.insertBefore(li, group.list.children[i] || null);
      });
      group.n.textContent = String(all.length + more);
      if (group.none) group.none.hidden = all.length + more > 0;
      tellRest(W, group, all.length - few.length + more);
      group.section.hidden = !ALWAYS.includes(id) && all.length === 0;
    });
    nodes.forEach((node, number) => {
      if (drawn.has(number)) return;
      node.li.remove();
      nodes.delete(number);
    });
    const there = new Set(lines.map((line) => line.number));
    Array.from(read.keys()).forEach((number) => { if (!there.has(number)) read.delete(number); });
    // Moving a line within the page takes its focus away.
    if (focused !== document.activeElement && root.contains(focused)) focused.focus({ preventScroll: true });
  }

  const again = () => render(last.lines, last.open);
  root.addEventListener("pointermove", (e) => { if (e.pointerType === "mouse") movedAt = Date.now(); });
  root.addEventListener("pointerleave", () => { movedAt = 0; again(); });
  find.addEventListener("input", again);
  find.form.addEventListener("submit", (e) => {
    e.preventDefault();
    const digits = find.value.replace(/\D/g, "");
    const first = root.querySelector(".line");
    if (digits.length === 12) on.open(digits);
    else if (digits && first) first.click();
  });

  return {
    render,
    what,
    place,
    tick: again,
    outside(n) { outside = n; },
    callbacks: groups.callbacks,
    // The line after (or before) the one that has the focus, or is open.
    step(by) {
      const links = Array.from(root.querySelectorAll(".line")).filter((a) => a.getClientRects().length);
      const at = links.findIndex((a) => a === document.activeElement);
      const from = at >= 0 ? at : links.findIndex((a) => a.hasAttribute("aria-current"));
      const next = links[from < 0 ? 0 : Math.max(0, Math.min(links.length - 1, from + by))];
      if (next) next.focus();
    },
    // The number of who waits next: what is offered first, then the list's own order.
    next() {
      const sorted = wanted(last.lines);
      const line = sorted.offered[0] || sorted.waiting.find((one) => one.number !== last.open);
      return line && line.number;
    },
  };
}

// The list on the left: groups of lines that change without losing the focus.

import { el, fill } from "/static/view.js";
import { ago, waited } from "./times.js";

const GROUPS = ["waiting", "mine", "open", "others"];

export function groupOf(line) {
  if (line.state === "taken") return line.owner.mine ? "mine" : "others";
  return line.state === "waiting" ? "waiting" : "open";
}

export function makeLists(W, root, onOpen) {
  const L = W.line;
  const groups = {};
  const nodes = new Map(); // number → {li, link, wait, line}
  const read = new Map();  // number → unread messages that were on the screen meanwhile

  GROUPS.forEach((id) => {
    const title = el("h2", "", W.groups[id] + " ", el("span", "n"));
    const list = el("ul", "lines");
    const none = W.nobody[id] && el("p", "none soft", W.nobody[id]);
    groups[id] = { section: el("section", "group " + id, title, none, list), n: title.lastChild, list, none };
    root.append(groups[id].section);
  });

  const what = (line) => [line.matter_name, line.service_name].filter(Boolean).join(L.joint) || L.unsorted;
  const place = (line) => line.place || line.city_name;
  const since = (line) => (line.waiting_since ? waited(line.waiting_since, L) : ago(line.last_at || line.opened_at, L));

  function unread(line) {
    const seen = Math.min(read.get(line.number) || 0, line.unread);
    read.set(line.number, seen);
    return line.unread - seen;
  }

  function draw(line, isOpen) {
    let node = nodes.get(line.number);
    if (!node) {
      const link = el("a", "line");
      link.href = "/console?ticket=" + encodeURIComponent(line.number);
      link.addEventListener("click", (e) => {
        if (e.ctrlKey || e.metaKey || e.shiftKey) return; // a tab of its own
        e.preventDefault();
        onOpen(line.number);
      });
      node = { li: el("li", "", link), link };
      nodes.set(line.number, node);
    }
    const news = unread(line);
    node.line = line;
    node.wait = el("span", "wait", since(line));
    const marks = [
      line.urgent_name && el("span", "chip urgent", fill(L.urgent, { name: line.urgent_name })),
      news > 0 && el("span", "chip news", fill(L.unread, { n: news })),
    ].filter(Boolean);
    node.link.replaceChildren(...[
      el("span", "first", el("strong", "what", what(line)), node.wait),
      marks.length > 0 && el("span", "marks", ...marks),
      line.trouble && el("span", "said", line.trouble),
      el("span", "soft", [place(line), line.channel_name, line.owner.name].filter(Boolean).join(L.joint)),
    ].filter(Boolean));
    node.link.classList.toggle("pressing", Boolean(line.urgent_name));
    if (isOpen) node.link.setAttribute("aria-current", "true");
    else node.link.removeAttribute("aria-current");
    return node.li;
  }

  // `open` is the number of the ticket on the screen; its messages count as read while it is seen.
  function render(lines, open) {
    const focused = document.activeElement;
    const numbers = new Set(lines.map((line) => line.number));
    nodes.forEach((node, number) => {
      if (numbers.has(number)) return;
      node.li.remove();
      nodes.delete(number);
      read.delete(number);
    });
    lines.forEach((line) => {
      if (line.number === open && !document.hidden) read.set(line.number, line.unread);
    });
    GROUPS.forEach((id) => {
      const group = groups[id];
      const wanted = lines.filter((line) => groupOf(line) === id).map((line) => draw(line, line.number === open));
      wanted.forEach((li, i) => { if (group.list.children[i] !== li) group.list.insertBefore(li, group.list.children[i] || null); });
      group.n.textContent = String(wanted.length);
      if (group.none) group.none.hidden = wanted.length > 0;
      group.section.hidden = id === "others" && wanted.length === 0;
    });
    // Moving a line within the page takes its focus away.
    if (focused !== document.activeElement && root.contains(focused)) focused.focus({ preventScroll: true });
  }

  return {
    render,
    what,
    place,
    tick: () => nodes.forEach((node) => { node.wait.textContent = since(node.line); }),
  };
}

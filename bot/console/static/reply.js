// Writing to the resident: one reply at a time, in order; what fails stays and can be sent again.

import { ApiError, uuid } from "/static/store.js";
import { fill } from "/static/view.js";
import { call, ticketPath } from "./api.js";

const LIMIT = 2000; // characters, counted as the server counts them (code points)
const WARN_FROM = 1800;
const TYPING_EVERY_MS = 3000;
const UNLOAD_MS = 3000; // a page that is being left is gone by then
const STALE_MS = 60000; // a tab that comes back later does not speak by itself
const size = (text) => Array.from(text).length;

// on: changed(number, entry, state) with state put | gone; sent(number, message); refused(number)
export function makeReply(W, form, box, count, memory, drafts, explain, on) {
  let number = null;
  let typedAt = 0;
  let kept = ""; // what the draft was last
  let left = 0; // when this page was last about to be left: what breaks off then has not failed
  const queues = new Map(); // number → promise of the last one

  function typed() {
    const n = size(box.value.trim());
    const over = n > LIMIT;
    count.textContent = over ? fill(W.count_over, { n: n - LIMIT })
      : n >= WARN_FROM ? fill(W.count_left, { n: LIMIT - n }) : "";
    count.classList.toggle("over", over);
    box.setAttribute("aria-invalid", String(over));
    if (number) memory.keepDraft(number, box.value);
    if (number && box.value !== kept) drafts.keep(number, box.value);
    kept = box.value;
  }

  function tellTyping() {
    if (!number || !box.value.trim() || Date.now() - typedAt < TYPING_EVERY_MS) return;
    typedAt = Date.now();
    call("POST", ticketPath(number, "typing")).catch(() => { /* nobody needs to know */ });
  }

  function change(of, entry, status, error) {
    const entries = memory.replies(of);
    if (!entries.some((e) => e.id === entry.id)) return; // it has arrived meanwhile
    Object.assign(entry, { status, error });
    memory.keepReplies(of, entries.map((e) => (e.id === entry.id ? entry : e)));
    on.changed(of, entry, "put");
  }

  function drop(of, entry) {
    memory.keepReplies(of, memory.replies(of).filter((e) => e.id !== entry.id));
    on.changed(of, entry, "gone");
  }

  async function deliver(of, entry) {
    try {
      const message = await call("POST", ticketPath(of, "reply"), { id: entry.id, text: entry.text });
      if (!message.id) throw new ApiError("server");
      drop(of, entry);
      on.sent(of, message);
    } catch (e) {
      if (Date.now() - left < UNLOAD_MS) await new Promise((later) => { setTimeout(later, UNLOAD_MS); });
      change(of, entry, "failed", explain(e));
      if (e.status === 409) on.refused(of);
    }
  }

  function enqueue(of, entry) {
    queues.set(of, (queues.get(of) || Promise.resolve()).then(() => deliver(of, entry)));
  }

  function submit() {
    const text = box.value.trim();
    if (!number || !text || size(text) > LIMIT) {
      box.focus();
      return;
    }
    const entry = { id: uuid(), text, status: "sending", at: Date.now() };
    memory.keepReplies(number, memory.replies(number).concat(entry));
    kept = box.value = "";
    drafts.said(number);
    typed();
    on.changed(number, entry, "put");
    enqueue(number, entry);
    box.focus();
  }

  window.addEventListener("beforeunload", () => { left = Date.now(); });
  form.addEventListener("submit", (e) => { e.preventDefault(); submit(); });
  box.addEventListener("input", () => { typed(); tellTyping(); });
  box.addEventListener("keydown", (e) => {
    // While an input method composes, Enter picks a candidate (229: Safari ends composition first).
    if (e.key !== "Enter" || e.shiftKey || e.isComposing || e.keyCode === 229) return;
    e.preventDefault();
    submit();
  });

  return {
    // The ticket that the box writes to; its draft comes back.
    turnTo(to) {
      number = to;
      kept = box.value = memory.draft(to);
      typed();
    },
    // What was written at another desk, where nothing has been written here.
    draftOf(of, draft) {
      drafts.known(of, draft);
      if (of !== number || box.value || !draft || memory.replies(of).length) return;
      kept = box.value = draft.text;
      typed();
    },
    // A canned answer goes where the cursor is: it is read before it is said.
    insert(text) {
      const start = box.selectionStart === undefined ? box.value.length : box.selectionStart;
      const before = box.value.slice(0, start);
      const joint = before.trim() && !/\s$/.test(before) ? "\n" : "";
      box.value = before + joint + text + box.value.slice(box.selectionEnd);
      const end = (before + joint + text).length;
      box.setSelectionRange(end, end);
      typed();
      box.focus();
    },
    retry(of, entry) {
      entry.at = Date.now();
      change(of, entry, "sending");
      enqueue(of, entry); // same id: the server says it once, however often it arrives
    },
    edit(of, entry) {
      drop(of, entry);
      box.value = [entry.text, box.value].filter((t) => t.trim()).join("\n");
      typed();
      box.focus();
    },
    // The stream may bring a reply before its own answer comes, or although that never comes.
    arrived(of, text) {
      const entry = memory.replies(of).find((e) => e.text === text);
      if (entry) drop(of, entry);
    },
    // After a reload nobody knows whether these arrived: said once more, for the server keeps one of each id.
    recover(of) {
      if (queues.has(of)) return;
      memory.keepReplies(of, memory.replies(of).map((e) => (
        e.status === "sending" && !(Date.now() - e.at < STALE_MS) ? Object.assign(e, { status: "failed", error: "" }) : e)));
      memory.replies(of).filter((e) => e.status === "sending").forEach((e) => enqueue(of, e));
    },
  };
}

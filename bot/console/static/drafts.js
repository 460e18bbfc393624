// Drafts on the server, so that another desk shows the same words; this tab's memory stays beside it.

import { call, ticketPath } from "./api.js";

const PAUSE_MS = 1500;
const LONGEST = 4000;

export function makeDrafts() {
  const timers = new Map(); // number → timer
  const sent = new Map();   // number → text that the server has

  function send(number, text) {
    clearTimeout(timers.get(number));
    timers.delete(number);
    if (sent.get(number) === text || Array.from(text).length > LONGEST) return;
    sent.set(number, text);
    call("PUT", ticketPath(number, "draft"), { text }).catch(() => sent.delete(number)); // kept in this tab
  }

  return {
    keep(number, text) {
      clearTimeout(timers.get(number));
      timers.set(number, setTimeout(() => send(number, text), PAUSE_MS));
    },
    // What the server has of a ticket that was just read.
    known(number, draft) {
      if (!timers.has(number)) sent.set(number, draft ? draft.text : "");
    },
    // It is being said: the reply itself clears it.
    said(number) {
      clearTimeout(timers.get(number));
      timers.delete(number);
      sent.set(number, "");
    },
  };
}

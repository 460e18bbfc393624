// The panel beside a conversation (assist.js), asked only while somebody has it open.

import { preference } from "/static/store.js";

const KEY = "wenfa.console.helper";
const LONGEST = 1000; // characters of the resident's own words

// words: content/assist.yml; on: insert(text), choose(axis, id)
export function makeHelper(words, box, root, on) {
  let panel = null;
  let about = null;

  async function show() {
    if (!about || !box.open) return;
    if (!panel) {
      const { makeAssist } = await import("./assist.js");
      panel = panel || makeAssist(words, root, on);
    }
    panel.about(about);
  }

  box.hidden = !words;
  box.open = Boolean(words) && preference(KEY) === "1";
  let asked = false; // by hand: what was folded away below the fold is brought into view
  box.firstElementChild.addEventListener("click", () => { asked = true; });
  box.addEventListener("toggle", () => {
    if (asked && box.open) box.scrollIntoView({ block: "start" });
    asked = false;
    preference(KEY, box.open ? "1" : "0");
    show();
  });

  return {
    about(t) {
      if (!words) return;
      const said = t.transcript.filter((m) => m.author === "resident").map((m) => m.text).filter(Boolean).join("\n");
      const next = { number: t.number, city: t.city, text: (said || t.trouble || "").slice(-LONGEST) };
      if (t.service) next.service = t.service;
      if (t.matter) next.matter = t.matter;
      if (t.region) next.region = t.region;
      if (t.urgent_name) next.urgent = t.urgent;
      if (JSON.stringify(next) === JSON.stringify(about)) return;
      about = next;
      show();
    },
    leave() { about = null; },
  };
}

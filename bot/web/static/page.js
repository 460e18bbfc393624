// Around the conversation: type size, room between the two bars, paper.

import { clear, preference } from "./store.js";

const root = document.documentElement;

export function typeSize(button, onChange) {
  function set(large) {
    root.classList.toggle("large", large);
    button.setAttribute("aria-pressed", String(large));
  }
  set(preference("wenfa.large") === "1");
  button.addEventListener("click", () => {
    const large = !root.classList.contains("large");
    set(large);
    preference("wenfa.large", large ? "1" : "0");
    onChange(large);
  });
}

// So that what the browser scrolls into view does not end up under a sticky bar.
export function makeRoom(name, bar) {
  if (!window.ResizeObserver) return;
  new ResizeObserver(() => {
    if (bar.isConnected) root.style.setProperty(name, bar.offsetHeight + "px");
  }).observe(bar);
}

// On paper nothing can be unfolded.
export function unfoldForPrint(part) {
  window.addEventListener("beforeprint", () => {
    part.querySelectorAll("details").forEach((d) => { d.open = true; });
  });
}

// Quick exit of a page beside the conversation.
export function leaveBy(link) {
  link.addEventListener("click", (e) => {
    e.preventDefault();
    clear(); // the conversation that this tab has come from
    document.title = "\u200b";
    document.body.textContent = ""; // blank at once, however slow the next page is
    window.location.replace("/leave"); // Back does not lead here again
  });
}

// Type as large as it was set in the conversation.
export function sameTypeSize() {
  root.classList.toggle("large", preference("wenfa.large") === "1");
}

// Around the conversation: type size, room between the two bars, paper.

import { preference } from "./store.js";

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

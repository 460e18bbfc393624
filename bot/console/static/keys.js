// Single keys, outside of fields only, and a dialog that says which; they can be switched off.

import { preference } from "/static/store.js";
import { el } from "/static/view.js";

const KEY = "wenfa.console.shortcut";
const FIELDS = "input:not([type=checkbox]), textarea, select, dialog[open]";

// deeds: {key: [word of W.keys, () => whether something was done]}
export function makeKeys(W, box, button, help, deeds) {
  const K = W.keys;
  const said = [
    ["/", K.reply], ["n", K.next], ["a", K.claim], ["j", K.down], ["k", K.up], ["c", K.close],
    ["t", K.transfer], ["b", K.note], ["s", K.slip], ["?", K.help], ["Esc", K.escape],
  ];
  help.querySelector("dl").replaceChildren(...said.map(([key, text]) =>
    el("div", "row", el("dt", "", el("kbd", "", key)), el("dd", "", text))));

  function open() {
    if (!help.open) help.showModal();
    return true;
  }

  box.checked = preference(KEY) !== "0";
  box.addEventListener("change", () => preference(KEY, box.checked ? "1" : "0"));
  button.addEventListener("click", open);
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || !box.checked || e.repeat && !"jk".includes(e.key)) return;
    if (e.target.closest(FIELDS)) return;
    const deed = e.key === "?" ? open : deeds[e.key];
    if (deed && deed()) e.preventDefault();
  });
}

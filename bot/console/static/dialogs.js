// The four questions before a deed. What was written stays when one is closed without doing it.

import { el } from "/static/view.js";

// act(deed, body) does it and raises ApiError; explain(error) → words
export function makeDialogs(W, act, explain) {
  const dialogs = new Map();

  function complain(form, text) {
    const alert = form.querySelector(".alert");
    alert.textContent = text;
    alert.hidden = !text;
  }

  function bodyOf(deed, form) {
    const text = form.elements.text.value.trim();
    if (deed === "note") return { text };
    const note = text || null;
    if (deed !== "close") return { note };
    const chosen = form.querySelector("input[name=outcome]:checked");
    return { outcome: chosen ? chosen.value : "", note };
  }

  document.querySelectorAll("dialog form").forEach((form) => {
    const dialog = form.closest("dialog");
    const deed = form.dataset.deed;
    dialogs.set(deed, dialog);
    form.querySelector(".cancel").addEventListener("click", () => dialog.close());
    form.addEventListener("submit", async (e) => {
      e.preventDefault();
      const body = bodyOf(deed, form);
      if (body.text === "") {
        complain(form, W.write_note);
        form.elements.text.focus();
        return;
      }
      if (body.outcome === "") {
        complain(form, W.choose_outcome);
        form.querySelector("input[name=outcome]").focus();
        return;
      }
      const submit = form.querySelector("[type=submit]");
      if (submit.getAttribute("aria-disabled")) return; // once is enough
      submit.setAttribute("aria-disabled", "true");
      complain(form, "");
      try {
        await act(deed, body, () => dialog.close());
        form.reset();
      } catch (error) {
        complain(form, explain(error));
      } finally {
        submit.removeAttribute("aria-disabled");
      }
    });
  });

  return {
    open(deed, outcomes) {
      const dialog = dialogs.get(deed);
      const box = dialog.querySelector(".outcomes");
      complain(dialog.querySelector("form"), "");
      if (box && box.childElementCount !== outcomes.length) {
        box.replaceChildren(...outcomes.map((o) => {
          const radio = el("input");
          Object.assign(radio, { type: "radio", name: "outcome", value: o.id });
          return el("label", "", radio, " ", o.name);
        }));
      }
      dialog.showModal();
    },
    // Another ticket: nothing written for the last one may be said of this one.
    reset() {
      dialogs.forEach((dialog) => {
        if (dialog.open) dialog.close();
        dialog.querySelector("form").reset();
      });
    },
  };
}

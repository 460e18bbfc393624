// The questions before a deed. What was written stays when one is closed without doing it.

import { el, fill } from "/static/view.js";
import { call, ticketPath } from "./api.js";
import { makeDesks } from "./desks.js";
import { field, fromField } from "./times.js";

const MORNING = 9; // a ticket that is put aside comes back at this hour of the next day
const NUMBER = 12; // digits

// act(deed, body, done) does it and raises ApiError; explain(error) → words;
// alike(detail) → lines that may be of the same trouble
export function makeDialogs(W, act, explain, alike) {
  const dialogs = new Map();
  const desks = makeDesks(W, document.querySelector("form[data-deed=slip]"), (e) => complain(formOf("slip"), explain(e)));
  let labels = null; // {services, matters, urgent}

  const formOf = (deed) => dialogs.get(deed).querySelector("form");

  function complain(form, text) {
    const alert = form.querySelector(".alert");
    alert.textContent = text;
    alert.hidden = !text;
  }

  // [body, what is wrong, the field that it is about]
  function filledIn(deed, form) {
    const fields = form.elements;
    const text = fields.text ? fields.text.value.trim() : "";
    if (fields.text && fields.text.required && !text) return [null, W.write_note, fields.text];
    const note = text || null;
    switch (deed) {
      case "note": return [{ text }];
      case "close": {
        const chosen = form.querySelector("input[name=outcome]:checked");
        return chosen ? [{ outcome: chosen.value, note }]
          : [null, W.choose_outcome, form.querySelector("input[name=outcome]")];
      }
      case "second":
      case "reassign": {
        const username = fields.username.value;
        return username ? [{ username, note }] : [null, W.choose_colleague, fields.username];
      }
      case "suspend": {
        const until = fromField(fields.until.value);
        return until ? [{ until, note }] : [null, W.choose_time, fields.until];
      }
      case "merge": {
        const into = fields.into.value.replace(/\D/g, "");
        return into.length === NUMBER ? [{ into }] : [null, W.choose_ticket, fields.into];
      }
      case "correct": {
        const body = {};
        ["service", "matter"].forEach((axis) => {
          const select = fields[axis];
          if (select.value && select.value !== select.dataset.before) body[axis] = select.value;
        });
        return Object.keys(body).length ? [body] : [null, W.choose_change, fields.matter];
      }
      case "judge": {
        const { value, dataset } = fields.urgent;
        return value !== dataset.before ? [{ urgent: value }] : [null, W.choose_urgency, fields.urgent];
      }
      case "opponent": return [{ name: fields.name.value.trim() }];
      case "slip": {
        if (!fields.place.value) return [null, W.choose_desk, fields.place];
        if (!fields.consent.checked) return [null, W.need_consent, fields.consent];
        return [{ service: desks.service(), place: fields.place.value, request: text, consent: true }];
      }
      case "complaint": return [{ provider: fields.provider.value, text }];
      case "pass-on": {
        const chosen = form.querySelector("input[name=system]:checked");
        if (!chosen) return [null, W.choose_system, form.querySelector("input[name=system]")];
        if (!fields.consent.checked) return [null, W.need_consent, fields.consent];
        return [{ system: chosen.value, consent: true, note }];
      }
      default: return [{ note }];
    }
  }

  document.querySelectorAll("dialog form[data-deed]").forEach((form) => {
    const dialog = form.closest("dialog");
    const deed = form.dataset.deed;
    dialogs.set(deed, dialog);
    form.querySelector(".cancel").addEventListener("click", () => dialog.close());
    form.addEventListener("submit", async (e) => {
      e.preventDefault();
      const [body, problem, at] = filledIn(deed, form);
      if (!body) {
        complain(form, problem);
        if (at) at.focus();
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

  function radios(box, name, items) {
    box.replaceChildren(...items.map((item) => {
      const radio = el("input");
      Object.assign(radio, { type: "radio", name, value: item.id });
      return el("label", "", radio, " ", item.name);
    }));
  }

  function options(select, items, chosen) {
    select.replaceChildren(...items.map((item) => {
      const option = el("option", "", item.name);
      option.value = item.id;
      return option;
    }));
    select.value = chosen || "";
  }

  const prepare = {
    close(form, t) {
      const box = form.querySelector(".outcomes");
      if (box.childElementCount !== t.outcomes.length) radios(box, "outcome", t.outcomes);
    },
    async colleague(form, t) {
      const select = form.elements.username;
      const before = select.value;
      const { colleagues } = await call("GET", ticketPath(t.number, "colleagues"));
      if (form.dataset.number !== t.number) return;
      const some = colleagues.map((one) => ({ id: one.username, name: one.on_duty ? fill(W.on_duty, one) : one.name }));
      options(select, [{ id: "", name: some.length ? W.choose_colleague : W.nobody_there }, ...some], before);
    },
    suspend(form) {
      const until = form.elements.until;
      until.min = field(0);
      if (!until.value) until.value = field(1, MORNING);
    },
    merge(form, t) {
      const some = alike(t);
      const box = form.querySelector(".candidates");
      box.hidden = !some.length;
      radios(box.querySelector(".outcomes"), "candidate", some);
      box.onchange = (e) => { form.elements.into.value = e.target.value; };
    },
    async judge(form, t) {
      labels = labels || await call("GET", "/tickets/labels");
      if (form.dataset.number !== t.number) return;
      const now = t.urgent_judged ? t.urgent : "";
      const unjudged = now ? [] : [{ id: "", name: W.ticket.unjudged }];
      options(form.elements.urgent, [...unjudged, ...labels.urgent], now);
      form.elements.urgent.dataset.before = now;
    },
    async correct(form, t) {
      labels = labels || await call("GET", "/tickets/labels");
      if (form.dataset.number !== t.number) return;
      ["matter", "service"].forEach((axis) => {
        const select = form.elements[axis];
        const unknown = t[axis] ? [] : [{ id: "", name: W.ticket.unknown }];
        options(select, [...unknown, ...labels[axis + "s"]], t[axis]);
        select.dataset.before = t[axis] || "";
      });
    },
    opponent(form, t) {
      if (!form.elements.name.value) form.elements.name.value = t.opponent || "";
    },
    slip: (form, t) => desks.open(t),
  };
  prepare.second = prepare.reassign = prepare.colleague;

  return {
    has: (deed) => dialogs.has(deed),
    open(deed, t) {
      const form = formOf(deed);
      complain(form, "");
      form.dataset.number = t.number;
      const ready = prepare[deed] && prepare[deed](form, t);
      if (ready) ready.catch((e) => complain(form, explain(e)));
      dialogs.get(deed).showModal();
    },
    // Another ticket: nothing written for the last one may be said of this one.
    reset() {
      dialogs.forEach((dialog) => {
        if (dialog.open) dialog.close();
        const form = dialog.querySelector("form");
        form.dataset.number = "";
        form.reset();
      });
    },
  };
}

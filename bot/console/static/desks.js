// Where a ticket may be passed on to: what it is about, then who near by does that.

import { el, fill } from "/static/view.js";
import { call, ticketPath } from "./api.js";

const PAUSE_MS = 400;

// form: the dialog of a slip; failed(error)
export function makeDesks(W, form, failed) {
  const { service, find, place } = form.elements;
  let offers = { desks: [], found: [] };
  let number = null;
  let timer = 0;

  function options(select, items) {
    const before = select.value;
    select.replaceChildren(...items.map((item) => {
      const option = el("option", "", item.name);
      option.value = item.id;
      return option;
    }));
    if (items.some((item) => item.id === before)) select.value = before;
  }

  const where = (one) => (one.address ? fill(W.nearest, { name: one.name, what: one.address }) : one.name);

  // What was looked for goes before what the rules say.
  function places() {
    if (find.value.trim()) {
      const some = offers.found.map((one) => ({ id: one.id, name: one.name }));
      options(place, some.length ? some : [{ id: "", name: W.nothing_found }]);
      return;
    }
    const chosen = offers.desks.find((one) => one.service === service.value);
    const some = chosen ? chosen.places.map((one) => ({ id: one.id, name: where(one) })) : [];
    options(place, [{ id: "", name: some.length ? W.choose_desk : W.nothing_found }, ...some]);
  }

  async function load() {
    const asked = number;
    const q = find.value.trim();
    const data = await call("GET", ticketPath(asked, "desks") + (q ? "?q=" + encodeURIComponent(q) : ""));
    if (asked !== number || q !== find.value.trim()) return;
    offers = data;
    options(service, data.desks.map((one) => ({ id: one.service, name: one.name })));
    places();
  }

  service.addEventListener("change", places);
  find.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => load().catch(failed), PAUSE_MS);
  });

  return {
    open(t) {
      number = t.number;
      form.elements.consent.checked = false; // another desk needs another yes
      return load();
    },
    // A place that does not do what was chosen is asked for what it does.
    service() {
      const found = find.value.trim() && offers.found.find((one) => one.id === place.value);
      if (!found || found.services.some((one) => one.id === service.value)) return service.value;
      return found.services.length ? found.services[0].id : service.value;
    },
  };
}

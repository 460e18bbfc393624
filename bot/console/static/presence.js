// 在岗、暂离、下班: what the operator says of themselves, how many at once, who else is there.

import { el, fill } from "/static/view.js";
import { call } from "./api.js";

const LOOK_MS = 30000;

// Hidden where the server does not know of duty. on: said(text), failed(error)
export function makePresence(W, form, on) {
  const D = W.duty;
  const state = form.querySelector("#presence");
  const atOnce = form.querySelector("#at-once");
  const colleagues = form.querySelector("#colleagues");
  let me = null;

  Object.keys(D.states).forEach((id) => {
    const option = el("option", "", D.states[id]);
    option.value = id;
    state.append(option);
  });

  function show(data) {
    me = data.me;
    form.hidden = !me;
    if (!me) return;
    if (document.activeElement !== state) state.value = me.state;
    if (document.activeElement !== atOnce) atOnce.value = me.at_once;
    form.dataset.state = me.state;
    const there = data.colleagues.filter((one) => one.present).length + (me.state === "on" ? 1 : 0);
    colleagues.textContent = fill(D.colleagues, { n: there });
  }

  function look() {
    if (document.hidden) return;
    call("GET", "/duty").then(show, (e) => { if (e.status === 404) form.hidden = true; });
  }

  async function say(body, text) {
    try {
      show(await call("PUT", "/duty", body));
      on.said(text());
    } catch (e) {
      if (me) {
        state.value = me.state;
        atOnce.value = me.at_once;
      }
      on.failed(e);
    }
  }

  form.addEventListener("submit", (e) => { e.preventDefault(); atOnce.blur(); });
  state.addEventListener("change", () => say({ state: state.value }, () => fill(D.now, { name: D.states[state.value] })));
  atOnce.addEventListener("change", () => {
    const n = Math.round(Number(atOnce.value));
    if (n >= 1 && n <= 20) say({ at_once: n }, () => fill(D.at_once, { n }));
    else if (me) atOnce.value = me.at_once;
  });
  document.addEventListener("visibilitychange", look);
  setInterval(look, LOOK_MS);

  return { look };
}

// A short tone when somebody needs this operator; off until it is asked for, and then remembered.

import { preference } from "/static/store.js";

const KEY = "wenfa.console.sound";
const APART_MS = 1500; // a burst of news is one tone
const TONES = [660, 880]; // hertz
const LONG_S = 0.12;
const LOUD = 0.12;

export function makeAlerts(W, button) {
  const D = W.duty;
  let context = null;
  let at = 0;
  let on = preference(KEY) === "1";

  function show() {
    button.setAttribute("aria-pressed", String(on));
    button.textContent = on ? D.sound_on : D.sound_off;
  }

  // A browser lets a page sound only after somebody has touched it.
  function ready() {
    const Context = window.AudioContext || window.webkitAudioContext;
    if (!Context) return null;
    context = context || new Context();
    if (context.state === "suspended") context.resume().catch(() => { /* not yet touched */ });
    return context;
  }

  function tone() {
    const audio = on && Date.now() - at > APART_MS && ready();
    if (!audio) return;
    at = Date.now();
    TONES.forEach((hertz, i) => {
      const begins = audio.currentTime + i * LONG_S;
      const source = audio.createOscillator();
      const volume = audio.createGain();
      source.frequency.value = hertz;
      volume.gain.setValueAtTime(0, begins);
      volume.gain.linearRampToValueAtTime(LOUD, begins + 0.01);
      volume.gain.linearRampToValueAtTime(0, begins + LONG_S);
      source.connect(volume).connect(audio.destination);
      source.start(begins);
      source.stop(begins + LONG_S);
    });
  }

  button.addEventListener("click", () => {
    on = !on;
    preference(KEY, on ? "1" : "0");
    show();
    at = 0;
    tone(); // this is what it sounds like
  });
  if (on) document.addEventListener("pointerdown", ready, { once: true });
  show();

  return { tone };
}

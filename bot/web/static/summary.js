// The summary on paper: the print button, and a way out that leaves nothing behind.

import { leaveBy, unfoldForPrint } from "./page.js";

unfoldForPrint(document.body);
const print = document.getElementById("print");
print.hidden = false;
print.addEventListener("click", () => window.print());

leaveBy(document.getElementById("leave"));

// Left in another tab meanwhile, or kept by the browser for its Back: the server says what there is.
window.addEventListener("pageshow", (e) => { if (e.persisted) window.location.reload(); });
document.addEventListener("visibilitychange", async () => {
  if (document.hidden) return;
  try {
    const answer = await fetch(window.location.href, { cache: "no-store", credentials: "same-origin" });
    if (answer.status === 404) window.location.reload();
  } catch (_) { /* no network: nobody can tell */ }
});

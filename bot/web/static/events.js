// What arrives without being asked for: an operator's words, the place in the queue, another tab's
// messages. The browser's own EventSource reconnects after a lost network; a refusal it gives up on
// is tried again here, more and more slowly.

const FIRST_RETRY_MS = 2000;
const LAST_RETRY_MS = 30000;

// on: { message, state, typing, lost(isLost), gone() }; `after` gives the id of the last message.
export function listen(url, after, on) {
  let source = null;
  let timer = 0;
  let wait = FIRST_RETRY_MS;
  let closed = false;

  function open() {
    const last = after();
    source = new EventSource(url + (last ? "&after=" + encodeURIComponent(last) : ""));
    for (const kind of ["message", "state", "typing"]) {
      source.addEventListener(kind, (event) => {
        wait = FIRST_RETRY_MS;
        on.lost(false);
        on[kind](JSON.parse(event.data));
      });
    }
    source.addEventListener("open", () => on.lost(false));
    source.addEventListener("error", () => {
      on.lost(true);
      if (source.readyState !== EventSource.CLOSED || closed) return; // it reconnects by itself
      timer = setTimeout(open, wait);
      wait = Math.min(wait * 2, LAST_RETRY_MS);
    });
  }

  open();
  return {
    close() {
      closed = true;
      clearTimeout(timer);
      source.close();
    },
  };
}

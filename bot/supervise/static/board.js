// Keeps the live board as it is now: asks every few seconds, writes into the places of board.html.

const ADDRESS = "/api/v1/board";
const EVERY_MS = 4000;
const TIMEOUT_MS = 10000;

const place = (id) => document.getElementById(id);
const board = place("board");
const marks = JSON.parse(board.dataset.marks);
let last = place("at").textContent;

// columns: [key, class] of a cell; a key "link" is the ticket's number, which opens it
const TABLES = {
  waits: [["link"], ["urgent_name"], ["matter_name"], ["place"], ["wait_text"], ["standing_name", "standing"]],
  asked: [["link"], ["kind_name"], ["owner"], ["asked"]],
  operators: [["name"], ["presence_name"], ["talking", "n"], ["closed_today", "n"], ["first_reply_text"]],
  opponents: [["opponent"], ["count", "n"], ["matters"], ["towns"]],
};

function cell(one, [key, name]) {
  const made = document.createElement("td");
  if (name) made.className = name;
  if (key === "presence_name") made.className = one.presence;
  if (key === "link") {
    const link = document.createElement("a");
    link.href = one.url;
    link.textContent = one.number_shown;
    made.append(link);
  } else {
    made.textContent = one[key];
  }
  return made;
}

function row(one, columns) {
  const made = document.createElement("tr");
  if (one.standing) made.className = one.standing;
  made.append(...columns.map((column) => cell(one, column)));
  return made;
}

// Only what has changed is written: whoever stands on a link, or reads a row, is not thrown off it.
function renew(id, rows) {
  const body = place(id + "-rows");
  rows.forEach((one, at) => {
    const made = row(one, TABLES[id]);
    const there = body.rows[at];
    if (!there) {
      body.append(made);
    } else if (!there.isEqualNode(made)) {
      there.className = made.className;
      [...made.cells].forEach((fresh, n) => {
        const held = there.cells[n];
        if (held.isEqualNode(fresh)) return;
        const link = held.querySelector("a");
        if (link) {
          link.href = fresh.firstChild.href;
          link.textContent = fresh.textContent;
        } else {
          held.className = fresh.className;
          held.textContent = fresh.textContent;
        }
      });
    }
  });
  while (body.rows.length > rows.length) body.lastElementChild.remove();
  body.closest(".scroll").hidden = !rows.length;
  place(id + "-none").hidden = rows.length > 0;
}

function write(b) {
  for (const one of b.counts) {
    const tile = place("n-" + one.id);
    tile.className = "tile " + one.mark;
    tile.querySelector(".value").textContent = one.text;
    tile.querySelector(".mark").textContent = one.mark === "ok" ? "" : marks[one.mark];
  }
  for (const id of Object.keys(TABLES)) renew(id, b[id]);
  last = b.at_text;
  place("at").textContent = last;
  place("stale").hidden = true;
}

async function look() {
  try {
    const answer = await fetch(ADDRESS, {
      headers: { Accept: "application/json, application/problem+json" },
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (answer.status === 401 || answer.status === 403) {
      window.location.reload(); // the login has ended: the page says so
      return;
    }
    if (!answer.ok) throw new Error(String(answer.status));
    write(await answer.json());
  } catch (_) {
    const stale = place("stale");
    const said = board.dataset.stale.replace("{time}", last.replace(/^\D*/, ""));
    if (stale.hidden || stale.textContent !== said) stale.textContent = said;
    stale.hidden = false;
  }
  window.setTimeout(look, EVERY_MS);
}

window.setTimeout(look, EVERY_MS);

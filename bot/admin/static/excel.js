// Sends a workbook with its progress, and keeps the page of one that is being read up to date.

const POLL_MS = 1000;
const $ = (id) => document.getElementById(id);

// ---------------------------------------------------------------- sending

function begin(form) {
  const words = JSON.parse(form.dataset.words);
  const button = form.querySelector("button");
  const bar = $("sent");
  let sending = false;
  form.hidden = false;

  function failed(text) {
    sending = false;
    button.removeAttribute("aria-disabled");
    bar.hidden = true;
    $("sending").textContent = "";
    $("wrong").textContent = text;
    $("wrong").hidden = false;
  }

  function answered(request) {
    let data = null;
    try {
      data = JSON.parse(request.responseText);
    } catch (_) { /* the login's page, or a proxy's */ }
    if (request.status === 202 && data && data.url) window.location.assign(data.url);
    else if (data && typeof data.detail === "string") failed(data.detail);
    else failed(request.status === 200 ? words.logged_out : words.lost);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (sending) return;
    const file = $("file").files[0];
    if (!file) return failed(words.none);
    if (file.size > Number(form.dataset.largest)) return failed(words.too_big);
    sending = true;
    button.setAttribute("aria-disabled", "true");
    $("wrong").hidden = true;
    $("sending").textContent = words.sending;
    bar.value = 0;
    bar.hidden = false;
    const request = new XMLHttpRequest();
    request.open("POST", "/admin/excel");
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("X-CSRF-Token", form.dataset.csrf);
    request.setRequestHeader("X-File-Name", encodeURIComponent(file.name));
    request.upload.addEventListener("progress", (sent) => {
      if (sent.lengthComputable) bar.value = sent.loaded / sent.total;
    });
    request.addEventListener("load", () => answered(request));
    request.addEventListener("error", () => failed(words.lost));
    request.send(file);
  });
}

// ---------------------------------------------------------------- reading

async function follow(panel) {
  const bar = $("progress");
  const text = $("progress-text");
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    try {
      const answer = await fetch(panel.dataset.state, { credentials: "same-origin", cache: "no-store" });
      if (answer.redirected) return window.location.reload(); // to the login
      if (!answer.ok) continue;
      const now = await answer.json();
      if (now.state !== "reading") return window.location.reload();
      if (text.textContent !== now.text) text.textContent = now.text;
      if (now.total) {
        bar.max = now.total;
        bar.value = now.done;
      }
    } catch (_) { /* the network comes back, or the person leaves */ }
  }
}

if ($("upload")) begin($("upload"));
if ($("reading")) follow($("reading"));

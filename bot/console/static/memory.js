// What survives a reload of this tab: drafts, and replies that have not arrived.

// Each person has their own: the next one on this machine does not read it.
export function makeMemory(username) {
  const key = "wenfa.console." + username;
  let kept = { drafts: {}, replies: {} };
  try {
    kept = Object.assign(kept, JSON.parse(sessionStorage.getItem(key)));
  } catch (_) { /* blocked or broken: nothing was kept */ }

  function save() {
    try {
      sessionStorage.setItem(key, JSON.stringify(kept));
    } catch (_) { /* full or blocked: works without */ }
  }

  return {
    draft: (number) => kept.drafts[number] || "",
    keepDraft(number, text) {
      if (text) kept.drafts[number] = text;
      else delete kept.drafts[number];
      save();
    },
    // [{id, text, status: sending | failed, error}]
    replies: (number) => kept.replies[number] || [],
    keepReplies(number, entries) {
      if (entries.length) kept.replies[number] = entries;
      else delete kept.replies[number];
      save();
    },
    forget() {
      try {
        sessionStorage.removeItem(key);
      } catch (_) { /* nothing was kept */ }
    },
  };
}

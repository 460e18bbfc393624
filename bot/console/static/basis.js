// On what something stands: the law's own page behind each article, in a tab of its own, so that a
// call or a conversation is not left.

import { el } from "/static/view.js";

const PAGE = /^\/law\//; // of ours; no other address becomes a link

// A text, a link where `url` is a page of the law.
export function lawLink(text, url) {
  if (!PAGE.test(url)) return text;
  const a = el("a", "", text);
  a.href = url;
  a.target = "_blank";
  a.rel = "noopener";
  return a;
}

// Nodes of a source: `cited` are its pieces as the API gives them, without them it is only text.
export function sourced(source, cited) {
  const pieces = Array.isArray(cited) ? cited : [];
  return pieces.length ? pieces.map((one) => lawLink(one.text, one.url)) : [source];
}

// The lines of a ticket's summary, as items of a list.
export function summaryLines({ summary, summary_cited }) {
  const cited = Array.isArray(summary_cited) ? summary_cited : [];
  return (Array.isArray(summary) ? summary : []).map((line, at) => el("li", "", ...sourced(line, cited[at])));
}

// A template with nodes in the place of its one {…}.
export function around(template, nodes) {
  const [before, after] = template.split(/\{\w+\}/);
  return [before, ...nodes, after];
}

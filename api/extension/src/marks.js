// The scores beside the entries of a list: a small number in a closed shadow
// root of its own, that says on hovering what it means.

import css from "./marks.css";
import { el } from "./dom.js";
import { closed } from "./panel.js";
import { readable } from "./tex.js";
import { percent, since } from "./view.js";

/** @typedef {import("./answers.js").Score} Score */

/**
 * Where a paper stands in a list sorted by how it fits: its share, above all if it
 * is liked, below all if it is not wanted; null if nothing is known.
 * @param {Score} score
 */
export function standing(score) {
  if (since(score, "like")) return 1;
  if (since(score, "dislike")) return -1;
  return score.state === "scored" && score.fit != null ? score.fit : null;
}

/**
 * Puts the score of an entry in its place; nothing if there is nothing to say.
 * @param {Element} at @param {Score} score
 */
export function putMark(at, score) {
  const liked = since(score, "like"), passed = since(score, "dislike");
  const n = score.state === "scored" && score.fit != null ? percent(score.fit) : null;
  if (!liked && !passed && n === null) return;
  const text = liked ? "♥" : passed ? "–" : String(n);
  const meaning = liked ? "Liked" : passed ? "Not interested" : `${n} % of papers fit you less`;
  const because = score.reasons.find((r) => r.type === "liked" && r.paper?.title);
  const { host, root } = closed("score", css);
  const level = liked ? "liked" : passed ? "passed" : n !== null && n >= 90 ? "high" : n !== null && n >= 60 ? "some" : "low";
  root.append(el("span.score", { "data-level": level, "data-score": text, role: "img", "aria-label": `Kindred: ${meaning}`, title: `${meaning}.${because && n !== null && n >= 50 ? ` Because you liked “${readable(because.paper?.title || "")}”.` : ""}` }, text));
  if (at.localName === "article" && getComputedStyle(at).position !== "static") host.dataset.corner = "";
  at.append(host);
}

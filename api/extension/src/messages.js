// The shape of what content scripts send. The worker takes nothing else.

import { limits } from "./recognise.js";

/** @param {unknown} s @param {number} max */
const text = (s, max) => typeof s === "string" && s.length <= max;
/** @param {unknown} s */
const isID = (s) => typeof s === "string" && s.length <= 320 && /^[a-z0-9]+:[^\s\p{Cc}]+$/u.test(s);

/**
 * A paper to look at.
 * @param {any} m
 */
export function isLook(m) {
  const p = m.paper;
  return typeof p === "object" && p !== null &&
    Array.isArray(p.ids) && p.ids.length <= limits.ids && p.ids.every(isID) &&
    text(p.title, limits.title) && (p.ids.length > 0 || p.title !== "") && text(p.abstract, limits.abstract) && text(p.date, 10) &&
    Array.isArray(p.authors) && p.authors.length <= limits.authors && p.authors.every((/** @type {unknown} */ a) => text(a, limits.author));
}

/**
 * Entries of a list.
 * @param {any} m
 */
export function isPapers(m) {
  return Array.isArray(m.papers) && m.papers.length > 0 && m.papers.length <= 100 &&
    m.papers.every((/** @type {any} */ p) => typeof p === "object" && p !== null && isID(p.id) && text(p.title, limits.title) && text(p.abstract, 2000));
}

// What the server says, checked: the panel shows it beside pages of others, so
// it gets only what has the expected shape, in bounded sizes, and links of http
// and https. What does not fit is left out, or is an error where nothing is left.

import { line } from "./text.js";

/** No score is above it: 1 is a paper as near as what was asked by, and words add a little. */
const most = 100;

/** The most bytes of an answer that are read. */
export const maxAnswer = 1 << 20;

/** @typedef {{id: string, title: string}} Ref */
/** @typedef {{type: string, paper: Ref | null, text: string, similarity: number, contribution: number, share: number}} Reason */
/** @typedef {{kind: "like" | "dislike" | "hide" | "save", at: string}} Mark */
/** @typedef {{paper: Ref | null, state: string, fit: number | null, score: number | null, reasons: Reason[], marks: Mark[], note: string}} Score */
/** @typedef {{id: string, title: string, authors: string[], published: string, url: string, score: number, reasons: Reason[]}} Kin */

export class BadAnswer extends Error {}

/** @param {unknown} x @returns {Record<string, unknown>} */
function object(x) {
  if (typeof x !== "object" || x === null || Array.isArray(x)) throw new BadAnswer("the answer has not the expected form");
  return /** @type {Record<string, unknown>} */ (x);
}

/** @param {unknown} x @param {number} n @returns {unknown[]} */
function list(x, n) {
  return Array.isArray(x) ? x.slice(0, n) : [];
}

/** @param {unknown} x @param {number} low @param {number} high @returns {number | null} */
function number(x, low, high) {
  return typeof x === "number" && x >= low && x <= high ? x : null;
}

/** @param {unknown} x @returns {string} */
function id(x) {
  return typeof x === "string" && x.length <= 600 && /^[a-z0-9][a-z0-9.+_-]*:[^\s\p{Cc}]+$/u.test(x) ? x : "";
}

/** @param {unknown} x @returns {string} x if it is a web address, else "" */
export function link(x) {
  if (typeof x !== "string" || x.length > 2000) return "";
  try {
    const u = new URL(x);
    return u.protocol === "https:" || u.protocol === "http:" ? u.href : "";
  } catch {
    return "";
  }
}

/** @param {unknown} x @returns {Ref | null} */
function ref(x) {
  if (typeof x !== "object" || x === null) return null;
  const o = object(x);
  return id(o.id) ? { id: id(o.id), title: line(o.title, 500) } : null;
}

/** @param {unknown} x @returns {Reason[]} */
function reasons(x) {
  return list(x, 8).map((r) => {
    const o = object(r);
    return { type: line(o.type, 20), paper: ref(o.paper), text: line(o.text, 80), similarity: number(o.similarity, -1, 1) ?? 0, contribution: number(o.contribution, -most, most) ?? 0, share: number(o.share, 0, 1) ?? 0 };
  });
}

/** @param {unknown} x @returns {Mark[]} */
function marks(x) {
  return list(x, 8).flatMap((m) => {
    const { kind, at } = object(m);
    const known = kind === "like" || kind === "dislike" || kind === "hide" || kind === "save";
    return known && typeof at === "string" && !Number.isNaN(Date.parse(at)) ? [{ kind, at: new Date(at).toISOString() }] : [];
  });
}

/**
 * The scores of n papers, in the order asked.
 * @param {unknown} x @param {number} n
 * @returns {Score[]}
 */
export function scores(x, n) {
  const items = list(object(x).items, n);
  if (items.length !== n) throw new BadAnswer(`${items.length} scores for ${n} papers`);
  return items.map((item) => {
    const o = object(item);
    return { paper: ref(o.paper), state: line(o.state, 20), fit: number(o.fit, 0, 1), score: number(o.score, -most, most), reasons: reasons(o.reasons), marks: marks(o.marks), note: line(o.note, 300) };
  });
}

/**
 * A list of papers that are like one.
 * @param {unknown} x @param {number} most
 * @returns {Kin[]}
 */
export function kindred(x, most) {
  return list(object(x).items, most).flatMap((item) => {
    const o = object(item);
    const p = object(o.paper);
    const title = line(p.title, 500);
    if (!id(p.id) || !title) return [];
    const links = list(p.links, 8).map((l) => object(l));
    const url = ["abstract", "doi", "page", "pdf"].map((rel) => link(links.find((l) => l.rel === rel)?.url)).find(Boolean) || "";
    return [{ id: id(p.id), title, authors: list(p.authors, 3).map((a) => line(a, 80)).filter(Boolean), published: line(p.published, 10), url, score: number(o.score, -most, most) ?? 0, reasons: reasons(o.reasons) }];
  });
}

/** @param {unknown} x @returns {{token: string, user: string}} */
export function pairing(x) {
  const { token, user } = object(x);
  if (typeof token !== "string" || !/^[\x21-\x7e]{8,200}$/.test(token) || typeof user !== "string" || !user || user.length > 200) throw new BadAnswer("the server's answer to the code has no token");
  return { token, user };
}

/** @param {unknown} x @returns {{version: string, papers: number, pending: number, embedder: string, hint: string}} */
export function status(x) {
  const o = object(x);
  const e = object(o.embedder ?? {});
  return { version: line(o.version, 60), papers: number(o.papers, 0, 1e12) ?? 0, pending: number(o.pending, 0, 1e12) ?? 0, embedder: line(e.state, 20), hint: line(e.hint, 300) };
}

/** @param {unknown} x @returns {{code: string, detail: string}} what a problem says */
export function problem(x) {
  try {
    const o = object(x);
    return { code: /^[a-z_]{1,40}$/.test(String(o.code)) ? String(o.code) : "", detail: line(o.detail, 300) };
  } catch {
    return { code: "", detail: "" };
  }
}

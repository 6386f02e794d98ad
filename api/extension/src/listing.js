// Lists of papers: which entries a page holds, and where a score may stand
// beside each. A pure function of address and document, like recognise.js.

import { idOfURL } from "./ids.js";
import { limits } from "./recognise.js";
import { line, textOf } from "./text.js";

/**
 * @typedef {object} Entry
 * @property {string} id
 * @property {string} title
 * @property {string} abstract "" where the list has none
 * @property {Element} at      the score becomes its last child
 */

/** The abstract's beginning says enough for a score, and 100 of them fit one request. */
const abstractLimit = 2000;

/**
 * The entries of a list, in the order of the page, each paper once.
 * @param {string} address
 * @param {Document} doc
 * @returns {Entry[]}
 */
export function entries(address, doc) {
  const u = new URL(address);
  const arxiv = /(^|\.)arxiv\.org$/.test(u.hostname) && /^\/(list|catchup)\//.test(u.pathname);
  const daily = /^(www\.)?huggingface\.co$/.test(u.hostname) && /^\/papers(\/?$|\/(date|week|month|trending)(\/|$))/.test(u.pathname);
  const found = arxiv ? arxivList(doc) : daily ? hfDaily(doc) : [];
  const seen = new Set();
  return found.filter((e) => e.id && !seen.has(e.id) && seen.add(e.id));
}

/** @param {Document} doc @returns {Entry[]} */
function arxivList(doc) {
  return [...doc.querySelectorAll("dl > dt")].map((dt) => {
    let dd = dt.nextElementSibling;
    if (dd?.localName !== "dd") dd = null;
    const link = [...dt.querySelectorAll("a[href]")].map((a) => id(a)).find(Boolean) || "";
    return {
      id: link,
      title: line(textOf(dd?.querySelector(".list-title"), ".descriptor"), limits.title),
      abstract: line(textOf(dd?.querySelector("p.mathjax")), abstractLimit),
      at: dt,
    };
  });
}

/** @param {Document} doc @returns {Entry[]} */
function hfDaily(doc) {
  return [...doc.querySelectorAll("article")].map((card) => {
    const link = [...card.querySelectorAll("h3 a[href], a[href]")].find((a) => id(a) && textOf(a).trim());
    return { id: link ? id(link) : "", title: line(textOf(link), limits.title), abstract: "", at: card };
  });
}

/**
 * The id that a link names; the page's own base does not matter, lists link
 * within their site.
 * @param {Element} a
 */
function id(a) {
  const href = a.getAttribute("href") || "";
  if (href.startsWith("/abs/")) return idOfURL("https://arxiv.org" + href);
  if (href.startsWith("/papers/")) return idOfURL("https://huggingface.co" + href);
  return idOfURL(href);
}

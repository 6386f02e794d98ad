// Which paper is this page about? A pure function of the page's address and
// its document. It says nothing rather than something wrong: where the page
// itself does not confirm that it is a paper's (an error, a challenge, a search,
// a list, a page that is still being drawn), the answer is null.

import { idOfURL, known, schemeOf } from "./ids.js";
import { guessAbstract, readers } from "./sites.js";
import { day, line, textOfHTML } from "./text.js";

/**
 * @typedef {object} Paper
 * @property {string[]} ids        the one that the address names first
 * @property {string} title        may hold TeX; "" only for a PDF
 * @property {string[]} authors    as printed, at most 100
 * @property {string} abstract     may hold TeX; may be ""
 * @property {string} date         2025-03-14, 2025-03, 2025 or ""
 * @property {"certain" | "address" | "tags"} confidence
 *   certain: the address names a paper and the page agrees; address: a PDF, only the
 *   address speaks; tags: only the page's citation tags speak
 */

/** Lengths in characters; the server's limits are wider. */
export const limits = { title: 1000, abstract: 10000, author: 120, authors: 100, ids: 8 };

/**
 * @param {string} address
 * @param {Document} doc
 * @returns {Paper | null}
 */
export function recognise(address, doc) {
  const id = idOfURL(address);
  if (isPDF(address, doc)) return id ? paper([id], {}, "address") : null;
  if (isChallenge(doc)) return null;

  const site = readers.find((r) => r.is(new URL(address)));
  const tags = citation(doc);
  if (site) {
    if (!id) return null; // a list, a search, a profile
    if (contradicts(id, tags.ids, doc)) return null; // the tags are still of the page before
    const found = site.read(doc, id, tags);
    if (!found || !line(found.title, 3)) return null;
    return paper([id, ...(found.ids || []), ...tags.ids], found, "certain");
  }
  if (!tags.title || tags.titles > 1 || (!tags.ids.length && !(tags.authors.length && tags.published))) return null;
  return paper([id, ...tags.ids], { ...tags, abstract: tags.abstract || guessAbstract(doc) }, id && tags.ids.includes(id) ? "certain" : "tags");
}

/**
 * The paper that an address alone can name: for documents that no script can
 * look into, such as a PDF in its viewer.
 * @param {string} address
 * @returns {Paper | null}
 */
export function recogniseAddress(address) {
  const id = idOfURL(address);
  return id ? paper([id], {}, "address") : null;
}

/**
 * @param {string[]} ids
 * @param {{title?: string, authors?: string[], abstract?: string, date?: string}} f
 * @param {Paper["confidence"]} confidence
 * @returns {Paper}
 */
function paper(ids, f, confidence) {
  return {
    ids: [...new Set(ids.filter(Boolean))].slice(0, limits.ids),
    title: line(f.title, limits.title),
    authors: (f.authors || []).map((a) => line(a, limits.author)).filter(Boolean).slice(0, limits.authors),
    abstract: line(f.abstract, limits.abstract),
    date: f.date || "",
    confidence,
  };
}

/** @param {string} address @param {Document} doc */
function isPDF(address, doc) {
  return doc.contentType === "application/pdf" || !!doc.querySelector('embed[type="application/pdf"]') || /\.pdf$/i.test(new URL(address).pathname);
}

/**
 * Pages that stand in front of a page: challenges and refusals.
 * @param {Document} doc
 */
function isChallenge(doc) {
  return (
    /^(just a moment|attention required|checking your browser|please wait|access denied|are you a robot|security check|verify(ing)? you are human)/i.test(doc.title.trim()) ||
    !!doc.querySelector('#challenge-form, #challenge-running, #cf-wrapper, #cf-challenge-running, .cf-error-details, form[action*="__cf_chl"], #px-captcha, .g-recaptcha-only, script[src*="/cdn-cgi/challenge-platform/h/"]')
  );
}

/**
 * Whether the page says of itself that it is another paper's: a page that is
 * redrawn in place has the tags of the one before for a moment.
 * @param {string} id @param {string[]} tagged @param {Document} doc
 */
function contradicts(id, tagged, doc) {
  const canonical = idOfURL(doc.querySelector('link[rel="canonical"]')?.getAttribute("href") || "");
  return [...tagged, canonical].some((x) => x && x !== id && schemeOf(x) === schemeOf(id));
}

/**
 * What Google Scholar's tags say, which most publishers emit.
 * @param {Document} doc
 */
export function citation(doc) {
  /** @type {Map<string, string[]>} */
  const all = new Map();
  for (const el of doc.querySelectorAll("meta[name], meta[property]")) {
    const name = (el.getAttribute("name") || el.getAttribute("property") || "").toLowerCase();
    const content = el.getAttribute("content") || "";
    if (name.startsWith("citation_") && content.trim()) all.set(name, [...(all.get(name) || []), content]);
  }
  const values = (/** @type {string} */ name) => all.get("citation_" + name) || [];
  const first = (/** @type {string[]} */ ...names) => names.flatMap(values)[0] || "";
  const ids = [known("arxiv", first("arxiv_id")), known("doi", first("doi")), known("pmid", first("pmid")),
    idOfURL(first("abstract_html_url")), idOfURL(first("pdf_url"))].filter(Boolean);
  const titles = new Set(values("title").map((t) => textOfHTML(t).trim()));
  const authors = values("author").length ? values("author") : values("authors").flatMap((a) => a.split(";"));
  return {
    ids: [...new Set(ids)],
    title: textOfHTML(first("title")),
    titles: titles.size,
    authors: authors.map((a) => named(textOfHTML(a))),
    abstract: textOfHTML(first("abstract")).replace(/^\s*abstract[\s:.]+/i, ""),
    date: ["date", "publication_date", "online_date", "cover_date", "year"].map((n) => day(first(n))).find(Boolean) || "",
    published: ["pdf_url", "journal_title", "conference_title", "conference", "dissertation_institution", "technical_report_institution", "issn", "isbn"].some((n) => values(n).length),
  };
}

/**
 * "Vaswani, Ashish" as people print it.
 * @param {string} s
 */
function named(s) {
  const [last, first, ...more] = s.split(",").map((x) => x.trim());
  return first && !more.length ? `${first} ${last}` : s.trim();
}

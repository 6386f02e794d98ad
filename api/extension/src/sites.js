// The sites that are read by themselves once the user turns them on: where they
// are, and where their pages keep title and abstract. A reader answers null
// unless the page, as it stands, is the page of the paper that its address
// names.

import { idOfURL } from "./ids.js";
import { textOf } from "./text.js";

/**
 * A site as the user sees it, in the order of the options page.
 * @type {{key: string, name: string, matches: string[], note: string}[]}
 */
export const sites = [
  { key: "arxiv", name: "arXiv", matches: ["https://arxiv.org/*", "https://www.arxiv.org/*", "https://export.arxiv.org/*", "https://ar5iv.labs.arxiv.org/*"], note: "abstracts, full texts, daily lists" },
  { key: "huggingface", name: "Hugging Face Papers", matches: ["https://huggingface.co/*"], note: "papers and the daily page; other pages are left alone" },
  { key: "semanticscholar", name: "Semantic Scholar", matches: ["https://www.semanticscholar.org/*"], note: "paper pages" },
  { key: "openreview", name: "OpenReview", matches: ["https://openreview.net/*"], note: "forum pages" },
  { key: "acl", name: "ACL Anthology", matches: ["https://aclanthology.org/*"], note: "paper pages" },
  { key: "alphaxiv", name: "alphaXiv", matches: ["https://www.alphaxiv.org/*", "https://alphaxiv.org/*"], note: "paper pages" },
  { key: "biorxiv", name: "bioRxiv and medRxiv", matches: ["https://www.biorxiv.org/*", "https://www.medrxiv.org/*"], note: "paper pages" },
  { key: "pubmed", name: "PubMed", matches: ["https://pubmed.ncbi.nlm.nih.gov/*"], note: "paper pages" },
];

/** @typedef {ReturnType<typeof import("./recognise.js").citation>} Tags */
/** @typedef {{title: string, abstract?: string, authors?: string[], date?: string, ids?: string[]}} Found */
/** @typedef {{is: (u: URL) => boolean, read: (doc: Document, id: string, tags: Tags) => Found | null}} Reader */

/** @param {string} name */
const host = (name) => (/** @type {URL} */ u) => u.hostname === name || u.hostname.endsWith("." + name);

/** @type {Reader[]} */
export const readers = [
  {
    is: (u) => host("arxiv.org")(u) && /^\/html\//.test(u.pathname),
    read: latexml,
  },
  {
    is: host("arxiv.org"),
    read(doc, id, tags) {
      if (!tags.ids.includes(id)) return null; // "not recognized", "withdrawn by the administrators"
      return { ...tags, abstract: tags.abstract || textOf(doc.querySelector("blockquote.abstract"), ".descriptor") };
    },
  },
  {
    is: host("huggingface.co"),
    read(doc, id) {
      const name = id.slice("arxiv:".length);
      const page = doc.querySelector("main") || doc.body;
      const arxiv = [...page.querySelectorAll('a[href*="arxiv.org/abs/"]')].some((a) => a.getAttribute("href")?.includes(`/abs/${name}`));
      const heading = [...page.querySelectorAll("h2, h3")].find((h) => h.textContent?.trim() === "Abstract");
      const title = textOf(page.querySelector("h1"));
      if (!arxiv || !heading || !title || /^40\d\b/.test(title.trim())) return null;
      return {
        title,
        abstract: longest(heading.parentElement),
        authors: [...page.querySelectorAll(".author a, .author button")].map((a) => textOf(a)).filter((a) => a.trim().length > 1),
      };
    },
  },
  {
    is: host("semanticscholar.org"),
    read(doc, id, tags) {
      if (!says(doc, id)) return null;
      const title = doc.querySelector('[data-test-id="paper-detail-title"]');
      const corpus = /Corpus ID:\s*(\d+)/.exec(textOf(doc.querySelector('[data-test-id="corpus-id"]')));
      const article = structured(doc);
      return {
        ...tags,
        title: textOf(title) || tags.title,
        abstract: tags.abstract || textOf(doc.querySelector('[data-test-id="abstract-text"] .text-truncator, [data-test-id="text-truncator-text"]')).replace(/(Expand|Collapse)\s*$/, "") || article,
        ids: corpus ? [`corpusid:${corpus[1]}`] : [],
      };
    },
  },
  {
    is: host("openreview.net"),
    read(doc, id, tags) {
      const name = CSS.escape(id.slice("openreview:".length));
      if (!tags.ids.includes(id) && !says(doc, id) && !doc.querySelector(`.forum-title a[href*="id=${name}"], .forum-title + * a[href*="id=${name}"]`)) return null;
      const abstract = [...doc.querySelectorAll(".forum-note .note-content-field, .note-content .note-content-field")].find((f) => /^\s*Abstract\b/.test(f.textContent || ""));
      return {
        ...tags,
        title: tags.title || textOf(doc.querySelector(".forum-title h2, h2.citation_title")),
        abstract: tags.abstract || textOf(abstract?.parentElement?.querySelector(".note-content-value")),
      };
    },
  },
  {
    is: host("aclanthology.org"),
    read(doc, _id, tags) {
      const title = textOf(doc.querySelector("#title"));
      if (!title) return null; // a volume, an event, a person
      return { ...tags, title: tags.title || title, abstract: tags.abstract || textOf(doc.querySelector(".acl-abstract"), "h5, .card-title") };
    },
  },
  {
    is: host("alphaxiv.org"),
    read(doc, id, tags) {
      if (!says(doc, id) && !tags.ids.includes(id)) return null;
      const title = tags.title || textOf(doc.querySelector("h1")) || doc.title.replace(/\s*[|–-]\s*alphaXiv\s*$/i, "");
      return { ...tags, title: /^(alphaxiv|40\d|not found)\b/i.test(title.trim()) ? "" : title, abstract: tags.abstract || content(doc, "description", "og:description") };
    },
  },
  {
    is: (u) => host("biorxiv.org")(u) || host("medrxiv.org")(u),
    read(doc, id, tags) {
      if (!tags.ids.includes(id)) return null;
      return { ...tags, abstract: tags.abstract || content(doc, "dc.description") || textOf(doc.querySelector(".section.abstract, #abstract-1"), "h1, h2, h3") };
    },
  },
  {
    is: host("pubmed.ncbi.nlm.nih.gov"),
    read(doc, id, tags) {
      const number = id.slice("pmid:".length);
      const here = textOf(doc.querySelector("#full-view-identifiers .pubmed .current-id, .current-id")).trim();
      if (!tags.ids.includes(id) && here !== number) return null;
      return {
        ...tags,
        title: tags.title || textOf(doc.querySelector("h1.heading-title")),
        abstract: textOf(doc.querySelector("#abstract .abstract-content, #eng-abstract")) || tags.abstract,
      };
    },
  },
];

/**
 * The full text as LaTeXML writes it: no tags, so the article itself is read.
 * @param {Document} doc
 */
function latexml(doc) {
  return {
    title: textOf(doc.querySelector("h1.ltx_title_document"), ".ltx_note, .ltx_tag"),
    abstract: textOf(doc.querySelector(".ltx_abstract"), ".ltx_title, .ltx_note"),
  };
}

/**
 * Whether the page's head says that it is the page of this paper. Sites that
 * redraw pages in place update their head last, so it is the one to ask.
 * @param {Document} doc @param {string} id
 */
function says(doc, id) {
  const canonical = doc.querySelector('link[rel="canonical"]')?.getAttribute("href") || "";
  return [canonical, content(doc, "og:url"), content(doc, "twitter:url")].some((u) => u && idOfURL(u) === id);
}

/** @param {Document} doc @param {...string} names */
function content(doc, ...names) {
  const wanted = new Set(names);
  for (const m of doc.querySelectorAll("meta[name], meta[property]")) {
    const name = (m.getAttribute("property") || m.getAttribute("name") || "").toLowerCase();
    if (wanted.has(name) && m.getAttribute("content")) return m.getAttribute("content") || "";
  }
  return "";
}

/**
 * The abstract of a page of no known site that has no tag for it: an element
 * called so, or a description that is too long for an advertisement.
 * @param {Document} doc
 */
export function guessAbstract(doc) {
  const marked = textOf(doc.querySelector("#abstract, .abstract, section.Abstract, [id^=Abs1-content]"), "h1, h2, h3, h4, h5, h6");
  if (marked.trim().length >= 200) return marked;
  const described = content(doc, "dc.description", "description");
  return described.length >= 200 ? described : "";
}

/**
 * The longest paragraph: what else stands around an abstract (a summary by a
 * machine, buttons) is shorter.
 * @param {Element | null} el
 */
function longest(el) {
  return [...(el?.querySelectorAll("p") || [])].map((p) => textOf(p)).reduce((a, b) => (b.length > a.length ? b : a), "");
}

/**
 * The abstract in a page's structured data.
 * @param {Document} doc
 */
function structured(doc) {
  for (const script of doc.querySelectorAll("script.schema-data, script[type='application/ld+json']")) {
    try {
      const found = JSON.stringify(JSON.parse(script.textContent || ""), (key, v) => v).match(/"(?:abstract|description)":("(?:[^"\\]|\\.)*")/);
      if (found) return String(JSON.parse(found[1]));
    } catch {
      // not JSON: the page's own matter
    }
  }
  return "";
}

// Ids of papers, in the spelling of the server: "arxiv:2503.11731". What is
// read here is only what addresses and meta tags of papers hold; the server
// reads more forms, and has the last word. Versions are dropped.

/**
 * The id of a known scheme, or "" if local has not the scheme's form.
 * @param {string} scheme
 * @param {string} local
 * @returns {string}
 */
export function known(scheme, local) {
  const form = forms[scheme];
  const name = form ? form(local.trim()) : "";
  if (!name || name.length > 300) return "";
  return name.includes(":") && name.startsWith("arxiv:") ? name : `${scheme}:${name}`;
}

/** @type {Record<string, (s: string) => string>} */
const forms = {
  arxiv: arxivName,
  doi(s) {
    s = s.replace(/^(https?:\/\/(dx\.)?doi\.org\/|doi:\s*)/i, "").toLowerCase();
    const arxiv = s.startsWith("10.48550/arxiv.") ? arxivName(s.slice("10.48550/arxiv.".length)) : "";
    if (arxiv) return `arxiv:${arxiv}`;
    return /^10\.\d{4,9}(\.\d+)*\/\S+$/.test(s) ? s : "";
  },
  acl(s) {
    s = s.replace(/v[1-9]\d*$/i, "");
    if (/^[a-z]\d\d-\d{4,5}$/i.test(s)) return s.toUpperCase();
    return /^\d{4}\.[a-z0-9_]+-[a-z0-9_-]+\.\d+$/i.test(s) ? s.toLowerCase() : "";
  },
  openreview: (s) => (/^[A-Za-z0-9_-]{6,}$/.test(s) ? s : ""),
  pmid: number,
  pmcid: (s) => number(s.replace(/^PMC/i, "")),
  corpusid: number,
  s2: (s) => (/^[0-9a-f]{40}$/i.test(s) ? s.toLowerCase() : ""),
};

/** @param {string} s */
function number(s) {
  return /^[1-9]\d{0,17}$/.test(s) ? s : "";
}

const archives = new Set(("astro-ph cond-mat cs gr-qc hep-ex hep-lat hep-ph hep-th math math-ph nlin nucl-ex nucl-th physics q-bio quant-ph " +
  "acc-phys adap-org alg-geom ao-sci atom-ph bayes-an chao-dyn chem-ph cmp-lg comp-gas dg-ga funct-an mtrl-th patt-sol plasm-ph q-alg solv-int supr-con").split(" "));

/**
 * The name of an arXiv paper without version: 2503.11731, hep-th/9901001.
 * Subject classes are dropped: math.GT/0309136 is math/0309136.
 * @param {string} s
 */
function arxivName(s) {
  s = s.replace(/^arxiv:\s*/i, "").replace(/v[1-9]\d{0,3}$/i, "");
  const now = /^(\d\d)(0[1-9]|1[0-2])\.(\d{4,5})$/.exec(s);
  if (now) {
    const month = now[1] + now[2];
    return month >= "0704" && now[3].length === (month < "1501" ? 4 : 5) ? s : "";
  }
  const old = /^([a-z-]+)(\.[a-z-]+)?\/(\d\d)(0[1-9]|1[0-2])(\d{3})$/i.exec(s);
  if (!old || !archives.has(old[1].toLowerCase()) || (old[3] >= "08" && old[3] < "91")) return "";
  return `${old[1].toLowerCase()}/${old[3]}${old[4]}${old[5]}`;
}

/**
 * The id that begins a path of arXiv and its relatives: what stands around it
 * ("arXiv:", an ending, further parts) is dropped.
 * @param {string} path
 */
function arxivPath(path) {
  const parts = path.split("/");
  for (const n of [2, 1]) {
    const id = known("arxiv", parts.slice(0, n).join("/").replace(/\.(pdf|md|html)$/i, ""));
    if (id) return id;
  }
  return "";
}

/**
 * The id of the paper that a web address names, by the address alone; "" if it
 * names none.
 * @param {string | URL} address
 * @returns {string}
 */
export function idOfURL(address) {
  if (!URL.canParse(address)) return ""; // an exception costs a page a hundred times as much
  const u = new URL(address);
  if (u.protocol !== "https:" && u.protocol !== "http:") return "";
  const host = u.hostname.toLowerCase().replace(/^www\./, "");
  let path = "";
  try {
    path = decodeURIComponent(u.pathname).replace(/^\/+|\/+$/g, "");
  } catch {
    return "";
  }
  const on = (/** @type {string} */ site) => host === site || host.endsWith("." + site);
  if (on("arxiv.org") || on("ar5iv.org")) {
    const [, rest] = /^(?:abs|pdf|html)\/(.+)$/.exec(path) || [];
    return rest ? arxivPath(rest) : "";
  }
  if (host === "huggingface.co" || host === "hf.co") return path.startsWith("papers/") ? arxivPath(path.slice(7)) : "";
  if (on("alphaxiv.org")) {
    const [, rest] = /^(?:[a-z]{2}(?:-[a-z]+)?\/)?(?:abs|overview|replicate|audio|pdf|resources|chat)\/(.+)$/i.exec(path) || [];
    return rest ? arxivPath(rest) : "";
  }
  if (on("semanticscholar.org")) {
    if (host === "api.semanticscholar.org") return known("corpusid", (/^CorpusID:(\d+)$/i.exec(path) || [])[1] || "");
    const [, hash] = /^(?:paper\/(?:[^/]+\/)?|reader\/)([0-9a-f]{40})(?:\/|$)/i.exec(path) || [];
    return hash ? known("s2", hash) : "";
  }
  if (host === "openreview.net") return path === "forum" || path === "pdf" ? known("openreview", u.searchParams.get("id") || "") : "";
  if (on("aclanthology.org")) return path.includes("/") ? "" : known("acl", path.replace(/\.pdf$/, ""));
  if (on("biorxiv.org") || on("medrxiv.org")) {
    const [, doi] = /^content\/(?:early\/[^/]+\/[^/]+\/[^/]+\/)?(10\.\d{4,9}\/[\d.]*\d)(?:v\d+)?(?:[./].*)?$/.exec(path) || [];
    return doi ? known("doi", doi) : "";
  }
  if (host === "pubmed.ncbi.nlm.nih.gov") return known("pmid", path);
  if (on("ncbi.nlm.nih.gov")) {
    const [, number] = /(?:^|\/)articles\/(PMC\d+)(?:\/|$)/.exec(path) || [];
    return number ? known("pmcid", number) : "";
  }
  if (host === "doi.org" || host === "dx.doi.org") return known("doi", path);
  return "";
}

/** @param {string} id */
export const schemeOf = (id) => id.slice(0, id.indexOf(":"));

// What is expected of the pages of the samples. The files are not part of the
// repository; see test/recognise.test.js. The facts are those of their index.

/** @typedef {{file: string, url: string, paper: object | null, authors?: number, abstract?: number, entries?: number}} Sample */

const html = (/** @type {string} */ name) => `html-page/${name}.html`;

/** @type {Sample[]} */
export const samplePages = [
  { file: "arxiv-abs-html/microlinkhq__metascraper__arxiv.org-abs-1706.03762.html", url: "https://arxiv.org/abs/1706.03762", authors: 8, abstract: 1000, paper: { ids: ["arxiv:1706.03762"], title: "Attention Is All You Need", date: "2017-06-12", confidence: "certain" } },
  { file: "arxiv-abs-html/tkukurin__ReMarkableDropboxSyncup__arxiv.html", url: "https://arxiv.org/abs/2106.09608", authors: 2, abstract: 700, paper: { ids: ["arxiv:2106.09608"], title: "Learning Knowledge Graph-based World Models of Textual Environments", confidence: "certain" } },
  { file: "arxiv-list-html/Thiago-Parra__IML-4-1-arxiv-scraper__arxiv_recent.html", url: "https://arxiv.org/list/cs.CL/recent", paper: null, entries: 2 },
  ...["141-arxiv-equation-tables", "142-arxiv-multi-citations", "143-arxiv-cross-references", "144-arxiv-footnote-marks"].map((name) => ({ file: `arxiv-fulltext-html/kepano__defuddle__issues--${name}.html`, url: "https://arxiv.org/html/1706.03762v7", paper: null })), // trimmed: the title is cut away
  { file: html("xz1220__lens__alphaxiv"), url: "https://www.alphaxiv.org/explore", paper: null },
  { file: html("microlinkhq__metascraper__www.biorxiv.org-content-10.1101-2020.03.22.002386v3"), url: "https://www.biorxiv.org/content/10.1101/2020.03.22.002386v3", authors: 100, abstract: 500, paper: { ids: ["doi:10.1101/2020.03.22.002386"], title: "A SARS-CoV-2-Human Protein-Protein Interaction Map Reveals Drug Targets and Potential Drug-Repurposing", date: "2020-03-27", confidence: "certain" } },
  { file: html("microlinkhq__metascraper__pmc.ncbi.nlm.nih.gov-articles-PMC3531190"), url: "https://pmc.ncbi.nlm.nih.gov/articles/PMC3531190/", authors: 7, paper: { ids: ["pmcid:3531190", "doi:10.1093/nar/gks1195", "pmid:23193287"], title: "GenBank", date: "2012-11-26", confidence: "certain" } },
  { file: html("microlinkhq__metascraper__journals.plos.org-plosone-article-id-10.1371-journal.pone.0000001"), url: "https://journals.plos.org/plosone/article?id=10.1371/journal.pone.0000001", authors: 4, abstract: 500, paper: { ids: ["doi:10.1371/journal.pone.0000001"], title: "Neural Substrate of Cold-Seeking Behavior in Endotoxin Shock", date: "2006-12-20", confidence: "tags" } },
  ...["plos_one_article", "plos_one_article_no_icon_href"].map((name) => ({ file: html(`internetarchive__sandcrawler__${name}`), url: "https://journals.plos.org/plosone/article?id=10.1371/journal.pone.0213978", authors: 11, abstract: 500, paper: { ids: ["doi:10.1371/journal.pone.0213978"], confidence: "tags" } })),
  { file: html("internetarchive__sandcrawler__peerj_oa_article"), url: "https://peerj.com/articles/4375/", authors: 9, abstract: 500, paper: { ids: ["doi:10.7717/peerj.4375"], title: "The state of OA: a large-scale analysis of the prevalence and impact of Open Access articles", confidence: "tags" } },
  { file: html("internetarchive__sandcrawler__first_monday_ojs3_landingpage"), url: "https://firstmonday.org/ojs/index.php/fm/article/view/10274", authors: 3, paper: { ids: ["doi:10.5210/fm.v25i10.10274"], title: "Surveillance, stigma & sociotechnical design for HIV", confidence: "tags" } },
  { file: html("microlinkhq__metascraper__www.nature.com-articles-s41586-021-03819-2"), url: "https://www.nature.com/articles/s41586-021-03819-2", authors: 34, paper: { ids: ["doi:10.1038/s41586-021-03819-2"], title: "Highly accurate protein structure prediction with AlphaFold", confidence: "tags" } },
  { file: html("adbar__trafilatura__link.springer.com.1007"), url: "https://link.springer.com/article/10.1007/s11926-017-0626-z", authors: 1, paper: { ids: ["doi:10.1007/s11926-017-0626-z"], confidence: "tags" } },
  ...["turtle_article", "turtle_article_case"].map((name) => ({ file: html(`wikimedia__html-metadata__${name}`), url: "https://example.org/turtles", authors: 1, paper: { ids: ["doi:10.1000/123"], title: "Turtles are AWESOME!!1", confidence: "tags" } })),
  ...["AhmedThahir__Zotero_Database__p-value", "adbar__trafilatura__nature.com.telescope", "adbar__trafilatura__springer.com-produkte", "internetarchive__sandcrawler__dlib_05vanhyning", "internetarchive__sandcrawler__elife_article", "internetarchive__sandcrawler__first_monday_ojs3_fulltext", "internetarchive__sandcrawler__genders_g58_fairlie", "internetarchive__sandcrawler__nature_article", "wikimedia__html-metadata__turtle_article_errors", "wikimedia__html-metadata__turtle_movie"]
    .map((name) => ({ file: html(name), url: "https://example.org/page", paper: null })),
];

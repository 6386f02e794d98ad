// The fixtures: pages written for these tests, with the markup of the site
// that each stands for. Papers and people in them are invented.

/** @typedef {{url: string, file: string, paper: Partial<import("../../src/recognise.js").Paper> | null, entries?: string[]}} Page */

const operators = { ids: ["arxiv:2411.04321", "doi:10.1000/jno.2025.17"], title: 'Neural Operators on $\\mathbb{R}^n$ with H\\"older Regularity', authors: ["Réka Almási", "Jan van der Berg", "Consortium for Operators"], date: "2024-11-07", confidence: "certain" };
const voices = { ids: ["arxiv:2411.05555"], title: "Separating Two Voices from One Microphone", confidence: "certain" };

/** @type {Page[]} */
export const pages = [
  { url: "https://arxiv.org/abs/2411.04321", file: "arxiv-abs", paper: { ...operators, abstract: 'Operator learning maps functions to functions. We parameterise neural operators on $\\mathbb{R}^n$ by multigrid kernels and bound their error for solutions of partial differential equations with H\\"older data.' } },
  { url: "https://arxiv.org/abs/2411.04321v2?context=cs#top", file: "arxiv-abs", paper: operators },
  { url: "https://export.arxiv.org/abs/2411.04321", file: "arxiv-abs", paper: operators },
  { url: "https://arxiv.org/abs/math.GT/0309136v1", file: "arxiv-abs-old", paper: { ids: ["arxiv:math/0309136"], title: "The mapping class group of a surface", authors: ["E. Kovács"], abstract: "We compute the first homology of the group $\\Gamma_g$ of a closed surface.", date: "2003-09-08", confidence: "certain" } },
  { url: "https://arxiv.org/html/2411.04321v2", file: "arxiv-html", paper: { ids: ["arxiv:2411.04321"], title: "Neural Operators on $\\mathbb{R}^{n}$ with Hölder Regularity", authors: [], abstract: "Operator learning maps functions to functions.", date: "", confidence: "certain" } },
  { url: "https://ar5iv.labs.arxiv.org/html/2411.04321", file: "arxiv-html", paper: { ids: ["arxiv:2411.04321"], confidence: "certain" } },
  { url: "https://arxiv.org/abs/2411.99999", file: "arxiv-404", paper: null },
  { url: "https://arxiv.org/abs/2411.05555", file: "arxiv-abs", paper: null }, // still the page of another paper
  { url: "https://arxiv.org/list/cs.LG/new", file: "arxiv-list", paper: null, entries: ["arxiv:2411.04321", "arxiv:2411.05555", "arxiv:hep-th/9901001"] },
  { url: "https://arxiv.org/catchup/cs.LG/2026-11-24?abs=True", file: "arxiv-list", paper: null, entries: ["arxiv:2411.04321", "arxiv:2411.05555", "arxiv:hep-th/9901001"] },
  { url: "https://arxiv.org/search/?query=neural+operators&searchtype=all", file: "arxiv-search", paper: null },
  { url: "https://arxiv.org/", file: "arxiv-404", paper: null },

  { url: "https://huggingface.co/papers/2411.05555", file: "hf-paper", paper: { ...voices, authors: ["Kenji Ito", "Amélie Durand"], abstract: "Monaural speech separation splits a mixture of speakers into clean voices. We train a recurrent network without transformers and reach the quality of much larger models." } },
  { url: "https://huggingface.co/papers/2411.04321", file: "hf-paper", paper: null }, // address changed, page not yet
  { url: "https://huggingface.co/papers/2411.05555", file: "hf-404", paper: null },
  { url: "https://huggingface.co/papers", file: "hf-daily", paper: null, entries: ["arxiv:2411.05555", "arxiv:2411.04321"] },
  { url: "https://huggingface.co/papers/date/2026-11-24", file: "hf-daily", paper: null, entries: ["arxiv:2411.05555", "arxiv:2411.04321"] },
  { url: "https://huggingface.co/models", file: "hf-daily", paper: null, entries: [] },

  { url: "https://www.semanticscholar.org/paper/Sparse-Transport-Plans-for-Matching-Layers-Okafor-Lind/0a1b2c3d4e5f60718293a4b5c6d7e8f901234567", file: "s2", paper: { ids: ["s2:0a1b2c3d4e5f60718293a4b5c6d7e8f901234567", "corpusid:252407777", "arxiv:2209.11111"], title: "Sparse Transport Plans for Matching Layers", authors: ["C. Okafor", "Sven Lind"], abstract: "Regularised optimal transport is used as a matching layer. We make its plans sparse with a cardinality constraint.", date: "2022", confidence: "certain" } },
  { url: "https://www.semanticscholar.org/paper/Another/ffffffffffffffffffffffffffffffffffffffff", file: "s2", paper: null },
  { url: "https://www.semanticscholar.org/search?q=optimal%20transport", file: "s2-search", paper: null },

  { url: "https://openreview.net/forum?id=Qx7rT0abCd", file: "openreview", paper: { ids: ["openreview:Qx7rT0abCd"], title: "Circuits of Features in Language Models", authors: ["Noor Haddad", "Tomasz Wilk"], abstract: "Sparse autoencoders find features. We trace circuits through them.", date: "2025-01-22", confidence: "certain" } },
  { url: "https://openreview.net/forum?id=Qx7rT0abCd&noteId=zzzzzz", file: "openreview", paper: { ids: ["openreview:Qx7rT0abCd"] } },
  { url: "https://openreview.net/forum?id=Qx7rT0zzzz", file: "openreview-error", paper: null },
  { url: "https://openreview.net/forum?id=NextPaper1", file: "openreview-stale", paper: null },
  { url: "https://openreview.net/group?id=ICLR.cc/2025/Conference", file: "openreview-error", paper: null },

  { url: "https://aclanthology.org/2024.acl-long.17/", file: "acl", paper: { ids: ["acl:2024.acl-long.17", "doi:10.18653/v1/2024.acl-long.17"], title: "Where Low-Rank Adaptation Stops Helping", authors: ["Adaeze Nwosu", "Li Wei"], abstract: "Low-rank adaptation is cheap. We show for which tasks its rank is too low.", date: "2024-08", confidence: "certain" } },
  { url: "https://aclanthology.org/volumes/2024.acl-long/", file: "acl-volume", paper: null },

  { url: "https://www.alphaxiv.org/abs/2411.05555v1", file: "alphaxiv", paper: { ...voices, abstract: "Monaural speech separation splits a mixture of speakers into clean voices." } },
  { url: "https://www.alphaxiv.org/de/overview/2411.05555", file: "alphaxiv", paper: voices },
  { url: "https://www.alphaxiv.org/abs/2411.04321", file: "alphaxiv", paper: null },
  { url: "https://www.alphaxiv.org/explore", file: "alphaxiv-explore", paper: null },

  { url: "https://www.biorxiv.org/content/10.1101/2024.05.06.592345v1.full", file: "biorxiv", paper: { ids: ["doi:10.1101/2024.05.06.592345"], title: "A Map of Turtle Neurons", authors: ["Maria Silva"], abstract: "We map 12,000 neurons of Chelonia mydas at p < 0.05.", date: "2024-05-08", confidence: "certain" } },
  { url: "https://www.biorxiv.org/content/10.1101/2024.05.06.592345v1", file: "challenge", paper: null },
  { url: "https://www.biorxiv.org/content/early/recent", file: "pubmed-search", paper: null },

  { url: "https://pubmed.ncbi.nlm.nih.gov/39123456/", file: "pubmed", paper: { ids: ["pmid:39123456", "doi:10.1000/hear.2024.5"], title: "Hearing aids that follow attention", authors: ["García L", "O'Neil P"], abstract: "Objectives: To follow attention. Results: It can be followed.", date: "2024-05-06", confidence: "certain" } },
  { url: "https://pubmed.ncbi.nlm.nih.gov/?term=hearing+aids", file: "pubmed-search", paper: null },

  { url: "https://journal.example/articles/12", file: "publisher", paper: { ids: ["doi:10.1000/jir.2006.12"], title: "Thermal tides & their waves", authors: ["Ada Brown", "李 明"], abstract: "", date: "2006-12-20", confidence: "tags" } },
  { url: "https://journal.example/articles/13", file: "challenge", paper: null },
  { url: "https://blog.example/post", file: "blog", paper: null },
  { url: "https://journal.example/issues/4", file: "issue", paper: null },
];

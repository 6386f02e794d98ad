// One paper looked at: what is like it, how it fits, what was done to it; and
// the doing. State that must outlast the worker's sleep is in storage.session,
// by tab.

import * as answers from "./answers.js";
import { ask, trouble, Trouble } from "./server.js";
import { load } from "./settings.js";

/** @typedef {import("./recognise.js").Paper} Paper */
/** @typedef {answers.Kin & {fit: answers.Score | null}} Kin */
/**
 * What panel and popup show.
 * @typedef {object} View
 * @property {string} state     "ok", or a key of states.js
 * @property {string} server
 * @property {string} detail    goes with state
 * @property {string} id        first id of the page's paper
 * @property {string} title
 * @property {boolean} addable  the page says enough to add the paper
 * @property {answers.Score | null} fit
 * @property {Kin[]} kindred    best first
 * @property {string} note      why kindred is empty, or what the list lacks
 * @property {string} done      what was just done: "like", "-like" for taken back, "add"; else ""
 * @property {string} problem   why what was wanted was not done; else ""
 */
/** @typedef {{url: string, paper: Paper, view: View}} Seen */

/** How many kindred papers are shown. */
const shown = 8;

/** @param {number} tab @returns {Promise<Seen | null>} */
export async function seenIn(tab) {
  const key = `tab:${tab}`;
  return /** @type {Seen | undefined} */ ((await chrome.storage.session.get(key))[key]) || null;
}

/** @param {number} tab @param {Seen} seen */
const remember = (tab, seen) => chrome.storage.session.set({ [`tab:${tab}`]: seen });

/** @param {number} tab */
export const forget = (tab) => chrome.storage.session.remove(`tab:${tab}`);

/**
 * Looks at the paper of a tab, and remembers it.
 * @param {number} tab @param {string} url of the page @param {Paper} paper
 * @returns {Promise<View>}
 */
export async function look(tab, url, paper) {
  const view = await viewOf(paper);
  await remember(tab, { url, paper, view });
  return view;
}

/** @param {Paper} paper @returns {Promise<View>} */
async function viewOf(paper) {
  const settings = await load();
  /** @type {View} */
  const view = { state: "ok", server: settings.server, detail: "", id: paper.ids[0] || "", title: paper.title, addable: !!paper.title, fit: null, kindred: [], note: "", done: "", problem: "" };
  if (!settings.token) return { ...view, state: "unpaired" };
  const asked = { ids: paper.ids, title: paper.title || undefined, abstract: (paper.title && paper.abstract) || undefined };
  try {
    const [, kin, status] = await Promise.all([
      ask(settings, "GET", "/readyz"), // a server that is loading answers, but from a part of the corpus
      ask(settings, "POST", "/v1/similar", { ...asked, limit: shown }).then((x) => answers.kindred(x, shown)).catch(asNote(view)),
      ask(settings, "GET", "/v1/status").then(answers.status),
    ]);
    const scored = answers.scores(await ask(settings, "POST", `/v1/users/${encodeURIComponent(settings.user)}/scores`, { papers: [asked, ...kin.map((k) => ({ id: k.id }))] }), 1 + kin.length);
    view.fit = scored[0];
    view.title ||= scored[0].paper?.title || "";
    view.kindred = kin.map((k, i) => ({ ...k, fit: scored[i + 1] }));
    if (status.pending > 0) view.note = `Indexing: ${count(status.pending)} of ${count(status.papers)} papers still to be indexed.`;
    else if (!kin.length && !view.note) view.note = status.papers ? "Nothing like it in your corpus." : "Your corpus is empty. Add papers with: kindred import";
  } catch (err) {
    const t = trouble(err);
    return { ...view, state: t.state, detail: t.detail };
  }
  return view;
}

/**
 * What makes an empty list of the troubles that concern only this paper.
 * @param {View} view
 * @returns {(err: unknown) => never[]}
 */
function asNote(view) {
  return (err) => {
    const t = trouble(err);
    if (t.code === "not_found") view.note = "Kindred does not know this paper, and a PDF does not tell its title. Open its page instead.";
    else if (t.code === "unavailable" || t.code === "space_changed" || t.code === "overloaded") view.note = t.detail || "The embedder is not available.";
    else throw t;
    return [];
  };
}

/** @param {number} n */
const count = (n) => n.toLocaleString("en");

/** The routes of marks. */
const routes = { like: "likes", dislike: "dislikes", save: "saved", hide: "hidden" };
/** @typedef {keyof typeof routes} Kind */

/** @param {unknown} x @returns {x is Kind} */
export const isKind = (x) => typeof x === "string" && Object.hasOwn(routes, x);

/**
 * Marks the paper of a tab, or takes the mark back. A paper that the corpus
 * lacks is added first: what one likes is worth keeping.
 * @param {number} tab @param {string} id must be the paper's that the tab shows @param {Kind} kind @param {boolean} on
 * @returns {Promise<View>}
 */
export async function mark(tab, id, kind, on) {
  return change(tab, id, async (settings, seen) => {
    if (on && !seen.view.fit?.paper) await post(settings, seen);
    const path = `/v1/users/${encodeURIComponent(settings.user)}/${routes[kind]}/${encodeURIComponent(seen.view.fit?.paper?.id || id)}`;
    await ask(settings, on ? "PUT" : "DELETE", path);
    return (on ? "" : "-") + kind;
  });
}

/**
 * Adds the paper of a tab to the corpus.
 * @param {number} tab @param {string} id
 */
export async function add(tab, id) {
  return change(tab, id, async (settings, seen) => {
    await post(settings, seen);
    return "add";
  });
}

/** @param {import("./settings.js").Settings} settings @param {Seen} seen */
async function post(settings, { paper, url }) {
  if (!paper.title) throw new Trouble("refused", "Kindred does not know this paper, and a PDF does not tell its title. Open its page and try there.");
  await ask(settings, "POST", `/v1/users/${encodeURIComponent(settings.user)}/papers`, {
    ids: paper.ids, title: paper.title, abstract: paper.abstract, authors: paper.authors, ...(paper.date && { published: paper.date }), url: url.slice(0, 2000),
  });
}

/**
 * Does something to the paper of a tab, and looks again. If it fails, what was
 * shown stays, with the reason.
 * @param {number} tab @param {string} id
 * @param {(settings: import("./settings.js").Settings, seen: Seen) => Promise<string>} act
 * @returns {Promise<View>}
 */
async function change(tab, id, act) {
  const seen = await seenIn(tab);
  if (!seen || seen.paper.ids[0] !== id) throw new Trouble("refused", "The page has changed meanwhile.");
  try {
    const settings = await load();
    if (!settings.token) throw new Trouble("unpaired");
    const done = await act(settings, seen);
    const view = { ...(await viewOf(seen.paper)), done };
    await remember(tab, { ...seen, view });
    return view;
  } catch (err) {
    const t = trouble(err);
    if (t.state === "refused") return { ...seen.view, done: "", problem: t.detail || "The server said no." };
    return { ...seen.view, state: t.state, detail: t.detail };
  }
}

/**
 * The scores of a list's entries, as short as they are shown.
 * @param {{id: string, title: string, abstract: string}[]} papers at most 100
 * @returns {Promise<answers.Score[]>} in their order; empty if there is nothing to show
 */
export async function scoreList(papers) {
  const settings = await load();
  if (!settings.token || !settings.lists) return [];
  try {
    const asked = papers.map((p) => ({ ids: [p.id], title: p.title || undefined, abstract: (p.title && p.abstract) || undefined }));
    return answers.scores(await ask(settings, "POST", `/v1/users/${encodeURIComponent(settings.user)}/scores`, { papers: asked }), papers.length);
  } catch {
    return []; // a list stays quiet; the panel and the settings say what is wrong
  }
}

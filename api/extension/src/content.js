// Runs in the pages of the sites that the user turned on. It reads the page,
// asks the worker, and shows the answer; it talks to nobody else and knows no
// address and no token.

import { entries } from "./listing.js";
import { putMark, standing } from "./marks.js";
import { makePanel } from "./panel.js";
import { recognise } from "./recognise.js";
import { makeSorter } from "./sort.js";

/** How long after a change of address the page may still be drawing itself, in ms. */
const settling = 15000;
/** The most entries of a list that are scored: the longest lists have 2,000. */
const mostEntries = 2000;

const world = /** @type {any} */ (globalThis);

function start() {
  /** @type {import("./recognise.js").Paper | null} */
  let paper = null;
  let address = "";
  let asked = 0;
  const scored = new WeakSet();
  const panel = makePanel(act);
  /** @type {ReturnType<typeof makeSorter> | null} made with the first list */
  let sorter = null;

  /** Reads the page as it is now, and asks if that is new. */
  function read() {
    if (!chrome.runtime?.id) return stop(); // the extension was updated or removed
    const moved = address !== location.href;
    address = location.href;
    const found = recognise(address, document);
    if (found && (!paper || differs(found, paper))) {
      paper = found;
      look();
    } else if (!found && paper && moved) {
      paper = null;
      asked++;
      panel.remove();
      send({ intent: "leave" });
    }
    if (moved) sorter?.remove();
    score();
  }

  async function look() {
    const mine = ++asked;
    panel.wait();
    const view = await send({ intent: "look", paper });
    if (mine === asked && view) show(view);
  }

  /** @param {import("./look.js").View} view */
  function show(view) {
    panel.show(view);
    observer.takeRecords(); // what we draw is no news
  }

  /** @type {import("./view.js").Act} */
  async function act(intent, what) {
    if (intent === "retry") return look();
    const mine = ++asked;
    const view = await send(intent === "options" ? { intent } : { intent, id: paper?.ids[0], ...what });
    if (mine === asked && view?.state) show(view);
  }

  async function score() {
    const fresh = entries(address, document).filter((e) => !scored.has(e.at)).slice(0, mostEntries);
    for (const e of fresh) scored.add(e.at);
    for (let i = 0; i < fresh.length; i += 100) {
      const batch = fresh.slice(i, i + 100);
      const answer = await send({ intent: "scores", papers: batch.map(({ id, title, abstract }) => ({ id, title, abstract })) });
      if (!answer?.scores?.length) return; // not now; the panel and the settings say why
      sorter ??= makeSorter(() => observer.takeRecords());
      batch.forEach((e, j) => {
        if (!e.at.isConnected) return;
        putMark(e.at, answer.scores[j]);
        const fit = standing(answer.scores[j]);
        if (fit !== null) sorter?.add(e.at, fit);
      });
      observer.takeRecords();
    }
  }

  /** @param {object} message */
  async function send(message) {
    try {
      return await chrome.runtime.sendMessage(message);
    } catch {
      if (!chrome.runtime?.id) stop();
      return null;
    }
  }

  // A page may be redrawn in place: its address changes first, its matter follows.
  let until = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let soon;
  const observer = new MutationObserver(() => {
    if (Date.now() > until) return observer.disconnect();
    clearTimeout(soon);
    soon = setTimeout(read, 150);
  });
  function arrived() {
    until = Date.now() + settling;
    observer.observe(document, { childList: true, subtree: true, attributes: true, attributeFilter: ["content", "href"] });
    clearTimeout(soon);
    read();
  }
  const navigation = /** @type {any} */ (globalThis).navigation;
  navigation?.addEventListener("currententrychange", moved);
  const watch = setInterval(moved, navigation ? 5000 : 500);
  function moved() {
    if (location.href.replace(/#.*/, "") !== address.replace(/#.*/, "")) arrived();
  }
  function stop() {
    clearInterval(watch);
    observer.disconnect();
    navigation?.removeEventListener("currententrychange", moved);
    panel.remove();
    sorter?.remove();
    world.kindredRuns = false;
  }

  chrome.runtime.onMessage.addListener((message, sender) => {
    if (sender.id !== chrome.runtime.id || message?.tell !== "view" || message.view?.id !== paper?.ids[0]) return;
    asked++;
    show(message.view);
  });
  arrived();
}

/**
 * Whether the page says more, or of another paper, than before.
 * @param {import("./recognise.js").Paper} now @param {import("./recognise.js").Paper} then
 */
function differs(now, then) {
  return now.ids[0] !== then.ids[0] || now.title !== then.title || (now.abstract !== "" && then.abstract === "");
}

// It may be run a second time in the same page, when its site is turned on.
if (!world.kindredRuns) {
  world.kindredRuns = true;
  start();
}

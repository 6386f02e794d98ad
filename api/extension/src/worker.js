// The background of the extension: the only part that talks to the server. It
// may be stopped whenever nothing happens, so it keeps nothing in variables.
//
// Two kinds of senders: content scripts, which may ask six things about the
// paper of their own tab, and the extension's pages, which may ask the rest.

import { isLook, isPapers } from "./messages.js";
import { add, forget, isKind, look, mark, scoreList, seenIn } from "./look.js";
import { recogniseAddress } from "./recognise.js";
import { pair, testConnection } from "./pairing.js";
import { trouble, Trouble } from "./server.js";
import { isOn, load, lock, save } from "./settings.js";
import { register } from "./reach.js";
import { sites } from "./sites.js";

chrome.runtime.onInstalled.addListener(async ({ reason }) => {
  await lock();
  await register();
  if (reason === "install") await chrome.runtime.openOptionsPage();
});
chrome.runtime.onStartup.addListener(async () => {
  await lock();
  await register();
});
chrome.permissions.onAdded.addListener(() => register());
chrome.permissions.onRemoved.addListener(() => register());
chrome.tabs.onRemoved.addListener((tab) => forget(tab));

chrome.runtime.onMessage.addListener((message, sender, answer) => {
  answered(message, sender).then(answer, (err) => {
    const { state, detail } = trouble(err);
    answer({ state, detail });
  });
  return true; // the answer comes later
});

/** @param {any} m @param {chrome.runtime.MessageSender} sender */
async function answered(m, sender) {
  if (sender.id !== chrome.runtime.id || typeof m !== "object" || m === null) throw new Error("who are you?");
  if (sender.url?.startsWith(chrome.runtime.getURL(""))) return fromOurPage(m);
  const tab = sender.tab?.id;
  if (tab === undefined || sender.frameId !== 0 || !sender.url || !isOn(await load(), sender.url)) throw new Trouble("off");
  return fromContent(m, tab, sender.tab?.url || sender.url);
}

/**
 * The fixed set of what a page's content script may want.
 * @param {any} m @param {number} tab @param {string} url
 */
async function fromContent(m, tab, url) {
  switch (m.intent) {
    case "look":
      if (!isLook(m)) break;
      return shown(tab, await look(tab, url, m.paper));
    case "leave":
      await forget(tab);
      await chrome.action.setBadgeText({ tabId: tab, text: "" });
      return {};
    case "scores":
      if (!isPapers(m)) break;
      return { scores: await scoreList(m.papers) };
    case "mark":
    case "add":
      return act(m, tab);
    case "options":
      await chrome.runtime.openOptionsPage();
      return {};
  }
  throw new Error("not a thing that a page may ask");
}

/** @param {any} m */
async function fromOurPage(m) {
  switch (m.intent) {
    case "here":
      return here(Number(m.tab));
    case "mark":
    case "add": {
      const view = await act(m, Number(m.tab));
      await tell(Number(m.tab), view);
      return view;
    }
    case "pair":
      return pair(String(m.server), String(m.code));
    case "test":
      return testConnection(String(m.server));
    case "choose":
      return choose(m);
    case "register":
      return register();
    case "unpair":
      await save({ token: "", user: "" });
      return register();
  }
  throw new Error("not a thing that is known");
}

/**
 * Turns a site of ours, or any host, on or off.
 * @param {any} m
 */
function choose(m) {
  return navigator.locks.request("choose", async () => {
    const { on, more } = await load();
    if (sites.some((s) => s.key === m.key)) await save({ on: { ...on, [m.key]: m.on === true } });
    else if (/^[a-z0-9.-]{1,253}$/.test(m.host)) await save({ more: [...more.filter((h) => h !== m.host), ...(m.on === true ? [m.host] : [])].slice(-200) });
    return {};
  });
}

/** @param {any} m @param {number} tab */
async function act(m, tab) {
  const id = String(m.id);
  if (m.intent === "add") return shown(tab, await add(tab, id));
  if (!isKind(m.kind)) throw new Error("not a mark");
  return shown(tab, await mark(tab, id, m.kind, m.on === true));
}

/**
 * The view of a tab that the user clicked on: what its content script found,
 * or what can be read now, thanks to the click.
 * @param {number} tab
 */
async function here(tab) {
  const { url = "" } = await chrome.tabs.get(tab);
  const seen = await seenIn(tab);
  const settings = await load();
  const at = { host: /^https:/.test(url) ? new URL(url).hostname : "", on: isOn(settings, url) };
  if (!settings.token) return { ...at, state: "unpaired", server: settings.server };
  if (seen && seen.url === url && seen.view.state === "ok") return { ...at, ...seen.view, done: "", problem: "" };
  const { paper, closed } = await readTab(tab, url);
  if (!paper) return { ...at, state: closed ? "closed" : "none", server: settings.server };
  const view = shown(tab, await look(tab, url, paper));
  await tell(tab, view);
  return { ...at, ...view };
}

/**
 * Reads a tab by a click or shortcut. Where no script may run (a PDF in
 * Firefox), the address speaks.
 * @param {number} tab @param {string} url
 */
async function readTab(tab, url) {
  try {
    const [{ result }] = await chrome.scripting.executeScript({ target: { tabId: tab }, files: ["reader.js"] });
    const paper = /** @type {any} */ (result);
    return { paper: isLook({ paper }) ? paper : null, closed: false };
  } catch {
    return { paper: recogniseAddress(url), closed: true };
  }
}

// One key likes, also where nothing is read by itself; again takes it back.
chrome.commands.onCommand.addListener(async (command, tab) => {
  if (command !== "like" || tab?.id === undefined) return;
  const view = /** @type {import("./look.js").View} */ (await here(tab.id));
  if (view.state !== "ok" || !view.id) return badge(tab.id, "?", "#8a6d3b");
  const liked = view.fit?.marks.some((m) => m.kind === "like");
  await tell(tab.id, shown(tab.id, await mark(tab.id, view.id, "like", !liked)));
});

/** @param {number} tab @param {import("./look.js").View} view */
const tell = (tab, view) => chrome.tabs.sendMessage(tab, { tell: "view", view }).catch(() => {}); // no content script there

/**
 * Shows a view on the toolbar's button, and returns it.
 * @template {import("./look.js").View} V
 * @param {number} tab @param {V} view
 * @returns {V}
 */
function shown(tab, view) {
  const marked = (/** @type {string} */ kind) => view.fit?.marks.some((m) => m.kind === kind);
  if (view.state !== "ok") badge(tab, ["revoked", "version", "permission"].includes(view.state) ? "!" : "", "#8a6d3b");
  else if (marked("like")) badge(tab, "♥", "#b3395b");
  else if (marked("dislike") || marked("hide")) badge(tab, "–", "#5a6068");
  else badge(tab, view.fit?.fit == null ? "" : String(percent(view.fit.fit)), "#14539a");
  return view;
}

/** @param {number} share */
const percent = (share) => Math.min(99, Math.floor(100 * share));

/** @param {number} tabId @param {string} text @param {string} color */
function badge(tabId, text, color) {
  for (const set of [chrome.action.setBadgeText({ tabId, text }), chrome.action.setBadgeBackgroundColor({ tabId, color }), chrome.action.setBadgeTextColor({ tabId, color: "#ffffff" })]) {
    set.catch(() => {}); // the tab is gone
  }
}

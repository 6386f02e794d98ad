// Where the content script runs: on the sites that the user turned on and the
// browser allows, once paired; before that, nowhere.

import { load, patternsOn } from "./settings.js";

const script = "pages";

/**
 * Makes the browser's list of content scripts what the settings say, also after
 * an update of the extension, which empties it.
 * @returns {Promise<{matches: string[]}>} where it runs now
 */
export function register() {
  return navigator.locks.request("register", registered);
}

async function registered() {
  const settings = await load();
  const wanted = settings.token ? patternsOn(settings) : [];
  const allowed = await Promise.all(wanted.map((m) => chrome.permissions.contains({ origins: [m] })));
  const matches = wanted.filter((_, i) => allowed[i]);
  const [now] = await chrome.scripting.getRegisteredContentScripts({ ids: [script] });
  if (!matches.length) {
    if (now) await chrome.scripting.unregisterContentScripts({ ids: [script] });
    return { matches };
  }
  const had = new Set(now?.matches || []);
  /** @type {chrome.scripting.RegisteredContentScript} */
  const registration = { id: script, matches, js: ["content.js"], runAt: "document_idle", persistAcrossSessions: true };
  if (now) await chrome.scripting.updateContentScripts([registration]);
  else await chrome.scripting.registerContentScripts([registration]);
  await begin(matches.filter((m) => !had.has(m)));
  return { matches };
}

/**
 * Starts in tabs that are open already.
 * @param {string[]} matches
 */
async function begin(matches) {
  if (!matches.length) return;
  for (const tab of await chrome.tabs.query({ url: matches })) {
    if (tab.id !== undefined) await chrome.scripting.executeScript({ target: { tabId: tab.id }, files: ["content.js"] }).catch(() => {}); // a discarded tab, an error page
  }
}

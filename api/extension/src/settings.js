// What the user chose, in chrome.storage.local. Only the worker and the
// extension's own pages can read it: see lock.

import { sites } from "./sites.js";

/**
 * @typedef {object} Settings
 * @property {string} server  origin, such as http://127.0.0.1:8765
 * @property {string} token   "" before pairing
 * @property {string} user    whose likes: as the pairing said
 * @property {Record<string, boolean>} on  the keys of the sites that are read by themselves
 * @property {string[]} more  further hosts that the user turned on
 * @property {boolean} lists  whether entries of lists get scores
 */

/** @type {Settings} */
export const defaults = { server: "http://127.0.0.1:8765", token: "", user: "", on: {}, more: [], lists: true };

/** @returns {Promise<Settings>} */
export async function load() {
  return { ...defaults, .../** @type {Partial<Settings>} */ (await chrome.storage.local.get(/** @type {any} */ (Object.keys(defaults)))) };
}

/** @param {Partial<Settings>} some */
export async function save(some) {
  await lock();
  await chrome.storage.local.set(some);
}

/** Keeps content scripts, which live beside the page's own code, away from the token. */
export async function lock() {
  await chrome.storage.local.setAccessLevel?.({ accessLevel: "TRUSTED_CONTEXTS" });
}

/**
 * The origin that a typed address means, or "" if it is none: http or https,
 * a host, perhaps a port, nothing else.
 * @param {string} typed
 */
export function originOf(typed) {
  const s = typed.trim();
  try {
    const u = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(s) ? s : "http://" + s);
    if ((u.protocol !== "http:" && u.protocol !== "https:") || u.username || u.password || u.pathname !== "/" || u.search || u.hash) return "";
    return u.origin;
  } catch {
    return "";
  }
}

/**
 * The host permission that an origin needs; match patterns have no ports.
 * @param {string} origin
 */
export function patternOf(origin) {
  const u = new URL(origin);
  return `${u.protocol}//${u.hostname}/*`;
}

/** @param {Settings} s @returns {string[]} the match patterns that are on */
export function patternsOn(s) {
  return [...sites.filter((x) => s.on[x.key]).flatMap((x) => x.matches), ...s.more.map((h) => `https://${h}/*`)];
}

/**
 * Whether the user turned on the site of an address.
 * @param {Settings} s @param {string} address
 */
export function isOn(s, address) {
  try {
    return patternsOn(s).includes(patternOf(address));
  } catch {
    return false;
  }
}

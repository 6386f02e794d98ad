// The popup: the paper of the tab on which the user clicked, on any site.

import popup from "./popup.css";
import shared from "./view.css";
import theme from "./theme.css";
import { el, icon } from "./dom.js";
import { sites } from "./sites.js";
import { button, draw, waiting } from "./view.js";

const sheet = new CSSStyleSheet();
sheet.replaceSync(theme + shared + popup);
document.adoptedStyleSheets = [sheet];

const main = el("main");
const footer = el("footer");
document.body.append(
  el("header", null, icon("mark"), el("h1", null, "Kindred"), button("icon", { "data-act": "options", "aria-label": "Settings", title: "Settings" }, [icon("gear")], () => act("options"))),
  main, footer);

/** @type {any} */
let shown = null;
/** @type {chrome.tabs.Tab} */
let tab;
look();

async function look() {
  [tab] = await chrome.tabs.query({ active: true, currentWindow: true });
  main.replaceChildren(waiting(false));
  const slow = setTimeout(() => main.replaceChildren(waiting(true)), 3000);
  show(await chrome.runtime.sendMessage({ intent: "here", tab: tab.id }));
  clearTimeout(slow);
}

/** @param {any} view */
function show(view) {
  shown = { ...shown, ...view };
  const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset.act;
  main.replaceChildren(...draw(shown, act));
  if (focused) /** @type {HTMLElement | null} */ (main.querySelector(`[data-act="${focused}"]`))?.focus();
  foot();
}

/** @type {import("./view.js").Act} */
async function act(intent, what) {
  if (intent === "retry") return look();
  if (intent === "options") {
    await chrome.runtime.openOptionsPage();
    return window.close();
  }
  show(await chrome.runtime.sendMessage({ intent, tab: tab.id, id: shown.id, ...what }));
}

/** What else one can do here: look at this site always; the key for liking. */
async function foot() {
  const key = (await chrome.commands.getAll()).find((c) => c.name === "like")?.shortcut;
  const site = sites.find((s) => s.matches.some((m) => m === `https://${shown.host}/*`));
  const name = site?.name || shown.host;
  const offer = shown.host && !shown.on && shown.state === "ok";
  footer.replaceChildren(...[
    offer && button("plain", { "data-act": "always" }, `Always look on ${name}`, () => always(site)),
    shown.state === "ok" && key && el("span", null, el("kbd", null, key), " likes"),
  ].filter((x) => x instanceof Node));
}

/**
 * Turns the site on. The browser may close the popup to ask; what was chosen is
 * kept before, and counts only with the permission.
 * @param {typeof sites[number] | undefined} site
 */
async function always(site) {
  const origins = site?.matches || [`https://${shown.host}/*`];
  const asked = chrome.permissions.request({ origins }); // first: the click is what allows it
  await chrome.runtime.sendMessage({ intent: "choose", key: site?.key || "", host: site ? "" : shown.host, on: true });
  if (await asked) await chrome.runtime.sendMessage({ intent: "register" });
  else await chrome.runtime.sendMessage({ intent: "choose", key: site?.key || "", host: site ? "" : shown.host, on: false });
  await look();
}

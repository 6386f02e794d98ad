// The settings: the server and its code, where Kindred looks by itself, and the
// test that names what is wrong.

import css from "./options.css";
import shared from "./view.css";
import theme from "./theme.css";
import { el, icon } from "./dom.js";
import { load, originOf, patternOf, save } from "./settings.js";
import { sites } from "./sites.js";
import { say } from "./states.js";

const sheet = new CSSStyleSheet();
sheet.replaceSync(theme + shared + css);
document.adoptedStyleSheets = [sheet];

/** @param {object} message @returns {Promise<any>} */
const ask = (message) => chrome.runtime.sendMessage(message);

const server = /** @type {HTMLInputElement} */ (el("input", { type: "text", name: "server", spellcheck: "false", autocomplete: "off" }));
const code = /** @type {HTMLInputElement} */ (el("input.code", { type: "text", name: "code", placeholder: "K7M2-9QXD", spellcheck: "false", autocomplete: "off", maxlength: "20" }));
const said = el("p.said", { role: "status", "data-said": "" });
const connected = el("p", { "data-connected": "" });
const disconnect = el("button.second", { type: "button", "data-act": "unpair", click: unpair }, "Disconnect");
const list = el("ul.sites");
const keys = el("dl");

document.body.append(el("main", null,
  el("div.top", null, icon("mark"), el("h1", null, "Kindred")),
  el("section.card", null, el("h2", null, "Your server"), connected,
    el("form", { submit: pair },
      el("label.field", null, "Address", server, el("small", null, "As the server printed it when it started. Only this address is ever contacted.")),
      el("label.field", null, "Code", code, el("small", null, "Run ", el("code", null, "kindred pair"), ", or open /pair on your server, and type the code that it shows. It is good for two minutes.")),
      el("div.row", null, el("button.primary", { type: "submit", "data-act": "pair" }, "Connect"),
        el("button.second", { type: "button", "data-act": "test", click: test }, "Test connection"), disconnect),
      said)),
  el("section.card", null, el("h2", null, "Where Kindred looks by itself"),
    el("p", null, "On these sites, the paper of each page that you open is looked up on your server: its id, title and abstract go there, and nowhere else. Everywhere else nothing happens until you click the button in the toolbar."),
    el("div.row.all", null, el("button.second", { type: "button", "data-act": "all", click: () => choose(sites.map((s) => s.key), true) }, "Turn all on")),
    list),
  el("section.card", null, el("h2", null, "Keys"), el("p", null, "Change them in the browser's page of extension shortcuts."), keys)));
draw();

/** Shows the settings as they are. */
async function draw() {
  const s = await load();
  server.value ||= s.server;
  const paired = !!s.token;
  document.body.dataset.paired = String(paired);
  connected.replaceChildren(...(paired ? ["Connected with ", el("code", null, s.server), " as ", el("code", null, s.user), "."] : ["Not connected. Nothing is sent anywhere until you connect."]));
  disconnect.hidden = !paired;
  const rows = sites.map((x) => ({ ...x, on: !!s.on[x.key] }));
  const allowed = await Promise.all([...rows.map((x) => x.matches), ...s.more.map((h) => [`https://${h}/*`])].map((origins) => chrome.permissions.contains({ origins })));
  list.replaceChildren(
    ...rows.map((x, i) => row(x.key, x.name, x.note, x.on, paired, allowed[i], (on) => choose([x.key], on))),
    ...s.more.map((h, i) => row(h, h, "turned on by you", true, paired, allowed[rows.length + i], (on) => chooseHost(h, on))),
    row("lists", "Scores in lists", "beside each entry of arXiv's lists and the daily papers", s.lists, paired, true, async (on) => {
      await save({ lists: on });
      await draw();
    }));
  const names = { _execute_action: "Open the popup", like: "Like the paper, or take the like back" };
  keys.replaceChildren(...(await chrome.commands.getAll()).flatMap((c) => [el("dt", null, c.shortcut ? el("kbd", null, c.shortcut) : "no key"), el("dd", null, names[/** @type {keyof typeof names} */ (c.name)] || c.name || "")]));
}

/**
 * @param {string} key @param {string} name @param {string} note @param {boolean} on @param {boolean} paired @param {boolean} allowed
 * @param {(on: boolean) => void} change
 */
function row(key, name, note, on, paired, allowed, change) {
  const missing = on && paired && !allowed;
  const box = /** @type {HTMLInputElement} */ (el("input", { type: "checkbox", role: "switch", name: `site-${key}`, disabled: !paired, change: () => change(box.checked) }));
  box.checked = on && paired && allowed;
  return el("li", { "data-site": key, "data-on": box.checked, "data-missing": missing }, el("label", null, el("span", null, name, el("small", null, missing ? "The browser does not allow it: turn it on again." : note)), box));
}

/** @param {string[]} keys_ @param {boolean} on */
async function choose(keys_, on) {
  const origins = sites.filter((s) => keys_.includes(s.key)).flatMap((s) => s.matches);
  const ok = on ? await chrome.permissions.request({ origins }) : true; // first, while the click counts
  if (ok) for (const key of keys_) await ask({ intent: "choose", key, on });
  if (!on) await chrome.permissions.remove({ origins }).catch(() => {});
  await ask({ intent: "register" });
  await draw();
}

/** @param {string} host @param {boolean} on */
async function chooseHost(host, on) {
  if (on && !(await chrome.permissions.request({ origins: [`https://${host}/*`] }))) return draw();
  await ask({ intent: "choose", host, on });
  if (!on) await chrome.permissions.remove({ origins: [`https://${host}/*`] }).catch(() => {});
  await ask({ intent: "register" });
  await draw();
}

/** @param {Event} e */
async function pair(e) {
  e.preventDefault();
  const origin = originOf(server.value);
  if (!origin) return tell("refused", "That is not an address. It looks like http://127.0.0.1:8765");
  if (!code.value.trim()) return tell("refused", "Type the code that “kindred pair” shows.");
  if (!(await chrome.permissions.request({ origins: [patternOf(origin)] }))) return tell("permission", "", origin);
  tell("", "Connecting …");
  const r = await ask({ intent: "pair", server: origin, code: code.value });
  if (r.state === "ok") {
    code.value = "";
    server.value = r.server;
    tell("ok", "Connected. Now choose where Kindred looks by itself.");
  } else tell(r.state, r.detail, r.server);
  await draw();
}

async function test() {
  const origin = originOf(server.value);
  if (!origin) return tell("refused", "That is not an address. It looks like http://127.0.0.1:8765");
  tell("", "Asking …");
  const r = await ask({ intent: "test", server: origin });
  tell(r.state, r.detail, r.server);
}

async function unpair() {
  await ask({ intent: "unpair" });
  tell("", "Disconnected. The token is forgotten here; to end it on the server too: kindred token revoke.");
  await draw();
}

/** What the server says of codes goes as it is; troubles have sentences of their own. */
const plain = new Set(["ok", "", "refused", "bad_code", "too_many_tries", "invalid"]);

/** @param {string} state @param {string} detail @param {string} [where] */
function tell(state, detail, where) {
  said.dataset.state = state;
  if (plain.has(state)) said.textContent = detail || "The server said no.";
  else {
    const s = say(state, { server: where, detail });
    said.textContent = `${s.title}. ${s.text.replaceAll("`", "")}`;
  }
}

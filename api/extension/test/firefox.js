// Debian's Firefox ESR with the built extension, driven over WebDriver BiDi.
//
//	const firefox = await launchFirefox();
//	const settings = await pairFirefox(firefox, server);
//	await settings.click("[name=site-arxiv]");
//	await firefox.answer("Allow");                  // the browser's own dialog
//	const page = await firefox.open("https://arxiv.org/abs/2411.04321");
//	await panel(page).open();
//
// BiDi is let into the browser's own window (remote-allow-system-access): only
// so does it reach the extension's pages and the dialog that asks for a site.
// No name is looked up: pages come from the fixtures, 127.0.0.1 is real.
import { existsSync } from "node:fs";
import puppeteer from "puppeteer-core";
import { fixture, panelOf, paths, until } from "./harness.js";

const id = "kindred@kindred.invalid";
/** What Firefox would draw by lot for every profile. */
const uuid = "6b696e64-7265-4d00-8000-746573740001";

/** @param {import("puppeteer-core").Page} page its BiDi context */
const contextOf = (page) => /** @type {any} */ (page.mainFrame())._id;

/**
 * Firefox with the extension, whose settings page opens on installation.
 */
export async function launchFirefox() {
  for (const path of [paths.firefoxBinary, paths.firefox]) if (!existsSync(path)) throw new Error(`nothing at ${path}`);
  const browser = await puppeteer.launch({
    browser: "firefox", executablePath: paths.firefoxBinary, headless: true, protocolTimeout: 120000, timeout: 120000,
    defaultViewport: { width: 1200, height: 800 }, args: ["--remote-allow-system-access", "--width=1280", "--height=900"],
    extraPrefsFirefox: { "extensions.webextensions.uuids": JSON.stringify({ [id]: uuid }), "network.dns.disabled": true },
  });
  /**
   * BiDi itself, for what puppeteer has no words for.
   * @param {string} method @param {object} params @returns {Promise<any>}
   */
  const send = async (method, params) => (await /** @type {any} */ (browser).connection.send(method, params)).result;
  /**
   * Calls a function, and returns what it returns.
   * @param {object} target @param {string} does @param {...object} args as BiDi writes them
   */
  const call = async (target, does, ...args) => {
    const answer = await send("script.callFunction", { functionDeclaration: `async (...args) => JSON.stringify((await (${does})(...args)) ?? null)`, arguments: args, target, awaitPromise: true });
    if (answer.type !== "success") throw new Error(answer.exceptionDetails.text);
    return JSON.parse(answer.result.value);
  };
  /** @type {Map<string, {body: string | Buffer, contentType: string, headers?: Record<string, string>}>} */
  const served = new Map();
  const firefox = {
    browser, send, call, served,
    /** A page at its real address. @param {string} url */
    async open(url) {
      const page = await browser.newPage();
      page.setDefaultTimeout(60000);
      await page.setRequestInterception(true);
      page.on("request", async (r) => {
        const found = served.get(r.url()) || (await fixture(r.url()));
        if (found) await r.respond({ status: 200, ...found });
        else if (/^https?:/.test(r.url())) await r.abort();
        else await r.continue();
      });
      await page.goto(url);
      homes.set(page, firefox);
      return page;
    },
    /** The settings, as they are open. Puppeteer does not learn their address. */
    async settings() {
      const page = await until(async () => {
        const { contexts } = await send("browsingContext.getTree", {});
        const found = contexts.find((/** @type {any} */ c) => c.url === `moz-extension://${uuid}/options.html`);
        return found && (await browser.pages()).find((p) => contextOf(p) === found.context);
      }, "the settings to open", 60000);
      await page.waitForSelector("body[data-paired]", { timeout: 60000 });
      return page;
    },
    /**
     * In the browser's own window, such as what the user sees beside the page.
     * @param {string} does
     */
    async inWindow(does) {
      const { contexts } = await send("browsingContext.getTree", { "moz:scope": "chrome" });
      return call({ context: contexts[0].context }, does);
    },
    /**
     * Presses a button of the dialog in which Firefox asks the user for a site.
     * @param {"Allow" | "Deny"} which
     * @returns {Promise<string>} what it said
     */
    answer: (which) => until(() => firefox.inWindow(`() => {
      const asks = document.getElementById("addon-webext-permissions-notification");
      const button = [asks?.button, asks?.secondaryButton].find((b) => b?.label === ${JSON.stringify(which)});
      if (!PopupNotifications.isPanelOpen || !button || PopupNotifications.panel.state !== "open") return "";
      const said = asks.textContent;
      button.click();
      return said || " ";
    }`), `the dialog to be answered: ${which}`, 60000),
    close: () => browser.close(),
  };
  try {
    await browser.installExtension(paths.firefox);
  } catch (err) {
    await browser.close();
    throw err;
  }
  return firefox;
}
/** @typedef {Awaited<ReturnType<typeof launchFirefox>>} Firefox */

/** @type {WeakMap<import("puppeteer-core").Page, Firefox>} */
const homes = new WeakMap();

/**
 * Connects as a person does, on the settings page, which stays open.
 * @param {Firefox} firefox @param {import("./harness.js").Server} server
 */
export async function pairFirefox(firefox, server) {
  const page = await firefox.settings();
  await page.bringToFront();
  await page.$eval("[name=server]", (e) => (/** @type {HTMLInputElement} */ (e).value = ""));
  await page.type("[name=server]", server.url);
  await page.type("[name=code]", await server.code());
  await page.click("[data-act=pair]");
  await page.waitForSelector("[data-said][data-state=ok]", { timeout: 60000 });
  return page;
}

/**
 * Calls a function on what fits a selector in the panel's closed root. BiDi
 * tells closed roots when asked for all, and calls in a world apart from the
 * page's.
 * @param {import("puppeteer-core").Page} page @param {string} selector @param {string} does
 * @returns {Promise<any[]>}
 */
export async function inside(page, selector, does) {
  const { send, call } = /** @type {Firefox} */ (homes.get(page));
  const target = { context: contextOf(page), sandbox: "kindred-test" };
  const { result } = await send("script.evaluate", { expression: "document.querySelector('[data-kindred=panel]')", target, awaitPromise: false, serializationOptions: { includeShadowTree: "all", maxDomDepth: 0 } });
  if (!result.value) return [];
  const { sharedId } = result.value.shadowRoot;
  return call(target, `(root, selector) => [...root.querySelectorAll(selector)].map((e) => (${does}).call(e))`, { sharedId }, { type: "string", value: selector });
}

/**
 * The panel of a page, as the harness has it for Chromium.
 * @param {import("puppeteer-core").Page} page
 */
export const panel = (page) => panelOf({
  inside: (selector, does) => inside(page, selector, does),
  press: (x, y) => page.mouse.click(x, y),
});

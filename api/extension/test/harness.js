// What the browser tests stand on: a real server, the real extension in a real
// Chromium, and pages served under their real addresses.
//
//	const server = await startServer();
//	const chrome = await launchChrome();          // with the extension
//	await pair(chrome, server, ["arxiv"]);        // types the code, turns sites on
//	const page = await chrome.open("https://arxiv.org/abs/2411.04321");
//	await panel(page).open();
//
// Everything lives in folders and on ports of its own. Close what you open.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import http from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { chromium } from "playwright-core";
import { sites } from "../src/sites.js";
import { pages as fixtures } from "./pages/index.js";

const here = import.meta.dirname;
const repository = join(here, "../../..");

/** What .ci/browser built, or what is found where it builds. */
export const paths = {
  kindred: process.env.KINDRED_BIN || join(repository, "bin/kindred"),
  chrome: join(here, "../dist/chrome"),
  firefox: join(here, "../dist/firefox"),
  chromium: process.env.CHROMIUM || "/usr/bin/chromium",
  firefoxBinary: process.env.FIREFOX || "/usr/bin/firefox-esr",
  samples: join(process.env.KINDRED_SHARED || join(repository, "../shared"), "samples"),
};

const run = promisify(execFile);

/**
 * Waits until what f returns is truthy, and returns it. What f throws counts as
 * not yet; in the end it is told.
 * @template T
 * @param {() => T | Promise<T>} f
 * @param {string} what for the message
 * @param {number} [limit] in ms, generous: machines are slow
 * @returns {Promise<NonNullable<T>>}
 */
export async function until(f, what, limit = 20000) {
  const end = Date.now() + limit;
  let last;
  for (;;) {
    try {
      const x = await f();
      if (x) return /** @type {NonNullable<T>} */ (x);
      last = x;
    } catch (err) {
      last = err;
    }
    if (Date.now() > end) throw new Error(`waited in vain for ${what}; last: ${last instanceof Error ? last.message : JSON.stringify(last)}`);
    await new Promise((r) => setTimeout(r, 50));
  }
}

/**
 * A request as a program makes it: Node's fetch sends what browsers send, and
 * the server treats it as one.
 * @param {string} method @param {string} url @param {unknown} [body] @param {Record<string, string>} [headers]
 * @returns {Promise<{status: number, headers: import("node:http").IncomingHttpHeaders, text: string}>}
 */
export async function request(method, url, body, headers = {}) {
  const r = http.request(url, { method, agent: false, headers: { ...(body !== undefined && { "Content-Type": "application/json" }), ...headers } });
  r.end(body === undefined ? undefined : JSON.stringify(body));
  const [answer] = await once(r, "response");
  let text = "";
  for await (const part of answer.setEncoding("utf8")) text += part;
  return { status: answer.statusCode, headers: answer.headers, text };
}

/** @returns {Promise<number>} a port that is free now */
export async function freePort() {
  const s = createServer().listen(0, "127.0.0.1");
  await once(s, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (s.address());
  s.close();
  await once(s, "close");
  return port;
}

/**
 * A real `kindred serve` with the sample papers, the builtin embedder, a data
 * folder and a port of its own.
 * @param {{papers?: object[]}} [o] papers to add, as POST /v1/papers takes them
 */
export async function startServer({ papers = [] } = {}) {
  if (!existsSync(paths.kindred)) throw new Error(`no server at ${paths.kindred}: make build, or set KINDRED_BIN`);
  const dir = await mkdtemp(join(tmpdir(), "kindred-browser-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  /** @type {import("node:child_process").ChildProcess | null} */
  let child = null;
  let log = "";
  process.on("exit", () => child?.kill("SIGKILL"));
  const server = {
    url, port, dir,
    get log() { return log; },
    async start() {
      child = spawn(paths.kindred, ["serve", "--data", dir, "--addr", `127.0.0.1:${port}`, "--embedder", "builtin"], { stdio: ["ignore", "pipe", "pipe"] });
      for (const out of [child.stdout, child.stderr]) out?.on("data", (b) => (log += b));
      await until(async () => {
        if (child?.exitCode !== null) throw new Error(`the server ended: ${log}`);
        return (await request("GET", url + "/readyz")).status === 200;
      }, "the server to be ready", 60000);
    },
    async stop() {
      if (!child) return;
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      await gone;
      child = null;
    },
    /** Lets it be there without answering, until go. */
    pause() { child?.kill("SIGSTOP"); },
    go() { child?.kill("SIGCONT"); },
    /** Stops it and removes its folder. */
    async close() {
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
    /**
     * Runs the command line on the server's data.
     * @param {...string} args
     */
    async kindred(...args) {
      return (await run(paths.kindred, [...args, "--data", dir])).stdout;
    },
    /**
     * Asks the server as a program on this machine does.
     * @param {string} method @param {string} path @param {unknown} [body]
     */
    async api(method, path, body) {
      const { status, text } = await request(method, url + path, body);
      return { status, body: text ? JSON.parse(text) : null };
    },
    /** The ids of what the user marked. @param {string} kind */
    async marks(kind) {
      const { body } = await server.api("GET", `/v1/users/me/likes?kind=${kind}`);
      return body.items.map((/** @type {any} */ m) => m.paper.id);
    },
    /** Ends every token there is. */
    async revoke() {
      const ids = [...(await server.kindred("token", "list")).matchAll(/^([0-9a-f]{10})\s.*\sgood\s/gm)].map((m) => m[1]);
      if (!ids.length) throw new Error("no token to revoke");
      for (const id of ids) await server.kindred("token", "revoke", id);
    },
    /** A fresh pairing code, as the page and `kindred pair` show it. */
    async code() {
      const { status, body } = await server.api("POST", "/v1/users/me/pairing", {});
      if (status !== 200) throw new Error(`pairing: ${status} ${JSON.stringify(body)}`);
      return body.code;
    },
  };
  await server.start();
  if (papers.length) {
    const { status, body } = await server.api("POST", "/v1/papers", papers);
    if (status !== 200 || body.rejected.length) throw new Error(`papers: ${status} ${JSON.stringify(body)}`);
    await until(async () => (await server.api("GET", "/v1/status")).body.pending === 0, "the papers to be embedded", 60000);
  }
  return server;
}
/** @typedef {Awaited<ReturnType<typeof startServer>>} Server */

/**
 * Chromium with the extension, in a profile of its own. https is answered from
 * the fixtures and never leaves the machine; http to 127.0.0.1 is real.
 * @param {{extension?: boolean, javaScriptEnabled?: boolean, args?: string[], options?: import("playwright-core").BrowserContextOptions}} [o]
 */
export async function launchChrome({ extension = true, javaScriptEnabled = true, args = [], options = {} } = {}) {
  const profile = await mkdtemp(join(tmpdir(), "kindred-chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: paths.chromium, headless: true, javaScriptEnabled, viewport: { width: 1280, height: 800 }, ...options,
    args: [...(extension ? [`--disable-extensions-except=${paths.chrome}`, `--load-extension=${paths.chrome}`] : []),
      "--enable-unsafe-extension-debugging", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", ...args],
  });
  /** @type {Map<string, {body: string | Buffer, contentType: string, status?: number, headers?: Record<string, string>}>} */
  const served = new Map();
  await context.route(/^https:/, async (route) => {
    const page = served.get(route.request().url()) || (await fixture(route.request().url()));
    if (page) await route.fulfill(page);
    else await route.abort();
  });
  let id = "";
  if (extension) {
    const worker = context.serviceWorkers()[0] || (await context.waitForEvent("serviceworker"));
    id = new URL(worker.url()).host;
    // The settings open once, after the installation; they would take over a tab that is still empty.
    const settings = await until(() => context.pages().find((p) => p.url().endsWith("/options.html")), "the settings");
    await context.newPage();
    await settings.close();
  }
  const chrome = {
    context, id, served,
    /** @param {string} url */
    async open(url) {
      const page = await context.newPage();
      await page.goto(url);
      return page;
    },
    /** A page of the extension, such as "options.html". @param {string} name */
    extensionPage: (name) => chrome.open(`chrome-extension://${id}/${name}`),
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
  return chrome;
}
/** @typedef {Awaited<ReturnType<typeof launchChrome>>} Chrome */

/**
 * The extension's service worker, woken if it sleeps.
 * @param {Chrome} chrome
 */
export async function worker(chrome) {
  return chrome.context.serviceWorkers()[0] || chrome.context.waitForEvent("serviceworker");
}

/**
 * Allows hosts as the browser's own page of extensions does, because nobody
 * can press the dialog's button in a browser without a window. The extension
 * then asks for them as ever, and gets them without a dialog.
 * @param {Chrome} chrome @param {string[]} patterns
 */
export async function allow(chrome, patterns) {
  const page = await chrome.open("chrome://extensions");
  for (const pattern of patterns) {
    await page.evaluate(([id, host]) => /** @type {any} */ (globalThis).chrome.developerPrivate.addHostPermission(id, host), [chrome.id, pattern]);
  }
  await page.close();
}

/**
 * Connects as a person does: on the settings page, with a code from the server;
 * then turns sites on.
 * @param {Chrome} chrome @param {Server} server @param {string[]} [on] keys of sites
 */
export async function pair(chrome, server, on = []) {
  await allow(chrome, sites.filter((s) => on.includes(s.key)).flatMap((s) => s.matches));
  const page = await chrome.extensionPage("options.html");
  await page.fill("[name=server]", server.url);
  await page.fill("[name=code]", await server.code());
  await page.click("[data-act=pair]");
  await page.waitForSelector("[data-said][data-state=ok]");
  for (const key of on) {
    if (!(await page.isChecked(`[name=site-${key}]`))) await page.click(`[name=site-${key}]`);
    await page.waitForSelector(`[data-site=${key}][data-on]`);
  }
  await page.close();
}

/**
 * The panel of a page, seen and pressed as a person does. Its shadow root is
 * closed: only the debugger sees in.
 * @param {import("playwright-core").Page} page
 */
export const panel = (page) => panelOf({
  inside: (selector, does) => inside(page, "panel", selector, does),
  press: (x, y) => page.mouse.click(x, y),
});

/**
 * A panel, through what a browser offers: to call a function on all that fits a
 * selector in it, and to press the mouse.
 * @param {{inside: (selector: string, does: string) => Promise<any[]>, press: (x: number, y: number) => Promise<void>}} browser
 */
export function panelOf({ inside, press }) {
  const p = {
    /** @returns {Promise<string[]>} texts of what fits the selector; empty without a panel */
    texts: (/** @type {string} */ selector) => inside(selector, "function () { return this.innerText ?? this.textContent }"),
    /** The text of the first that fits, waited for. */
    text: (/** @type {string} */ selector) => until(async () => (await p.texts(selector))[0], `${selector} in the panel`),
    /** @param {string} selector @param {string} name */
    attr: async (selector, name) => (await inside(selector, `function () { return this.getAttribute(${JSON.stringify(name)}) }`))[0],
    has: async (/** @type {string} */ selector) => (await p.texts(selector)).length > 0,
    /** Waits for it. */
    see: (/** @type {string} */ selector) => until(() => p.has(selector), `${selector} in the panel`),
    /** Presses the middle of the first that fits, with the mouse. */
    async click(/** @type {string} */ selector) {
      const at = await until(async () => {
        const [box] = await inside(selector, "function () { this.scrollIntoView({ block: 'nearest' }); const r = this.getBoundingClientRect(); return r.width ? { x: r.x + r.width / 2, y: r.y + r.height / 2 } : null }");
        return box;
      }, `${selector} to press in the panel`);
      await press(at.x, at.y);
    },
    /** Waits for the answer, and opens. */
    async open() {
      await p.see(".handle:not([data-state=waiting])");
      await p.click(".handle");
      await p.see(".panel:not([hidden])");
    },
  };
  return p;
}

/**
 * The scores beside the entries of a list, in the order of the page.
 * @param {import("playwright-core").Page} page
 */
export const listScores = (page) => inside(page, "score", "[data-score]", "function () { return { text: this.textContent, label: this.getAttribute('aria-label') } }");

/**
 * Calls a function on what fits a selector in the closed roots of our hosts,
 * "panel" or "score".
 * @param {import("playwright-core").Page} page @param {string} host @param {string} selector @param {string} does
 * @returns {Promise<any[]>}
 */
export async function inside(page, host, selector, does) {
  const cdp = await page.context().newCDPSession(page);
  try {
    const { root } = await cdp.send("DOM.getDocument", { depth: -1, pierce: true });
    /** @type {any[]} */
    const roots = [];
    (function walk(/** @type {any} */ node) {
      if (node.shadowRoots && node.attributes?.[node.attributes.indexOf("data-kindred") + 1] === host) roots.push(...node.shadowRoots);
      for (const c of [...(node.children || []), ...(node.shadowRoots || []), ...(node.contentDocument ? [node.contentDocument] : [])]) walk(c);
    })(root);
    const found = [];
    for (const { nodeId } of roots) {
      const { nodeIds } = await cdp.send("DOM.querySelectorAll", { nodeId, selector });
      for (const id of nodeIds) {
        const { object } = await cdp.send("DOM.resolveNode", { nodeId: id });
        const { result } = await cdp.send("Runtime.callFunctionOn", { objectId: object.objectId, functionDeclaration: does, returnByValue: true });
        found.push(result.value);
      }
    }
    return found;
  } finally {
    await cdp.detach().catch(() => {});
  }
}

/**
 * Clicks the extension's button in the toolbar over a page, as a person does:
 * the page becomes readable by it, and the popup opens. Driven through the
 * debugger, because it is no page of the context.
 * @param {Chrome} chrome @param {import("playwright-core").Page} page
 */
export async function popup(chrome, page) {
  await page.bringToFront();
  const cdp = await /** @type {import("playwright-core").Browser} */ (chrome.context.browser()).newBrowserCDPSession();
  const own = await chrome.context.newCDPSession(page);
  const { targetInfo } = await own.send("Target.getTargetInfo");
  const targets = async () => (await cdp.send("Target.getTargets", { filter: [{}] })).targetInfos;
  // The tab of the page has its address; of two, the one in front is the last opened.
  const tab = (await targets()).filter((t) => t.type === "tab" && t.url === targetInfo.url)[0];
  await cdp.send(/** @type {any} */ ("Extensions.triggerAction"), /** @type {any} */ ({ id: chrome.id, targetId: tab.targetId }));
  const target = await until(async () => (await targets()).find((t) => t.type === "page" && t.url.endsWith(`${chrome.id}/popup.html`)), "the popup");
  const { sessionId } = await cdp.send("Target.attachToTarget", { targetId: target.targetId, flatten: false });
  let last = 0;
  /** @type {Map<number, (m: any) => void>} */
  const waiting = new Map();
  cdp.on("Target.receivedMessageFromTarget", ({ message }) => {
    const m = JSON.parse(message);
    waiting.get(m.id)?.(m);
    waiting.delete(m.id);
  });
  /** @param {string} method @param {object} [params] @returns {Promise<any>} */
  const send = async (method, params = {}) => {
    const id = ++last;
    const answer = new Promise((done) => waiting.set(id, done));
    await cdp.send("Target.sendMessageToTarget", { sessionId, message: JSON.stringify({ id, method, params }) });
    const { result, error } = await answer;
    if (error) throw new Error(error.message);
    return result;
  };
  /** @param {string} expression */
  const evaluate = async (expression) => (await send("Runtime.evaluate", { expression, returnByValue: true })).result.value;
  const p = {
    send, evaluate,
    has: (/** @type {string} */ selector) => evaluate(`!!document.querySelector(${JSON.stringify(selector)})`),
    see: (/** @type {string} */ selector) => until(() => p.has(selector), `${selector} in the popup`),
    text: (/** @type {string} */ selector) => until(() => evaluate(`document.querySelector(${JSON.stringify(selector)})?.innerText`), `${selector} in the popup`),
    /** Presses with the mouse. */
    async click(/** @type {string} */ selector) {
      const at = await until(() => evaluate(`(() => { const e = document.querySelector(${JSON.stringify(selector)}); e?.scrollIntoView({ block: "nearest" }); const r = e?.getBoundingClientRect(); return r?.width ? { x: r.x + r.width / 2, y: r.y + r.height / 2 } : null })()`), `${selector} in the popup`);
      for (const type of ["mousePressed", "mouseReleased"]) await send("Input.dispatchMouseEvent", { type, ...at, button: "left", clickCount: 1 });
    },
    screenshot: async () => Buffer.from((await send("Page.captureScreenshot")).data, "base64"),
    async close() {
      await cdp.send("Target.closeTarget", { targetId: target.targetId });
      await cdp.detach();
    },
  };
  await p.see("main > section:not([data-state=waiting])");
  return p;
}

/** What stands for a page of the web. @param {string} url */
export async function fixture(url) {
  const page = fixtures.find((p) => p.url.replace(/#.*/, "") === url);
  return page && { body: await readFile(join(here, "pages", page.file + ".html")), contentType: "text/html; charset=utf-8" };
}

/** Whether the samples are here; they are not part of the repository. */
export const hasSamples = () => existsSync(join(paths.samples, "INDEX.tsv"));

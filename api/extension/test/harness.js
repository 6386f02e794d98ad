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
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { chromium } from "playwright-core";
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
  const dir = await mkdtemp(join(tmpdir(), "kindred-browser-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  /** @type {import("node:child_process").ChildProcess | null} */
  let child = null;
  let log = "";
  const server = {
    url, port, dir,
    get log() { return log; },
    async start() {
      child = spawn(paths.kindred, ["serve", "--data", dir, "--addr", `127.0.0.1:${port}`, "--embedder", "builtin"], { stdio: ["ignore", "pipe", "pipe"] });
      for (const out of [child.stdout, child.stderr]) out?.on("data", (b) => (log += b));
      await until(async () => {
        if (child?.exitCode !== null) throw new Error(`the server ended: ${log}`);
        return (await fetch(url + "/readyz")).ok;
      }, "the server to be ready", 60000);
    },
    async stop() {
      if (!child) return;
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      await gone;
      child = null;
    },
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
      const r = await fetch(url + path, { method, headers: body === undefined ? {} : { "Content-Type": "application/json" }, body: body === undefined ? undefined : JSON.stringify(body) });
      const text = await r.text();
      return { status: r.status, body: text ? JSON.parse(text) : null };
    },
    /** The ids of what the user marked. @param {string} kind */
    async marks(kind) {
      const { body } = await server.api("GET", `/v1/users/me/likes?kind=${kind}`);
      return body.items.map((/** @type {any} */ m) => m.paper.id);
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
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", ...args],
  });
  /** @type {Map<string, {body: string | Buffer, contentType: string, status?: number}>} */
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

/** @param {string} url */
async function fixture(url) {
  const page = fixtures.find((p) => p.url.replace(/#.*/, "") === url);
  return page && { body: await readFile(join(here, "pages", page.file + ".html")), contentType: "text/html; charset=utf-8" };
}

/** Whether the samples are here; they are not part of the repository. */
export const hasSamples = () => existsSync(join(paths.samples, "INDEX.tsv"));

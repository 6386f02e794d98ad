// What is said when not all is well, and that it goes when all is well again: a
// server that starts, indexes, is slow, of another version, at another port or
// under another name. And what no state may change: a page's strict policy
// harms no panel, a content script reads no token, a site is turned on from the
// popup.
//
// The real server is paused, and reached by other names; what it cannot be
// brought to say, a proxy before it says.
import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { after, before, test } from "node:test";
import { allow, fixture, freePort, inside, launchChrome, pair, panel, popup, startServer, until, worker } from "./harness.js";
import { papers } from "./papers.js";

/** @type {import("./harness.js").Server} */
let server;
/** @type {import("./harness.js").Chrome} */
let chrome;
/** @type {Awaited<ReturnType<typeof startProxy>>} */
let proxy;

before(async () => {
  server = await startServer({ papers });
  proxy = await startProxy(server.port);
  // The name is the server's in this browser alone; so is the usual port.
  chrome = await launchChrome({ args: [`--host-resolver-rules=MAP kindred.example 127.0.0.1, MAP 127.0.0.1:8765 127.0.0.1:${server.port}`] });
  await pair(chrome, server, ["arxiv"]);
});
after(async () => {
  server?.go();
  proxy?.close();
  await Promise.all([chrome?.close(), server?.close()]);
});

const abs = "https://arxiv.org/abs/2411.04321";

/**
 * Stands before the server, and changes what it says as long as alter is set.
 * @param {number} port
 */
async function startProxy(port) {
  /** @typedef {{status: number, headers: Record<string, any>, body: string}} Answer */
  /** @type {((path: string, answer: Answer) => void) | null} */
  let alter = null;
  const s = http.createServer((q, r) => {
    const on = http.request({ host: "127.0.0.1", port, path: q.url, method: q.method, agent: false, headers: { ...q.headers, host: `127.0.0.1:${port}` } }, async (a) => {
      let body = "";
      for await (const part of a.setEncoding("utf8")) body += part;
      /** @type {Answer} */
      const answer = { status: a.statusCode || 500, headers: { ...a.headers }, body };
      alter?.(q.url || "", answer);
      delete answer.headers["content-length"];
      delete answer.headers["transfer-encoding"];
      r.writeHead(answer.status, answer.headers).end(answer.body);
    });
    on.on("error", () => r.destroy());
    q.pipe(on);
  }).listen(0, "127.0.0.1");
  await once(s, "listening");
  return {
    url: `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (s.address()).port}`,
    /** @param {typeof alter} f */
    set(f) { alter = f; },
    close() {
      s.close();
      s.closeAllConnections();
    },
  };
}

/**
 * Lets the extension take the proxy for the server that it is paired with.
 * @param {() => Promise<void>} f
 */
async function behindProxy(f) {
  const point = async (/** @type {string} */ url) => (await worker(chrome)).evaluate((u) => /** @type {any} */ (globalThis).chrome.storage.local.set({ server: u }), url);
  await point(proxy.url);
  try {
    await f();
  } finally {
    proxy.set(null);
    await point(server.url);
  }
}

/** What the settings' test of the connection says. @param {string} [address] */
async function tested(address) {
  const page = await chrome.extensionPage("options.html");
  await page.waitForSelector("body[data-paired]");
  if (address) await page.fill("[name=server]", address);
  await page.click("[data-act=test]");
  await until(() => page.getAttribute("[data-said]", "data-state"), "the test's end", 40000);
  const said = { state: await page.getAttribute("[data-said]", "data-state"), text: await page.innerText("[data-said]") };
  await page.close();
  return said;
}

test("starting: no number from a part of the corpus; ready, the panel tells all", () => behindProxy(async () => {
  proxy.set((path, a) => {
    if (path !== "/readyz") return;
    a.status = 503;
    a.headers["content-type"] = "application/problem+json";
    a.body = JSON.stringify({ status: 503, title: "Not ready", code: "not_ready", detail: "stored vectors are still being loaded" });
  });
  const page = await chrome.open(abs);
  const p = panel(page);
  await p.see(".handle[data-state=starting]");
  await p.open();
  assert.equal(await p.text(".trouble h2"), "Starting");
  assert.equal(await p.has("[data-badge]:not(:empty)"), false, "no number");
  assert.deepEqual(await p.texts("[data-kin]"), []);
  const said = await tested();
  assert.deepEqual([said.state, /loading its papers/.test(said.text)], ["starting", true], said.text);
  proxy.set(null);
  await page.bringToFront();
  await p.click("[data-act=retry]");
  await p.see(".here");
  assert.equal((await p.texts("[data-kin]")).length, 8);
  assert.equal((await tested()).state, "ok");
  await page.close();
}));

test("indexing: what there is is shown, and what is still to come is told", () => behindProxy(async () => {
  proxy.set((path, a) => {
    if (path === "/v1/status") a.body = JSON.stringify({ ...JSON.parse(a.body), papers: 7000, pending: 1301 });
  });
  const page = await chrome.open(abs);
  const p = panel(page);
  await p.open();
  await p.see(".here");
  assert.equal((await p.texts("[data-kin]")).length, 8);
  assert.match((await p.texts(".body")).join(), /Indexing: 1,301 of 7,000 papers still to be indexed/);
  const said = await tested();
  assert.equal(said.state, "ok");
  assert.match(said.text, /7,000 papers, 1,301 still to be indexed/);
  await page.close();
}));

test("another version: told in the panel, in the popup and by the test", () => behindProxy(async () => {
  proxy.set((_, a) => (a.headers["kindred-api"] = "2"));
  const page = await chrome.open(abs);
  const p = panel(page);
  await p.see(".handle[data-state=version]");
  await p.open();
  assert.match(await p.text(".trouble"), /The versions do not fit.*another version than this extension/s);
  const pop = await popup(chrome, page);
  assert.match(await pop.text("main"), /The versions do not fit/);
  await pop.close();
  assert.equal((await tested()).state, "version");
  proxy.set(null);
  await p.click("[data-act=retry]");
  await p.see(".here");
  await page.close();
}));

test("slow: first patience, then a word, and no word when it answers after all", async () => {
  server.pause();
  try {
    const page = await chrome.open(abs);
    const p = panel(page);
    await p.see(".handle[data-state=waiting]");
    await p.click(".handle");
    assert.match(await p.text(".waiting"), /Asking Kindred/);
    await p.see(".waiting[data-state=slow]");
    assert.match(await p.text(".waiting"), /Still asking/);
    server.go();
    await p.see(".here");
    await page.close();

    server.pause();
    const again = await chrome.open(abs);
    const q = panel(again);
    await q.see(".handle[data-state=waiting]");
    const said = await tested();
    assert.deepEqual([said.state, /there but slow/.test(said.text)], ["slow", true], said.text);
    await until(() => q.has(".handle[data-state=slow]"), "the panel's patience to end", 40000);
    await q.open();
    assert.match(await q.text(".trouble"), /No answer in time/);
    server.go();
    await q.click("[data-act=retry]");
    await q.see(".here");
    await again.close();
  } finally {
    server.go();
  }
});

test("another port, another name: each is named, when testing and when pairing", async () => {
  const free = `http://127.0.0.1:${await freePort()}`;
  const port = await tested(free);
  assert.equal(port.state, "wrong_port");
  assert.match(port.text, new RegExp(`Nothing answers at ${free}, but a Kindred does at http://127.0.0.1:8765`));

  const named = `http://kindred.example:${server.port}`;
  await allow(chrome, ["http://kindred.example/*"]);
  const code = await server.code();
  const page = await chrome.extensionPage("options.html");
  for (const [address, state, text] of /** @type {[string, string, RegExp][]} */ ([
    [free, "wrong_port", /Another port/],
    [named, "wrong_host", /A Kindred answers at http:\/\/kindred\.example:\d+, but not to this name/],
  ])) {
    await page.fill("[name=server]", address);
    await page.fill("[name=code]", code);
    await page.click("[data-act=pair]");
    await page.waitForSelector(`[data-said][data-state=${state}]`);
    assert.match(await page.innerText("[data-said]"), text);
  }
  await page.close();
  assert.equal((await tested(named)).state, "wrong_host");
  assert.equal((await tested()).state, "ok", "the connection is as it was");
});

test("a page that forbids every style and script: the panel looks the same and works", async () => {
  const looks = (/** @type {import("playwright-core").Page} */ page) => inside(page, "panel", ".panel, .title, [data-act=like]",
    "function () { const s = getComputedStyle(this); return [s.position, s.backgroundColor, s.color, s.fontSize, s.borderRadius, Math.round(this.getBoundingClientRect().width)] }");
  const page = await chrome.open(abs);
  await panel(page).open();
  await panel(page).see(".here");
  const loose = await looks(page);
  await page.close();
  chrome.served.set(abs, { .../** @type {any} */ (await fixture(abs)), headers: { "Content-Security-Policy": "default-src 'none'" } });
  try {
    const strict = await chrome.open(abs);
    const p = panel(strict);
    await p.open();
    await p.see(".here");
    assert.deepEqual(await looks(strict), loose);
    await p.click("[data-act=save]");
    await p.see("[data-done=save]");
    assert.deepEqual(await server.marks("save"), ["arxiv:2411.04321"]);
    await p.click("[data-act=undo]");
    await p.see('[data-done="-save"]');
    await strict.evaluate(() => document.body.append(Object.assign(document.createElement("style"), { textContent: "body { outline: 3px solid red }" })));
    assert.equal(await strict.evaluate(() => getComputedStyle(document.body).outlineStyle), "none", "the policy holds");
    await strict.close();
  } finally {
    chrome.served.delete(abs);
  }
});

test("neither the page nor the content script can read the token", async () => {
  const token = await (await worker(chrome)).evaluate("chrome.storage.local.get('token').then((s) => s.token)");
  assert.match(token, /^kindred_/);
  const page = await chrome.open(abs);
  await panel(page).see(".handle[data-state=ok]");
  const cdp = await chrome.context.newCDPSession(page);
  /** @type {{id: number, origin: string}[]} */
  const worlds = [];
  cdp.on("Runtime.executionContextCreated", ({ context }) => worlds.push(context));
  await cdp.send("Runtime.enable");
  const ours = await until(() => worlds.find((w) => w.origin === `chrome-extension://${chrome.id}`), "the content script's world");
  const all = "Promise.all(['local', 'session', 'sync'].map(async (a) => { try { return JSON.stringify(await chrome.storage[a].get()) } catch (e) { return String(e) } }))";
  const read = async (/** @type {number} */ contextId) => (await cdp.send("Runtime.evaluate", { contextId, awaitPromise: true, returnByValue: true, expression: all })).result.value;
  const [local, session, sync] = await read(ours.id);
  assert.match(local, /not allowed from this context/);
  assert.match(session, /not allowed from this context/);
  assert.equal(sync, "{}");
  for (const w of worlds) assert.ok(!JSON.stringify(await read(w.id)).includes(token));
  await page.close();
});

test("always look on this site: pressed in the popup, it does, and stops when turned off", async () => {
  const url = "https://journal.example/articles/12";
  await allow(chrome, ["https://journal.example/*"]);
  const page = await chrome.open(url);
  const pop = await popup(chrome, page);
  assert.equal(await panel(page).has("*"), false, "not before");
  await pop.click("[data-act=always]");
  await panel(page).see(".handle[data-state=ok]");
  await until(async () => !(await pop.has("[data-act=always]")), "the offer to go");
  await pop.close();
  await page.close();

  const next = await chrome.open(url);
  await panel(next).open();
  assert.equal(await panel(next).text(".title"), "Thermal tides & their waves");
  await next.close();

  const settings = await chrome.extensionPage("options.html");
  await settings.click('[name="site-journal.example"]');
  await until(async () => !(await settings.locator('[data-site="journal.example"]').count()), "the site to leave the list");
  await settings.close();
  const off = await chrome.open(url);
  const again = await popup(chrome, off);
  assert.match(await again.text("[data-act=always]"), /journal\.example/);
  assert.equal(await panel(off).has("*"), false);
  await again.close();
  await off.close();
});

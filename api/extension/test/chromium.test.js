// The whole way in Debian's Chromium: the real extension, a real server, pages
// under their real addresses.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import http from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { allow, freePort, inside, launchChrome, listScores, pair, panel, panelOf, popup, startServer, until, worker } from "./harness.js";
import { papers } from "./papers.js";

/** @type {import("./harness.js").Server} */
let server;
/** @type {import("./harness.js").Chrome} */
let chrome;

before(async () => {
  [server, chrome] = await Promise.all([startServer({ papers }), launchChrome()]);
});
after(() => Promise.all([chrome?.close(), server?.close()]));

const abs = "https://arxiv.org/abs/2411.04321";
const operators = "arxiv:2411.04321";
const file = (/** @type {string} */ name) => readFile(join(import.meta.dirname, "pages", name + ".html"), "utf8");

test("unpaired, nothing is sent, whatever is turned on and clicked", async () => {
  let connections = 0;
  const recorder = http.createServer((_, r) => r.end()).on("connection", () => connections++);
  recorder.listen(0, "127.0.0.1");
  await new Promise((r) => recorder.once("listening", r));
  const { port } = /** @type {import("node:net").AddressInfo} */ (recorder.address());
  /** @type {string[]} */
  const sent = [];
  const note = (/** @type {import("playwright-core").Request} */ r) => r.serviceWorker() && sent.push(r.url());
  chrome.context.on("request", note);
  try {
    await allow(chrome, ["https://arxiv.org/*"]);
    await (await worker(chrome)).evaluate((p) => /** @type {any} */ (globalThis).chrome.storage.local.set({ server: `http://127.0.0.1:${p}`, on: { arxiv: true } }), port);
    for (const url of [abs, "https://arxiv.org/list/cs.LG/new"]) {
      const page = await chrome.open(url);
      const pop = await popup(chrome, page);
      assert.match(await pop.text("main"), /Not paired yet/);
      await pop.close();
      assert.equal(await panel(page).has("*"), false, "no panel");
      assert.deepEqual(await listScores(page), []);
      await page.close();
    }
    assert.deepEqual([connections, sent], [0, []]);
  } finally {
    chrome.context.off("request", note);
    recorder.close();
    await (await worker(chrome)).evaluate("chrome.storage.local.clear()");
  }
});

test("pairing: a wrong code is told, the right one connects, sites are the user's choice", async () => {
  const page = await chrome.extensionPage("options.html");
  assert.equal(await page.isDisabled("[name=site-arxiv]"), true, "no site before pairing");
  await page.fill("[name=server]", server.url.replace("http://", ""));
  const code = await server.code();
  await page.fill("[name=code]", code === "AAAA-AAAA" ? "BBBB-BBBB" : "AAAA-AAAA");
  await page.click("[data-act=pair]");
  await page.waitForSelector("[data-said][data-state=bad_code]");
  await page.fill("[name=code]", code.toLowerCase().replace("-", " "));
  await page.click("[data-act=pair]");
  await page.waitForSelector("[data-said][data-state=ok]");
  assert.match(await page.innerText("[data-connected]"), /as me/);
  assert.equal(await page.locator("[role=switch]:checked").count(), 1, "only the scores in lists are on, and there are no lists yet");
  await page.click("[data-act=test]");
  await until(async () => /57 papers/.test(await page.innerText("[data-said]")), "the test to count the papers");
  await page.close();
  const site = await chrome.open(abs);
  assert.equal(await panel(site).has("*"), false, "still nothing by itself");
  await site.close();
});

test("a glance: the right paper, its kindred with scores and reasons, how it fits", async () => {
  await server.api("PUT", "/v1/users/me/likes/" + encodeURIComponent("arxiv:2402.01111"));
  await pair(chrome, server, ["arxiv", "huggingface"]);
  const page = await chrome.open(abs);
  const before = await page.evaluate(() => JSON.stringify([document.body.innerHTML, document.body.getBoundingClientRect(), document.documentElement.scrollWidth]));
  const p = panel(page);
  await p.see(".handle[data-state=ok]");
  assert.equal(await p.has(".panel:not([hidden])"), false, "closed by default");
  const badge = Number(await p.text("[data-badge]"));
  assert.ok(badge > 80 && badge < 100, `fits well: ${badge}`);
  await p.open();
  assert.equal(await p.text(".title"), "Neural Operators on ℝⁿ with Hölder Regularity");
  assert.match(await p.text(".fit"), new RegExp(`^${badge} % of papers fit you less`));
  assert.match(await p.text(".here .why"), /Because you liked Multigrid Kernels for Neural Operators/);
  const kin = await p.texts("[data-kin]");
  assert.equal(kin.length, 8);
  assert.ok(kin.slice(0, 2).includes("Multigrid Kernels for Neural Operators") && kin.slice(0, 2).includes("Error Bounds for Operator Learning of α-Hölder Solutions"), kin.join("; "));
  assert.equal(await p.attr('[data-id="arxiv:2402.01111"] a', "href"), "https://arxiv.org/abs/2402.01111");
  assert.match((await p.texts('[data-id="arxiv:2402.01111"] .meta'))[0], /Jan van der Berg · 2024\s+\d\.\d\d alike\s+.*liked/s);
  const alike = (await p.texts("[data-kin] ~ .meta")).map((m) => Number(/(-?\d+\.\d\d) alike/.exec(m)?.[1]));
  assert.deepEqual(alike, alike.toSorted((a, b) => b - a), "best first");
  assert.ok(alike[1] > 0.5, `what is alike has a score that says so: ${alike}`);
  assert.match((await p.texts('[data-id="arxiv:2305.02222"] .meta'))[0], /R\. Almási et al\. · 2023/);
  const now = await page.evaluate(() => JSON.stringify([document.body.innerHTML, document.body.getBoundingClientRect(), document.documentElement.scrollWidth]));
  assert.equal(now, before, "the page neither shifts nor changes");
  assert.equal(await page.evaluate(() => document.querySelector("[data-kindred=panel]")?.shadowRoot), null, "the root is closed");
  await page.keyboard.press("Escape");
  assert.equal(await p.has(".panel:not([hidden])"), false);
  await page.close();
});

test("one click adds, one likes: the store knows, and it can be undone", async () => {
  const page = await chrome.open(abs);
  const p = panel(page);
  await p.open();
  assert.match(await p.text("[data-unknown]"), /Not in your corpus yet/);
  await p.click("[data-act=add]");
  await p.see("[data-done=add]");
  const stored = (await server.api("GET", "/v1/papers/" + encodeURIComponent(operators))).body;
  assert.deepEqual([stored.title, stored.authors, stored.published, stored.sources.map((/** @type {any} */ s) => s.name)], ['Neural Operators on $\\mathbb{R}^n$ with H\\"older Regularity', ["Réka Almási", "Jan van der Berg", "Consortium for Operators"], "2024-11-07", ["reading"]]);
  assert.equal(await p.has("[data-unknown]"), false);

  await p.click("[data-act=like]");
  await p.see("[data-done=like]");
  assert.deepEqual((await server.marks("like")).sort(), ["arxiv:2402.01111", operators]);
  assert.match(await server.kindred("likes"), /Neural Operators on/);
  assert.equal(await p.attr("[data-act=like]", "aria-pressed"), "true");
  assert.equal(await p.text("[data-badge]"), "♥");
  await p.click("[data-act=undo]");
  await p.see('[data-done="-like"]');
  assert.deepEqual(await server.marks("like"), ["arxiv:2402.01111"]);

  await p.click("[data-act=dislike]");
  await p.see("[data-done=dislike]");
  await p.click("[data-act=save]");
  await p.see("[data-done=save]");
  assert.deepEqual([await server.marks("dislike"), await server.marks("save")], [[operators], [operators]]);
  await p.click("[data-act=dislike]");
  await p.see('[data-done="-dislike"]');
  await p.click("[data-act=save]");
  await p.see('[data-done="-save"]');
  assert.deepEqual([await server.marks("dislike"), await server.marks("save")], [[], []]);
  await page.close();
});

test("what was done before is told", async () => {
  const march = new Date(Date.UTC(new Date().getUTCFullYear() - 1, 2, 15, 12));
  await server.api("PUT", "/v1/users/me/likes/" + encodeURIComponent(operators), { at: march.toISOString() });
  const page = await chrome.open(abs);
  const p = panel(page);
  await p.open();
  assert.equal(await p.text(".told"), `Liked in March ${march.getUTCFullYear()}.`);
  await page.close();
});

test("one key likes", async () => {
  // The key itself is pressed in shortcut.test.js; here, what it does.
  const page = await chrome.open("https://huggingface.co/papers/2411.05555");
  const p = panel(page);
  await p.see(".handle[data-state=ok]");
  await page.bringToFront();
  const press = "chrome.tabs.query({ active: true, lastFocusedWindow: true }).then(([tab]) => chrome.commands.onCommand.dispatch('like', tab))";
  await (await worker(chrome)).evaluate(press);
  await until(async () => (await server.marks("like")).includes("arxiv:2411.05555"), "the like");
  await until(async () => (await p.texts("[data-badge]"))[0] === "♥", "the heart");
  await (await worker(chrome)).evaluate(press);
  await until(async () => !(await server.marks("like")).includes("arxiv:2411.05555"), "the like to go");
  await page.close();
});

test("lists: every entry has its score, a hundred to a request", async () => {
  const list = await chrome.open("https://arxiv.org/list/cs.LG/new");
  const tall = await list.evaluate(() => document.body.getBoundingClientRect().height);
  const scores = await until(async () => {
    const s = await listScores(list);
    return s.length === 3 && s;
  }, "three scores");
  assert.deepEqual([scores[0].text, scores[0].label], ["♥", "Kindred: Liked"]);
  assert.match(scores[1].label, /^Kindred: \d+ % of papers fit you less$/);
  assert.equal(await list.evaluate(() => document.body.getBoundingClientRect().height), tall, "the list does not shift");
  await list.close();

  const entry = (/** @type {number} */ i) => `<dt><a href="/abs/2501.${String(10000 + i)}">arXiv</a></dt><dd><div class="list-title"><span class="descriptor">Title:</span> Operators, part ${i}</div></dd>`;
  const long = "https://arxiv.org/list/cs.LG/pastweek?show=250";
  chrome.served.set(long, { body: `<dl>${Array.from({ length: 250 }, (_, i) => entry(i)).join("")}</dl>`, contentType: "text/html" });
  const asked = server.log.split("route=/v1/users/:user/scores").length;
  const page = await chrome.open(long);
  await until(async () => (await listScores(page)).length === 250, "250 scores");
  assert.equal(server.log.split("route=/v1/users/:user/scores").length - asked, 3);

  // Sorted when asked, each entry with its definition, and put back.
  const sorter = panelOf({ inside: (selector, does) => inside(page, "sort", selector, does), press: (x, y) => page.mouse.click(x, y) });
  const order = () => page.evaluate(() => [...document.querySelectorAll("dt")].map((dt) => /part (\d+)/.exec(dt.nextElementSibling?.textContent || "")?.[1] + " " + dt.querySelector("a")?.getAttribute("href")));
  const listed = await order();
  await sorter.click(".handle");
  await until(async () => (await sorter.attr(".handle", "aria-pressed")) === "true", "the list to be sorted");
  const fits = (await listScores(page)).map((s) => (s.text === "♥" ? 100 : Number(s.text)));
  assert.deepEqual(fits, fits.toSorted((a, b) => b - a), "the best first");
  assert.ok(new Set(fits).size > 1);
  const now = await order();
  assert.notDeepEqual(now, listed);
  assert.deepEqual(now.toSorted(), listed.toSorted(), "nothing is lost, and each has its own definition");
  await sorter.click(".handle");
  await until(async () => (await sorter.attr(".handle", "aria-pressed")) === "false", "the list to be put back");
  assert.deepEqual(await order(), listed);
  await page.close();

  const daily = await chrome.open("https://huggingface.co/papers");
  await until(async () => (await listScores(daily)).length === 2, "two scores");
  const cards = panelOf({ inside: (selector, does) => inside(daily, "sort", selector, does), press: (x, y) => daily.mouse.click(x, y) });
  await cards.click(".handle"); // the second is liked
  assert.deepEqual(await daily.evaluate(() => [...document.querySelectorAll("article h3")].map((h) => h.textContent?.slice(0, 6))), ["Neural", "Separa"]);
  await daily.close();
});

test("a site that redraws itself: in, across and out", async () => {
  const page = await chrome.open("https://huggingface.co/models");
  const p = panel(page);
  assert.equal(await p.has("*"), false);
  const go = async (/** @type {string} */ url, /** @type {string} */ name) => {
    const body = (await file(name)).replace(/^[^]*<body[^>]*>/, "");
    await page.evaluate(([u, b]) => {
      history.pushState({}, "", u);
      setTimeout(() => (document.body.innerHTML = b), 100); // the address first, then the matter
    }, [url, body]);
  };
  await go("/papers/2411.05555", "hf-paper");
  await p.see(".handle[data-state=ok]");
  await p.click(".handle");
  assert.equal(await p.text(".title"), "Separating Two Voices from One Microphone");
  await go("/papers", "hf-daily");
  await until(async () => !(await p.has("*")), "the panel to go");
  await until(async () => (await listScores(page)).length === 2, "two scores");
  await page.goBack();
  await page.evaluate((b) => (document.body.innerHTML = b), (await file("hf-paper")).replace(/^[^]*<body[^>]*>/, ""));
  await p.see("[data-state=ok], .handle[data-state=ok]");
  await go("/models", "hf-404");
  await until(async () => !(await p.has("*")), "the panel to go");
  await page.close();
});

test("the popup, by a click, where nothing is turned on", async () => {
  const page = await chrome.open("https://journal.example/articles/12");
  assert.equal(await panel(page).has("*"), false);
  const pop = await popup(chrome, page);
  assert.equal(await pop.text(".title"), "Thermal tides & their waves");
  await pop.click("[data-act=like]");
  await pop.see("[data-done=like]");
  assert.ok((await server.marks("like")).includes("doi:10.1000/jir.2006.12"));
  await pop.click("[data-act=undo]");
  await pop.see('[data-done="-like"]');
  assert.match(await pop.text("[data-act=always]"), /journal\.example/);
  await pop.close();
  await page.goto("https://blog.example/post");
  const none = await popup(chrome, page);
  assert.match(await none.text("main"), /No paper here/);
  await none.close();
  await page.close();
});

test("a PDF is known by its address", async () => {
  const pdf = "https://arxiv.org/pdf/2411.05555v1";
  chrome.served.set(pdf, { body: "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj 3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\ntrailer<</Root 1 0 R>>", contentType: "application/pdf" });
  const page = await chrome.context.newPage();
  await page.goto(pdf).catch(() => {}); // a viewer takes over
  const pop = await popup(chrome, page);
  assert.equal(await pop.text(".title"), "Separating Two Voices from One Microphone");
  await pop.close();
  await page.close();
});

test("the worker is killed, and woken by the next press", async () => {
  const page = await chrome.open("https://huggingface.co/papers/2411.05555");
  const p = panel(page);
  await p.open();
  const cdp = await chrome.context.newCDPSession(page);
  let status = "";
  cdp.on("ServiceWorker.workerVersionUpdated", ({ versions }) => {
    status = versions.find((v) => v.scriptURL.includes(chrome.id))?.runningStatus || status;
  });
  await cdp.send("ServiceWorker.enable");
  await until(() => status === "running", "the worker to run");
  await cdp.send("ServiceWorker.stopAllWorkers");
  await until(() => status === "stopped", "the worker to be gone");
  await p.click("[data-act=save]");
  await p.see("[data-done=save]");
  assert.deepEqual(await server.marks("save"), ["arxiv:2411.05555"]);
  await p.click("[data-act=undo]");
  await p.see('[data-done="-save"]');
  await until(() => status === "running", "the worker to run again");
  await page.close();
});

test("the server is stopped, and started again", async () => {
  await server.stop();
  const page = await chrome.open(abs);
  const p = panel(page);
  await p.open();
  assert.match(await p.text(".trouble"), new RegExp(`Kindred is not answering.*${server.url}.*kindred serve`, "s"));
  assert.equal(await p.has("[data-badge]:not(:empty)"), false, "no number from nowhere");
  await server.start();
  await p.click("[data-act=retry]");
  await p.see(".here");
  await page.close();
});

test("the token is revoked; pairing again makes it good", async () => {
  await server.revoke();
  const page = await chrome.open(abs);
  const p = panel(page);
  await p.open();
  assert.match(await p.text(".trouble"), /Pair again/);
  await pair(chrome, server);
  await p.click("[data-act=options]");
  await page.bringToFront();
  await page.reload();
  await p.see(".handle[data-state=ok]");
  await page.close();
});

test("the test of the connection names the cause", async () => {
  const fake = async (/** @type {http.RequestListener} */ f) => {
    const s = http.createServer(f).listen(0, "127.0.0.1");
    await new Promise((r) => s.once("listening", r));
    return { s, url: `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (s.address()).port}` };
  };
  /** @type {(string | undefined)[]} */
  const shown = [];
  const other = await fake((q, r) => {
    shown.push(q.headers.authorization);
    r.end("<h1>It works</h1>");
  });
  const newer = await fake((_, r) => r.setHeader("Kindred-Api", "2").end("{}"));
  const page = await chrome.extensionPage("options.html");
  const settings = await (await worker(chrome)).evaluate("chrome.storage.local.get()");
  try {
    for (const [change, state, text] of /** @type {[object, string, RegExp][]} */ ([
      [{}, "ok", /papers/],
      [{ server: `http://127.0.0.1:${await freePort()}` }, "unreachable", /Nothing answers/],
      [{ server: other.url }, "not_kindred", /not a Kindred/],
      [{ server: newer.url }, "version", /another version/],
      [{ server: server.url.replace("127.0.0.1", "localhost") }, "permission", /Permission missing/],
      [{ token: "" }, "unpaired", /Not paired/],
      [{ token: "kindred_nonsense0000" }, "revoked", /Pair again/],
    ])) {
      await (await worker(chrome)).evaluate((c) => /** @type {any} */ (globalThis).chrome.storage.local.set(c), { ...settings, ...change });
      await page.reload();
      await page.click("[data-act=test]");
      await until(async () => (await page.getAttribute("[data-said]", "data-state")) === state, `${state} to be told`);
      assert.match(await page.innerText("[data-said]"), text);
    }
    await (await worker(chrome)).evaluate((c) => /** @type {any} */ (globalThis).chrome.storage.local.set(c), settings);
    await page.reload();
    shown.length = 0;
    await page.fill("[name=server]", other.url);
    await page.click("[data-act=test]");
    await until(async () => (await page.getAttribute("[data-said]", "data-state")) === "not_kindred", "the other server to be told");
    assert.deepEqual(shown, [undefined], "a token goes only to the server that gave it");
  } finally {
    await (await worker(chrome)).evaluate((c) => /** @type {any} */ (globalThis).chrome.storage.local.set(c), settings);
    other.s.close();
    newer.s.close();
    await page.close();
  }
});

test("turned off and disconnected, it is gone", async () => {
  const page = await chrome.extensionPage("options.html");
  await page.click("[name=site-huggingface]");
  await until(async () => !(await page.isChecked("[name=site-huggingface]")), "the switch to be off");
  const off = await chrome.open("https://huggingface.co/papers/2411.05555");
  assert.equal(await panel(off).has("*"), false);
  await page.bringToFront();
  await page.click("[data-act=unpair]");
  await page.waitForSelector("body[data-paired=false]");
  const gone = await chrome.open(abs);
  assert.equal(await panel(gone).has("*"), false);
  assert.equal(await (await worker(chrome)).evaluate("chrome.storage.local.get().then((s) => s.token)"), "");
});

// Pages that nobody here wrote, opened under their real addresses in a Chromium
// with the extension paired: panel and popup show the paper that the samples'
// index tells of, adding it stores that paper, and pages that are no paper's
// stay as they are.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { hasSamples, launchChrome, listScores, pair, panel, paths, popup, startServer, until } from "./harness.js";
import { pages } from "./pages/index.js";
import { samplePages } from "./pages/samples.js";
import { papers } from "./papers.js";
import { sites } from "../src/sites.js";

/** @type {import("./harness.js").Server} */
let server;
/** @type {import("./harness.js").Chrome} */
let chrome;

before(async () => {
  [server, chrome] = await Promise.all([startServer({ papers }), launchChrome()]);
  await server.api("PUT", "/v1/users/me/likes/" + encodeURIComponent("arxiv:2402.01111")); // without a like nothing has a score
  await chrome.context.route(/^http:\/\/(?!127\.0\.0\.1[:/])/, (route) => route.abort()); // their pictures and scripts
  await pair(chrome, server, sites.map((s) => s.key));
});
after(() => Promise.all([chrome?.close(), server?.close()]));

/** Where the extension looks by itself. @param {string} url */
const byItself = (url) => sites.some((s) => s.matches.includes(`https://${new URL(url).host}/*`));

/** What the popup says of a page: the title of its paper, or "". @param {import("playwright-core").Page} page */
async function told(page) {
  const pop = await popup(chrome, page);
  await until(async () => (await pop.has(".title")) || (await pop.has(".trouble")), "the popup's word");
  const title = (await pop.has(".title")) ? await pop.text(".title") : "";
  if (!title) assert.match(await pop.text(".trouble"), /No paper here/);
  await pop.close();
  return title;
}

const samples = hasSamples() ? samplePages : [];
test("the samples are here, or are not run over", (t) => {
  if (!samples.length) t.diagnostic("no samples here: set KINDRED_SHARED to run over them");
});

for (const want of samples) {
  test(want.file, async () => {
    chrome.served.set(want.url, { body: await readFile(join(paths.samples, want.file)), contentType: "text/html" });
    const page = await chrome.context.newPage();
    await page.goto(want.url, { waitUntil: "domcontentloaded" });
    const title = await told(page);
    const p = panel(page);
    if (!want.paper) {
      assert.equal(title, "");
      assert.equal(await p.has("*"), false);
      if (want.entries) await until(async () => (await listScores(page)).length === want.entries, `${want.entries} scores`);
      return page.close();
    }
    const { ids, title: expected } = /** @type {any} */ (want.paper);
    if (expected) assert.equal(title, expected);
    const path = "/v1/papers/" + encodeURIComponent(ids[0]);
    const known = (await server.api("GET", path)).status === 200; // two files may be of one paper
    if (byItself(want.url)) {
      await p.open();
      assert.equal(await p.text(".title"), title);
      if (!known) {
        await p.click("[data-act=add]");
        await p.see("[data-done=add]");
      }
    } else {
      assert.equal(await p.has("*"), false, "nothing by itself");
      const pop = await popup(chrome, page);
      if (!known) {
        await pop.click("[data-act=add]");
        await pop.see("[data-done=add]");
      }
      await pop.close();
    }
    const { body } = await server.api("GET", path);
    assert.equal(body.authors.length, want.authors);
    if (expected) assert.equal(body.title, expected);
    await page.close();
  });
}

// Nobody may pass on a challenge's page; ours stands for them.
for (const { url } of pages.filter((p) => p.file === "challenge")) {
  test(`a challenge at ${url}`, async () => {
    const page = await chrome.open(url);
    assert.equal(await told(page), "");
    assert.equal(await panel(page).has("*"), false);
    await page.close();
  });
}

// Which paper is this page about? Every fixture, and every page of the samples
// where they are present, in a real DOM under its real address.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { build } from "esbuild";
import { hasSamples, launchChrome, paths } from "./harness.js";
import { pages } from "./pages/index.js";
import { samplePages } from "./pages/samples.js";

/** @type {import("./harness.js").Chrome} */
let chrome;
/** @type {import("playwright-core").Page} */
let page;
let bundle = "";

before(async () => {
  const { outputFiles } = await build({
    stdin: { contents: 'export { recognise, recogniseAddress } from "./recognise.js"; export { entries } from "./listing.js";', resolveDir: join(import.meta.dirname, "../src") },
    bundle: true, format: "iife", globalName: "kindred", write: false, charset: "utf8",
  });
  bundle = outputFiles[0].text;
  chrome = await launchChrome({ extension: false, javaScriptEnabled: false });
  page = await chrome.context.newPage();
});
after(() => chrome?.close());

/** @param {string} url @param {string} [file] what is served there; without it, what the fixtures have there */
async function read(url, file) {
  if (file) chrome.served.set(url.replace(/#.*/, ""), { body: await readFile(file), contentType: "text/html" });
  await page.goto(url, { waitUntil: "domcontentloaded" });
  return page.evaluate(`(() => { ${bundle}; return {
    paper: kindred.recognise(location.href, document),
    entries: kindred.entries(location.href, document).map((e) => ({ id: e.id, title: e.title, abstract: e.abstract, at: e.at.localName })),
  } })()`);
}

for (const want of pages) {
  test(`${want.url} with ${want.file}.html`, async () => {
    const { paper, entries } = /** @type {any} */ (await read(want.url, join(import.meta.dirname, "pages", want.file + ".html")));
    if (want.paper) assert.deepEqual(pick(paper, want.paper), want.paper);
    else assert.equal(paper, null);
    assert.deepEqual(entries.map((/** @type {any} */ e) => e.id), want.entries || []);
    for (const e of entries) assert.ok(e.title && !/Title:/.test(e.title), "an entry has its title");
  });
}

test("a list's entries carry title and abstract, and a place", async () => {
  const { entries } = /** @type {any} */ (await read("https://arxiv.org/list/cs.LG/new"));
  assert.deepEqual(entries[1], { id: "arxiv:2411.05555", title: "Separating Two Voices from One Microphone", abstract: "Monaural speech separation splits a mixture of speakers into clean voices. We train a recurrent network without transformers.", at: "dt" });
});

test("a PDF is known by its address alone", async () => {
  for (const [url, id] of [
    ["https://arxiv.org/pdf/2411.04321v2", "arxiv:2411.04321"],
    ["https://arxiv.org/pdf/hep-th/9901001.pdf", "arxiv:hep-th/9901001"],
    ["https://openreview.net/pdf?id=Qx7rT0abCd", "openreview:Qx7rT0abCd"],
    ["https://aclanthology.org/2024.acl-long.17.pdf", "acl:2024.acl-long.17"],
    ["https://www.biorxiv.org/content/10.1101/2024.05.06.592345v1.full.pdf", "doi:10.1101/2024.05.06.592345"],
    ["https://arxiv.org.evil.example/pdf/2411.04321", ""],
    ["https://example.org/a.pdf", ""],
    ["file:///home/me/2411.04321.pdf", ""],
  ]) {
    const got = await page.evaluate(`(() => { ${bundle}; return kindred.recogniseAddress(${JSON.stringify(url)}) })()`);
    assert.deepEqual(got, id ? { ids: [id], title: "", authors: [], abstract: "", date: "", confidence: "address" } : null, url);
  }
});

test("the samples: pages that nobody here wrote", async (t) => {
  if (!hasSamples()) return t.diagnostic("no samples here: set KINDRED_SHARED to run over them");
  for (const want of samplePages) {
    const { paper, entries } = /** @type {any} */ (await read(want.url, join(paths.samples, want.file)));
    const told = `${want.file} as ${want.url}`;
    if (!want.paper) assert.equal(paper, null, told);
    else {
      assert.deepEqual(pick(paper, want.paper), want.paper, told);
      assert.equal(paper.abstract.length >= (want.abstract || 0), true, `${told}: abstract of ${paper.abstract.length}`);
      assert.equal(paper.authors.length, want.authors, told);
    }
    assert.equal(entries.length, want.entries || 0, told);
  }
  const index = (await readFile(join(paths.samples, "INDEX.tsv"), "utf8")).split("\n").map((l) => l.split("\t")[0]).filter((f) => f.endsWith(".html"));
  assert.deepEqual(index.sort(), [...new Set(samplePages.map((p) => p.file))].sort(), "every page of the samples is in the table");
});

/** @param {any} got @param {object} like */
function pick(got, like) {
  assert.ok(got, "nothing was recognised");
  return Object.fromEntries(Object.keys(like).map((k) => [k, got[k]]));
}

// The parts that need no browser: text, what the server may say, what a page
// may send, the manifests and their packing.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { buildAll, zip } from "../build.js";
import { BadAnswer, kindred, link, pairing, problem, scores, status } from "../src/answers.js";
import { idOfURL } from "../src/ids.js";
import { isLook, isPapers } from "../src/messages.js";
import { isOn, originOf, patternOf } from "../src/settings.js";
import { readable } from "../src/tex.js";
import { day, line } from "../src/text.js";
import { when } from "../src/view.js";
import { paths } from "./harness.js";

test("TeX becomes text", () => {
  for (const [tex, text] of [
    ["$\\alpha$-Divergences in $\\mathbb{R}^n$", "α-Divergences in ℝⁿ"],
    ['Schr{\\"o}dinger, Erd\\H{o}s, G\\"{o}del, na\\"{\\i}ve', "Schrödinger, Erdős, Gödel, naïve"],
    ["$O(n^2 \\log n)$ vs $\\mathcal{O}(\\sqrt{n})$", "O(n² log n) vs O(√(n))"],
    ["$x_{ij}^{2}$, H$_2$O, 100$^\\circ$C", "xᵢⱼ², H₂O, 100°C"],
    ["A 50\\% faster \\emph{thing} at \\$5", "A 50% faster thing at $5"],
    ["Bounds for $\\|u\\|_{L^2(\\Omega)}$", "Bounds for ‖u‖_(L²(Ω))"],
    ["$\\textsc{Name}$: {BERT}-like ``models'' 1--2", "Name: BERT-like “models” 1–2"],
    ["C++ & Rust_lang: a_b ^ c", "C++ & Rust_lang: a_b ^ c"],
    ["It costs $5 and $6", "It costs $5 and $6"],
    ["\\constructor \\toString{x}", "\\constructor \\toStringx"],
    ["<b>$p<0.05$</b>", "<b>p<0.05</b>"],
    ["{{{{{{", "{{{{{{"],
  ]) assert.equal(readable(tex), text);
  const long = "\\alpha{".repeat(20000) + "$".repeat(20000);
  assert.equal(typeof readable(long), "string");
});

test("lines and days", () => {
  assert.equal(line("  a\n\tb\u0000c\u202e\u200bd\ud800 ", 99), "a b cd");
  assert.equal(line("x".repeat(50), 10), "x".repeat(9) + "…");
  assert.equal(line(12, 10), "");
  for (const [from, to] of [["2025/03/14", "2025-03-14"], ["2025-3", "2025-03"], ["2025", "2025"], ["2025-03-14T10:00:00Z", "2025-03-14"], ["Dec 20, 2006", "2006-12-20"], ["2012 Nov 26", "2012-11-26"], ["8 May 2024", "2024-05-08"], ["05/06/2024", "2024-05-06"], ["May 2024", "2024-05"], ["2025-13-01", ""], ["soon", ""], ["12", ""]]) assert.equal(day(from), to, from);
  const now = new Date(2026, 10, 25, 9);
  for (const [at, text] of [[new Date(2026, 10, 25, 0, 1), "today"], [new Date(2026, 10, 24, 23), "yesterday"], [new Date(2026, 10, 20), "5 days ago"], [new Date(2026, 2, 3), "in March"], [new Date(2024, 2, 3), "in March 2024"], [new Date(2026, 10, 26), "today"]]) assert.equal(when(/** @type {Date} */ (at).toISOString(), now), text);
});

test("addresses name papers, or none", () => {
  for (const [url, id] of [
    ["https://arxiv.org/abs/math.GT/0309136v2", "arxiv:math/0309136"], ["https://arxiv.org/abs/0704.0001", "arxiv:0704.0001"], ["https://arxiv.org/abs/1501.0001", ""], ["https://arxiv.org/abs/2513.00001", ""],
    ["https://arxiv.org/abs/foo/0309136", ""], ["https://arxiv.org/abs/", ""], ["https://arxiv.org/abs/%zz", ""], ["javascript:alert(1)", ""], ["https://notarxiv.org/abs/2411.04321", ""],
    ["https://huggingface.co/papers/trending", ""], ["https://huggingface.co/spaces/2411.04321", ""], ["https://openreview.net/forum?id=../../x", ""], ["https://www.medrxiv.org/content/10.1101/2020.02.07.20021071v1.full-text", "doi:10.1101/2020.02.07.20021071"],
    ["https://www.biorxiv.org/content/early/2020/03/27/2020.03.22.002386.full.pdf", ""], ["https://aclanthology.org/W12-3903/", "acl:W12-3903"], ["https://pubmed.ncbi.nlm.nih.gov/?term=1", ""], ["https://doi.org/10.48550/arXiv.2411.04321", "arxiv:2411.04321"],
    ["https://doi.org/10.1103/PhysRevD.76.013009", "doi:10.1103/physrevd.76.013009"], ["https://api.semanticscholar.org/CorpusID:13756489", "corpusid:13756489"],
  ]) assert.equal(idOfURL(url), id, url);
});

test("answers of the wrong shape are errors, of the wrong size cut, links only of the web", () => {
  for (const bad of [null, 1, "x", [], {}, { items: {} }, { items: [] }, { items: [null] }]) assert.throws(() => scores(bad, 1), BadAnswer);
  const [s] = scores({ items: [{ paper: { id: "javascript:x y", title: 1 }, state: "scored", fit: 7, score: Number.NaN, reasons: [{ type: "liked", paper: { id: "a:b", title: "T" }, similarity: "1" }, { type: "term", paper: null, text: "speech\n", contribution: -0.25 }], marks: [{ kind: "like", at: "nonsense" }, { kind: "explode", at: "2026-01-01T00:00:00Z" }, { kind: "save", at: "2026-01-01T00:00:00Z" }], note: { a: 1 } }] }, 1);
  assert.deepEqual(s, { paper: null, state: "scored", fit: null, score: null, reasons: [{ type: "liked", paper: { id: "a:b", title: "T" }, text: "", similarity: 0, contribution: 0, share: 0 }, { type: "term", paper: null, text: "speech", similarity: 0, contribution: -0.25, share: 0 }], marks: [{ kind: "save", at: "2026-01-01T00:00:00.000Z" }], note: "" });
  const k = kindred({ items: [{ paper: { id: "a:b", title: "x".repeat(9999), authors: ["A", {}, "B", "C", "D"], published: "2024", links: [{ rel: "abstract", url: "javascript:alert(1)" }, { rel: "page", url: "data:text/html,x" }, { rel: "doi", url: "https://doi.org/10.1/x" }] }, score: 1e9, reasons: [] }, { paper: { id: "a:d", title: "D" }, score: 1.25, confidence: null }, { paper: { id: "a:c", title: "" } }] }, 8);
  assert.deepEqual(k.map((x) => [x.id, x.title.length, x.authors, x.url, x.score]), [["a:b", 500, ["A", "B"], "https://doi.org/10.1/x", 0], ["a:d", 1, [], "", 1.25]]);
  assert.equal(kindred({ items: Array.from({ length: 99 }, () => ({ paper: { id: "a:b", title: "T" }, score: 1, reasons: [] })) }, 8).length, 8);
  for (const bad of ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "chrome://settings", "//x.org", "x", 1, `https://x.org/${"y".repeat(3000)}`]) assert.equal(link(bad), "");
  for (const bad of [{ token: "a\nb: c", user: "me" }, { token: "", user: "me" }, { token: "kindred_12345678" }, { token: "kindred_12345678", user: "" }]) assert.throws(() => pairing(bad), BadAnswer);
  assert.deepEqual(problem({ code: "BAD <b>", detail: "x".repeat(9999) }), { code: "", detail: "x".repeat(299) + "…" });
  assert.deepEqual(problem("x"), { code: "", detail: "" });
  assert.throws(() => status([]), BadAnswer);
});

test("content scripts may send little", () => {
  const paper = { ids: ["arxiv:2411.04321"], title: "T", authors: ["A"], abstract: "", date: "", confidence: "certain" };
  assert.equal(isLook({ paper }), true);
  for (const change of [{ ids: [1] }, { ids: ["x y:z"] }, { ids: Array(9).fill("a:b") }, { ids: [], title: "" }, { title: "x".repeat(1001) }, { title: undefined }, { abstract: "x".repeat(10001) }, { authors: "A" }, { authors: Array(101).fill("A") }, { authors: ["x".repeat(121)] }, { date: "x".repeat(11) }]) assert.equal(isLook({ paper: { ...paper, ...change } }), false, JSON.stringify(change).slice(0, 80));
  for (const bad of [undefined, null, 1, "x", []]) assert.equal(isLook({ paper: bad }), false);
  const entry = { id: "arxiv:2411.04321", title: "T", abstract: "" };
  assert.equal(isPapers({ papers: [entry] }), true);
  for (const bad of [undefined, [], Array(101).fill(entry), [{ ...entry, id: "../x" }], [{ ...entry, abstract: "x".repeat(2001) }], [null]]) assert.equal(isPapers({ papers: bad }), false);
});

test("addresses of servers, and what they need", () => {
  for (const [typed, origin] of [["127.0.0.1:8765", "http://127.0.0.1:8765"], [" http://127.0.0.1:8765/ ", "http://127.0.0.1:8765"], ["https://papers.example.org", "https://papers.example.org"], ["http://[::1]:8765", "http://[::1]:8765"], ["ftp://x", ""], ["javascript:alert(1)", ""], ["http://a:b@c", ""], ["http://x/path", ""], ["http://x?q", ""], ["", ""], ["a b", ""]]) assert.equal(originOf(typed), origin, typed);
  assert.equal(patternOf("http://127.0.0.1:9000"), "http://127.0.0.1/*");
  const s = { server: "", token: "t", user: "me", on: { arxiv: true, huggingface: false }, more: ["journals.plos.org"], lists: true };
  for (const [url, on] of /** @type {[string, boolean][]} */ ([["https://arxiv.org/abs/1", true], ["http://arxiv.org/abs/1", false], ["https://evilarxiv.org/", false], ["https://arxiv.org.evil.example/", false], ["https://huggingface.co/papers", false], ["https://journals.plos.org/x", true], ["nonsense", false]])) assert.equal(isOn(s, url), on, url);
});

test("the manifests ask for little, and packing is reproducible", async () => {
  const dir = await mkdtemp(join(tmpdir(), "kindred-dist-"));
  try {
    const out = await buildAll(dir);
    const [chrome, firefox] = await Promise.all(Object.values(out).map(async (d) => JSON.parse(await readFile(join(d, "manifest.json"), "utf8"))));
    for (const m of [chrome, firefox]) {
      assert.deepEqual([m.permissions, m.host_permissions, m.content_scripts, m.web_accessible_resources, m.externally_connectable], [["activeTab", "scripting", "storage"], ["http://127.0.0.1/*"], undefined, undefined, undefined]);
      assert.match(m.content_security_policy.extension_pages, /default-src 'none'; script-src 'self';/);
    }
    assert.ok(firefox.browser_specific_settings.gecko.id && !chrome.browser_specific_settings);
    const first = await zip(out.chrome);
    const again = await buildAll(dir);
    assert.ok(first.equals(await zip(again.chrome)), "the same bytes");
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});

test("Mozilla's linter has no complaint", async () => {
  const lint = join(import.meta.dirname, "../node_modules/.bin/web-ext");
  const { stdout } = await promisify(execFile)(lint, ["lint", "--source-dir", paths.firefox, "--output", "json", "--no-config-discovery"], { maxBuffer: 1 << 24 }).catch((err) => err);
  const report = JSON.parse(stdout);
  assert.deepEqual([...report.errors, ...report.warnings, ...report.notices].map((x) => `${x.code} ${x.file || ""} ${x.message}`), []);
});

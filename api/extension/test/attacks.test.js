// Attacks, with Chromium's own protection switched off, so that it is the server
// that refuses, and the extension: pages under their real names with real TLS, no
// interception. Each request that a page can make is made twice: to a server
// that refuses nothing, which shows that the browser lets it out, and to
// Kindred, which must refuse it. In the end the store is as it was.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fixture, inside, launchChrome, listScores, pair, panel, request, startServer, until, worker } from "./harness.js";
import { papers } from "./papers.js";
import { startTLS } from "./tls.js";

// Texts as somebody might put them into a paper.
const hit = "globalThis.pwned=1";
const hostile = [
  `<img src=x onerror=${hit}>`, `<script>${hit}</script>`, `"><svg onload=${hit}>`, `javascript:${hit}`, `</textarea></title><iframe srcdoc="<script>parent.${hit}</script>">`,
  "{{constructor.constructor('pwned=1')()}}", `$\\href{javascript:${hit}}{x}$`, "$\\includegraphics{http://127.0.0.1:1/x.png}$", `$\\htmlData{onclick=${hit}}{x}$`, `$\\htmlStyle{position:fixed;inset:0}{x}$`,
  "\u202eDetrever\u202c \u0000 end", "$" + "{".repeat(2000) + "$", "A".repeat(900),
].map((s) => s.replace("\u0000", "\\u0000"));
const nasty = hostile.map((title, i) => ({ ids: [`arxiv:2401.0${1000 + i}`], title: `${title} neural operator ${i}`, authors: [`<b onclick=${hit}>Eve</b>`], published: "2024-01-0" + ((i % 9) + 1), abstract: `Neural operators map functions to functions. ${title} ${hostile[(i + 1) % hostile.length]} Multigrid kernels parameterise them.` }));
const liked = "arxiv:2402.01111";

/** @type {import("./harness.js").Server} */
let server;
/** @type {import("./harness.js").Chrome} */
let weak; // a browser that protects nobody; its extensions could not even pair
/** @type {import("./harness.js").Chrome} */
let chrome; // with the extension, paired
/** @type {Awaited<ReturnType<typeof startTLS>>} */
let tls;
/** @type {Awaited<ReturnType<typeof startOpen>>} */
let open;
let corpus = 0;

/** A server that refuses nothing, and tells what came. */
async function startOpen() {
  /** @type {string[]} */
  const came = [];
  const cookies = new Set();
  const s = http.createServer((q, r) => {
    came.push(`${q.method} ${q.url}`);
    cookies.add(q.headers.cookie?.split("=")[0]);
    r.writeHead(200, { "Content-Type": q.url?.endsWith(".js") ? "text/javascript" : "text/html", "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*", "Access-Control-Allow-Methods": "*" });
    r.end(q.url?.endsWith(".js") ? "globalThis.script = 1" : "<title>open</title>let in");
  });
  s.on("upgrade", (q, socket) => {
    came.push(`UPGRADE ${q.url}`);
    socket.end("HTTP/1.1 403 no\r\n\r\n");
  });
  s.listen(0, "127.0.0.1");
  await once(s, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (s.address());
  return { url: `http://127.0.0.1:${port}`, port, came, cookies, close: () => (s.closeAllConnections(), s.close()) };
}

before(async () => {
  open = await startOpen();
  tls = await startTLS(async (url) => {
    if (url.startsWith("https://attack.example/")) return "<!doctype html><title>attack</title><body>";
    if (url === defining.panel || url === defining.list) return (await fixture(url))?.body.toString().replace("<head>", `<head><script>${defines}</script>`);
    if (url === "https://arxiv.org/abs/2401.07777") return String((await fixture(abs))?.body).replaceAll(/content="Neural Operators[^"]*"/g, `content="&lt;img src=x onerror=${hit}&gt; javascript:${hit} Neural Operators"`).replaceAll("2411.04321", "2401.07777");
    return (await fixture(url))?.body.toString();
  });
  server = await startServer({ papers: [...papers, ...nasty] });
  const names = ["--ignore-certificate-errors", `--host-resolver-rules=MAP *:443 127.0.0.1:${tls.port}, MAP rebind.example 127.0.0.1`];
  weak = await launchChrome({ extension: false, args: [
    "--disable-web-security", "--allow-running-insecure-content", "--disable-site-isolation-trials",
    "--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets,BlockInsecurePrivateNetworkRequests,PrivateNetworkAccessSendPreflights,IsolateOrigins,site-per-process,MixedFormsInterstitial,HttpsUpgrades",
    ...names,
  ] });
  chrome = await launchChrome({ args: names });
  await weak.context.unrouteAll();
  await chrome.context.unrouteAll();
  await pair(chrome, server, ["arxiv"]);
  await server.api("PUT", "/v1/users/me/likes/" + encodeURIComponent(liked));
  await (await weak.open(server.url)).close(); // so the browser holds a session that attacks could use
  corpus = (await server.api("GET", "/v1/status")).body.papers;
});
after(async () => {
  await Promise.all([weak?.close(), chrome?.close()]);
  await server?.close();
  open?.close();
  tls?.close();
});

const abs = "https://arxiv.org/abs/2411.04321";

// A page that defines what the extension puts into it, before it does: a custom
// element is told its own root, even a closed one.
const defining = { panel: "https://export.arxiv.org/abs/2411.04321", list: "https://arxiv.org/list/cs.LG/new" };
const defines = `globalThis.told = [];
  for (const name of ["kindred-panel", "kindred-score", "page-own"])
    customElements.define(name, class extends HTMLElement { constructor() { super(); told.push({ name, at: this.attachInternals() }) } });
  customElements.define("page-div", class extends HTMLDivElement { constructor() { super(); told.push({ name: "div", at: {} }) } }, { extends: "div" });
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (how) { if (this.dataset.kindred) told.push({ name: "attachShadow", at: {} }); return attach.call(this, how) };`;

/** The store is as it was. */
async function unharmed() {
  assert.deepEqual([await server.marks("like"), await server.marks("dislike"), await server.marks("save")], [[liked], [], []], "marks");
  assert.equal((await server.api("GET", "/v1/status")).body.papers, corpus, "papers");
}

const like = "/v1/users/me/likes/arxiv%3A2305.02222";
const feed = "/v1/users/me/feed";
const paper = JSON.stringify([{ ids: ["arxiv:2401.09999"], title: "Planted", abstract: "Planted by a page." }]);

/**
 * What a page can send: each by name, in the page, given where to; it returns
 * what it could read, or "".
 * @type {Record<string, {came: string, send: (base: string, path: string, body: string) => Promise<string>, path: string}>}
 */
const requests = {
  "reading by fetch": { came: "GET", path: feed, send: async (base, path) => (await fetch(base + path)).text() },
  "reading by fetch, with cookies": { came: "GET", path: feed, send: async (base, path) => (await fetch(base + path, { credentials: "include" })).text() },
  "reading without CORS": { came: "GET", path: feed, send: async (base, path) => (await fetch(base + path, { mode: "no-cors" })).text().catch(() => "") },
  "reading the page": { came: "GET", path: "/", send: async (base, path) => (await fetch(base + path, { credentials: "include" })).text() },
  "reading by XMLHttpRequest": { came: "GET", path: feed, send: (base, path) => new Promise((done) => { const x = new XMLHttpRequest(); x.onloadend = () => done(x.responseText); x.open("GET", base + path); x.send(); }) },
  "liking by fetch": { came: "PUT", path: like, send: async (base, path) => (await fetch(base + path, { method: "PUT", headers: { "Content-Type": "application/json" }, body: "{}" })).text() },
  "undoing by fetch": { came: "DELETE", path: "/v1/users/me/likes/arxiv%3A2402.01111", send: async (base, path) => (await fetch(base + path, { method: "DELETE" })).text() },
  "a POST without CORS": { came: "POST", path: "/v1/papers", send: async (base, path, body) => (await fetch(base + path, { method: "POST", mode: "no-cors", headers: { "Content-Type": "text/plain" }, body })).text().catch(() => "") },
  "a beacon": { came: "POST", path: "/v1/papers", send: async (base, path, body) => String(navigator.sendBeacon(base + path, new Blob([body], { type: "application/json" })) && "") },
  "a form": { came: "POST", path: "/v1/papers", send: (base, path, body) => new Promise((done) => {
    const frame = Object.assign(document.createElement("iframe"), { name: "into" + Math.random() });
    const form = Object.assign(document.createElement("form"), { method: "post", action: base + path, enctype: "text/plain", target: frame.name });
    form.append(Object.assign(document.createElement("input"), { name: body, value: "" }));
    document.body.append(frame, form);
    frame.addEventListener("load", () => frame.contentDocument?.URL !== "about:blank" && done(""));
    form.submit();
    setTimeout(() => done(""), 5000);
  }) },
  "an image": { came: "GET", path: feed, send: (base, path) => new Promise((done) => { const x = new Image(); x.onload = () => done("an image"); x.onerror = () => done(""); x.src = base + path; }) },
  "a WebSocket": { came: "UPGRADE", path: feed, send: (base, path) => new Promise((done) => { const x = new WebSocket(base.replace("http", "ws") + path); x.onopen = () => done("open"); x.onerror = () => done(""); }) },
  "an event source": { came: "GET", path: feed, send: (base, path) => new Promise((done) => { const x = new EventSource(base + path); x.onmessage = (m) => done(m.data); x.onerror = () => { x.close(); done(""); }; }) },
  "a pairing code": { came: "POST", path: "/v1/users/me/pairing", send: async (base, path) => (await fetch(base + path, { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" })).text() },
};

/** What nobody outside may read. @param {string} text */
function silent(text) {
  assert.doesNotMatch(text, /Multigrid|Separating|items|[A-Z0-9]{4}-[A-Z0-9]{4}/);
}

for (const [origin, page] of /** @type {[string, () => string][]} */ ([
  ["a web page", () => "https://attack.example/"],
  ["a page on another port of this machine", () => open.url + "/"],
  ["a page of localhost", () => `http://localhost:${open.port}/`],
])) {
  test(`${origin}: what it sends is refused`, async () => {
    const tab = await weak.open(page());
    for (const [name, r] of Object.entries(requests)) {
      const send = `(${r.send})`;
      const go = (/** @type {string} */ base) => tab.evaluate(([f, ...args]) => (0, eval)(f)(...args).catch((/** @type {Error} */ e) => "failed: " + e.message), [send, base, r.path, paper]);
      open.came.length = 0;
      await go(open.url);
      await until(() => open.came.includes(`${r.came} ${r.path}`), `${name} to leave the browser; came ${open.came}`);
      const read = await go(server.url);
      silent(read);
      if (!/^$|^failed/.test(read)) assert.match(read, /"code":"(wrong_origin|wrong_host|no_cors|unauthorized|session)/, `${name}: ${read}`);
      await unharmed();
    }
    // Browsers send a session to every port of its machine.
    if (page().startsWith(open.url)) assert.ok(open.cookies.has(`kindred_session_${server.port}`), "the session is sent along");
    await tab.close();
  });
}

test("a script and a frame show nothing", async () => {
  const tab = await weak.open("https://attack.example/");
  const script = (/** @type {string} */ src) => tab.evaluate((s) => new Promise((done) => {
    const x = Object.assign(document.createElement("script"), { src: s });
    x.onload = () => done(Object.hasOwn(globalThis, "script"));
    x.onerror = () => done(false);
    document.head.append(x);
  }), src);
  assert.equal(await script(open.url + "/x.js"), true, "a script of a server that refuses nothing runs");
  for (const path of ["/static/page.js", feed]) assert.equal(await tab.evaluate((s) => new Promise((done) => {
    const x = Object.assign(document.createElement("script"), { src: s });
    x.onload = () => done("ran");
    x.onerror = () => done("refused");
    document.head.append(x);
  }), server.url + path), "refused", path);
  const frame = async (/** @type {string} */ src, on = tab) => {
    await on.evaluate((s) => new Promise((done) => {
      const x = Object.assign(document.createElement("iframe"), { src: s });
      x.onload = done;
      document.body.replaceChildren(x);
    }), src);
    return (await Promise.all(on.frames().slice(1).map((f) => f.evaluate(() => document.title + document.body.innerText + [...document.querySelectorAll('main, form')].map((x) => x.outerHTML)).catch(() => "")))).join("");
  };
  assert.match(await frame(open.url + "/"), /let in/);
  for (const path of ["/", "/pair", "/likes", feed]) silent(await frame(server.url + path));
  const beside = await chrome.open("https://attack.example/");
  assert.match(await frame("https://attack.example/x", beside), /attack/);
  for (const page of ["popup.html", "options.html"]) assert.doesNotMatch(await frame(`chrome-extension://${chrome.id}/${page}`, beside), /<main|<form/, page);
  await beside.close();
  await tab.close();
  await unharmed();
});

test("a window that a page opens is refused", async () => {
  const tab = await weak.open("https://attack.example/");
  const [opened] = await Promise.all([weak.context.waitForEvent("page"), tab.evaluate((u) => void window.open(u), server.url + "/pair")]);
  await opened.waitForLoadState();
  silent(await opened.content());
  assert.match(await opened.innerText("body"), /refused/);
  await opened.close();
  await tab.close();
});

test("DNS rebinding: another name of this machine is not answered", async () => {
  const tab = await weak.context.newPage();
  assert.match(await (await tab.goto(`http://rebind.example:${open.port}/`))?.text() || "", /let in/, "the name leads here");
  for (const path of ["/", feed, "/v1/status", "/pair"]) {
    const answer = await tab.goto(`http://rebind.example:${server.port}${path}`);
    assert.ok((answer?.status() || 0) >= 400, `${path}: ${answer?.status()}`);
    silent(await answer?.text() || "");
  }
  for (const host of ["rebind.example", `rebind.example:${server.port}`, "127.0.0.1", "0.0.0.0:" + server.port, `127.0.0.1.:${server.port}`, " "]) {
    const { status, text } = await request("GET", server.url + feed, undefined, { Host: host });
    assert.ok(status >= 400, `Host ${host}: ${status}`);
    silent(text);
  }
  await tab.close();
});

test("another extension: nothing without a code, and no token of ours", async () => {
  const dir = await mkdtemp(join(tmpdir(), "kindred-other-extension-"));
  await writeFile(join(dir, "manifest.json"), JSON.stringify({ manifest_version: 3, name: "Other", version: "1", background: { service_worker: "w.js" }, host_permissions: ["http://127.0.0.1/*"] }));
  await writeFile(join(dir, "w.js"), "self.addEventListener('message', () => {});");
  const other = await launchChrome({ extension: false, args: [`--disable-extensions-except=${dir}`, `--load-extension=${dir}`] });
  try {
    const w = other.context.serviceWorkers()[0] || (await other.context.waitForEvent("serviceworker"));
    assert.notEqual(new URL(w.url()).host, chrome.id);
    const ask = (/** @type {string} */ method, /** @type {string} */ path, /** @type {object | undefined} */ body = undefined, token = "") => w.evaluate(async ([m, u, b, t]) => {
      const r = await fetch(u, { method: m, headers: { ...(b && { "Content-Type": "application/json" }), ...(t && { Authorization: "Bearer " + t }) }, body: b || undefined });
      return { status: r.status, text: await r.text() };
    }, [method, server.url + path, body ? JSON.stringify(body) : "", token]);
    assert.equal((await w.evaluate((u) => fetch(u).then((r) => r.text()), open.url)), "<title>open</title>let in", "it may ask servers of this machine");
    for (const [method, path, body] of /** @type {[string, string, object?][]} */ ([["GET", feed], ["GET", "/"], ["PUT", like, {}], ["DELETE", "/v1/users/me/likes/arxiv%3A2402.01111"], ["POST", "/v1/papers", JSON.parse(paper)], ["POST", "/v1/users/me/pairing", {}]])) {
      const { status, text } = await ask(method, path, body);
      assert.ok(status === 401 || status === 403, `${method} ${path}: ${status} ${text}`);
      silent(text);
    }
    const ours = await (await worker(chrome)).evaluate("chrome.storage.local.get().then((s) => s.token)");
    assert.equal((await server.api("GET", "/v1/status")).status, 200);
    const stolen = await ask("PUT", like, {}, String(ours));
    assert.ok(stolen.status === 401 || stolen.status === 403, `with the token of another extension: ${stolen.status}`);

    // Five wrong codes, and the right one is worth nothing any more.
    const code = await server.code();
    const wrong = (/** @type {number} */ i) => ask("POST", "/v1/pair", { code: `AAAA-${"BCDEFGHJ"[i]}AAA`, name: "Other" });
    for (let i = 0; i < 5; i++) {
      const { status, text } = await wrong(i);
      assert.ok(status >= 400 && status < 500, `wrong code: ${status}`);
      assert.doesNotMatch(text, /kindred_/);
    }
    const late = await ask("POST", "/v1/pair", { code, name: "Other" });
    assert.ok(late.status >= 400 && late.status < 500 && !/kindred_/.test(late.text), `after five wrong ones: ${late.status}`);
    // All at once is no way around it.
    const again = await server.code();
    const many = await Promise.all(Array.from({ length: 40 }, (_, i) => ask("POST", "/v1/pair", { code: `CCCC-${"BCDEFGHJ"[i % 8]}${"BCDEFGHJ"[(i / 8) | 0]}CC`, name: "Other" })));
    assert.ok(many.every((m) => m.status >= 400 && m.status < 500));
    assert.ok((await ask("POST", "/v1/pair", { code: again, name: "Other" })).status >= 400);
    await unharmed();
  } finally {
    await other.close();
    await rm(dir, { recursive: true, force: true });
  }
});

test("a page cannot press the panel's buttons, read it, or speak to the extension", async () => {
  const tab = await chrome.open(abs);
  const p = panel(tab);
  await p.open();
  const seen = await tab.evaluate(async ([other]) => {
    const host = document.querySelector("[data-kindred=panel]");
    if (!host) throw new Error("no panel");
    const box = host.getBoundingClientRect();
    for (const data of [{ act: "like" }, { type: "like", id: "arxiv:2305.02222" }, { type: "mark", act: "like", ids: ["arxiv:2305.02222"] }, "like", { kindred: { act: "like" } }, { type: "panel", action: "like" }]) {
      window.postMessage(data, "*");
      host.dispatchEvent(new MessageEvent("message", { data, bubbles: true, composed: true }));
      host.dispatchEvent(new CustomEvent("kindred", { detail: data, bubbles: true, composed: true }));
    }
    for (const type of ["pointerdown", "mousedown", "mouseup", "click"]) {
      host.dispatchEvent(new MouseEvent(type, { bubbles: true, composed: true, clientX: box.x + 20, clientY: box.y + 20 }));
      document.elementFromPoint(innerWidth - 40, 200)?.dispatchEvent(new MouseEvent(type, { bubbles: true, composed: true }));
    }
    for (const key of ["l", "s", "n", "Enter", " "]) for (const on of [host, document, window]) on.dispatchEvent(new KeyboardEvent("keydown", { key, altKey: true, shiftKey: true, bubbles: true, composed: true }));
    /** @type {any} */ (host).click();
    const c = /** @type {any} */ (globalThis).chrome;
    await new Promise((done) => setTimeout(done, 500));
    return {
      root: host.shadowRoot, text: host.textContent, runtime: typeof c?.runtime?.sendMessage,
      sent: c?.runtime?.sendMessage ? await new Promise((done) => c.runtime.sendMessage(other, { act: "like" }, () => done(String(c.runtime.lastError?.message)))) : "none",
      selected: (getSelection()?.selectAllChildren(host), String(getSelection())),
    };
  }, [chrome.id]);
  assert.equal(seen.root, null);
  assert.equal(seen.text, "");
  assert.doesNotMatch(seen.selected, /Multigrid/);
  assert.match(seen.sent, /none|not exist|not allowed|Could not/i);
  await unharmed();
  // The page takes it away, puts another in its place: nothing breaks, nothing is sent.
  await tab.evaluate(() => {
    const host = document.querySelector("[data-kindred=panel]");
    const other = Object.assign(document.createElement("div"), { innerHTML: "<button>like</button>" });
    other.dataset.kindred = "panel";
    host?.replaceWith(other);
  });
  await tab.close();
  await unharmed();
});

test("a page that defines the extension's elements is not told what is in them", async () => {
  const tab = await chrome.open(defining.panel);
  const p = panel(tab);
  await p.open();
  await p.see("[data-kin]");
  const told = () => tab.evaluate(() => {
    const own = document.createElement("page-own");
    own.attachShadow({ mode: "closed" });
    return /** @type {any} */ (globalThis).told.map((/** @type {any} */ t) => `${t.name} ${t.at.shadowRoot ? "told" : "not told"}`);
  });
  assert.deepEqual((await told()).sort(), ["page-own told"]);
  assert.match(await p.text(".here .why"), /Because you liked/, "the panel is drawn all the same");
  assert.equal((await inside(tab, "panel", ".handle", "function () { return getComputedStyle(this).position }"))[0], "fixed", "and styled");

  await tab.goto(defining.list);
  await until(async () => (await listScores(tab)).length > 0, "scores in the list");
  assert.deepEqual([...new Set(await told())].sort(), ["page-own told"]);
  await tab.close();
  await unharmed();
});

test("only a person presses the panel's buttons, even where a page got hold of one", async () => {
  const tab = await chrome.open(abs);
  const p = panel(tab);
  await p.open();
  await p.see("[data-act=like]");
  const asked = () => server.log.split("method=PUT").length;
  const before = asked();
  await inside(tab, "panel", "[data-act=like], [data-act=add], [data-act=save], [data-act=options]", `function () {
    this.click();
    for (const type of ["pointerdown", "mousedown", "mouseup", "click"]) this.dispatchEvent(new MouseEvent(type, { bubbles: true, composed: true }));
    for (const type of ["keydown", "keyup"]) this.dispatchEvent(new KeyboardEvent(type, { key: "Enter", bubbles: true, composed: true }));
  }`);
  await new Promise((r) => setTimeout(r, 500));
  await unharmed();
  assert.equal(asked(), before, "nothing is asked of the server");
  assert.ok(!chrome.context.pages().some((t) => t.url().endsWith("/options.html")), "nor are the settings opened");
  // The presses were not lost otherwise: a person's is not.
  await p.click("[data-act=options]");
  const settings = await until(() => chrome.context.pages().find((t) => t.url().endsWith("/options.html")), "the settings");
  await settings.close();
  await tab.close();
  await unharmed();
});

/** Whether something of a hostile text ran. @param {import("playwright-core").Page} tab */
const ran = (tab) => tab.evaluate("globalThis.pwned");

test("hostile titles and abstracts are text, on the server's page and in the panel", async () => {
  const tab = await chrome.context.newPage();
  /** @type {string[]} */
  const alarms = [];
  tab.on("dialog", (d) => (alarms.push(d.message()), void d.dismiss()));
  tab.on("request", (r) => {
    if (!r.url().startsWith(server.url) && !r.url().startsWith("https://arxiv.org/") && !/^(data|chrome-extension):/.test(r.url())) alarms.push(r.url());
  });
  const paths = ["/", "/search?q=neural+operator", "/search?q=" + encodeURIComponent(hostile[0]), "/likes", ...nasty.map((n) => "/paper/" + encodeURIComponent(n.ids[0]))];
  let shown = "";
  for (const path of paths) {
    const answer = await tab.goto(server.url + path);
    if (path.startsWith("/paper/")) assert.equal(answer?.status(), 200, path);
    await tab.waitForLoadState("networkidle");
    for (const link of await tab.locator("a[href]").all()) assert.match(await link.getAttribute("href") || "", /^(\/|#|\?|https?:)/, path);
    assert.equal(await tab.locator("main [onclick], main [onerror], main [onload], main iframe, main script, main img[src^=http]").count(), 0, path);
    assert.equal(await ran(tab), undefined, path);
    shown += await tab.innerText("main");
  }
  for (const text of [hostile[0], hostile[1], hostile[3]]) assert.ok(shown.includes(text), `shown as text: ${text}`);

  for (const url of [abs, "https://arxiv.org/abs/2401.07777"]) {
    await tab.goto(url);
    const p = panel(tab);
    await p.open();
    await p.see("[data-kin]");
    const all = [...(await p.texts("[data-kin]")), ...(await p.texts(".title"))].join("\n");
    assert.match(all, url === abs ? /pwned=1/ : /javascript:globalThis\.pwned=1 Neural Operators/, "a hostile title is shown as text");
    const inner = await inside(tab, "panel", ":host > *, div, section, ul, li, a", "function () { return [...this.attributes].map((a) => a.name + '=' + a.value).join(' ') }");
    assert.ok(inner.length > 10);
    for (const attributes of inner) assert.doesNotMatch(attributes, /(^| )on[a-z]+=|(^| )href=javascript/i);
    assert.equal((await inside(tab, "panel", "img, iframe, script, object, embed", "function () { return this.outerHTML }")).length, 0);
    assert.equal(await ran(tab), undefined, url);
  }
  assert.deepEqual(alarms, []);
  await tab.close();
  await unharmed();
});

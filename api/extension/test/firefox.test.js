// The whole way in Debian's Firefox ESR: the built extension, a real server,
// pages under their real addresses; the dialog that asks for a site is the
// browser's own, and both of its answers count.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inside, launchFirefox, pairFirefox, panel } from "./firefox.js";
import { fixture, startServer, until } from "./harness.js";
import { papers } from "./papers.js";

/** @type {import("./harness.js").Server} */
let server;
/** @type {import("./firefox.js").Firefox} */
let firefox;

before(async () => {
  [server, firefox] = await Promise.all([startServer({ papers }), launchFirefox()]);
});
after(() => Promise.all([firefox?.close(), server?.close()]));

const abs = "https://arxiv.org/abs/2411.04321";
const operators = "arxiv:2411.04321";
const liked = "arxiv:2402.01111";

test("installed, the settings open; unpaired, a paper's page stays as it is", async () => {
  const settings = await firefox.settings();
  assert.match(await settings.$eval("[data-connected]", (e) => e.textContent || ""), /Not connected/);
  assert.equal(await settings.$eval("[name=site-arxiv]", (e) => /** @type {HTMLInputElement} */ (e).disabled), true, "no site before pairing");
  const page = await firefox.open(abs);
  assert.equal(await panel(page).has("*"), false);
  await page.close();
});

test("paired with a code; a site is looked at only when the browser's dialog is allowed", async () => {
  const settings = await pairFirefox(firefox, server);
  assert.match(await settings.$eval("[data-connected]", (e) => e.textContent || ""), new RegExp(`${server.url} as me`));
  assert.match(await server.kindred("token", "list"), /Firefox/);
  await settings.click("[name=site-arxiv]");
  assert.match(await firefox.answer("Deny"), /arxiv\.org/);
  await until(() => settings.$eval("[name=site-arxiv]", (e) => !(/** @type {HTMLInputElement} */ (e).checked)), "the switch to fall back");
  const refused = await firefox.open(abs);
  assert.equal(await panel(refused).has("*"), false, "no panel where it was denied");
  // Allowed, it comes also to the tab that is open.
  await settings.bringToFront();
  await settings.click("[name=site-arxiv]");
  await firefox.answer("Allow");
  await settings.waitForSelector("[data-site=arxiv][data-on]", { timeout: 60000 });
  await panel(refused).see(".handle[data-state=ok]");
  await refused.close();
});

test("the right paper, its kindred, how it fits; a like reaches the store, and is undone", async () => {
  await server.api("PUT", "/v1/users/me/likes/" + encodeURIComponent(liked));
  const page = await firefox.open(abs);
  const p = panel(page);
  await p.see(".handle[data-state=ok]");
  assert.equal(await p.has(".panel:not([hidden])"), false, "closed by default");
  const badge = Number(await p.text("[data-badge]"));
  assert.ok(badge > 80 && badge < 100, `fits well: ${badge}`);
  await p.open();
  assert.equal(await p.text(".title"), "Neural Operators on ℝⁿ with Hölder Regularity");
  assert.match(await p.text(".fit"), new RegExp(`^${badge} % of papers fit you less`));
  const kin = await p.texts("[data-kin]");
  assert.equal(kin.length, 8);
  assert.ok(kin.slice(0, 2).includes("Multigrid Kernels for Neural Operators") && kin.slice(0, 2).includes("Error Bounds for Operator Learning of α-Hölder Solutions"), kin.join("; "));
  assert.equal(await page.evaluate(() => document.querySelector("[data-kindred=panel]")?.shadowRoot), null, "the root is closed");

  await p.click("[data-act=like]");
  await p.see("[data-done=like]");
  assert.deepEqual((await server.marks("like")).sort(), [liked, operators]);
  assert.equal(await p.text("[data-badge]"), "♥");
  await p.click("[data-act=undo]");
  await p.see('[data-done="-like"]');
  assert.deepEqual(await server.marks("like"), [liked]);
  await page.close();
});

test("on a page that forbids every style and script, the panel looks the same and works", async () => {
  const looks = async (/** @type {import("puppeteer-core").Page} */ page) => {
    const p = panel(page);
    await p.open();
    await p.see(".here");
    return inside(page, ".panel, .title, [data-act=like]", "function () { const s = getComputedStyle(this); return [s.position, s.backgroundColor, s.color, s.fontSize, s.borderRadius, Math.round(this.getBoundingClientRect().width)] }");
  };
  const page = await firefox.open(abs);
  const loose = await looks(page);
  await page.close();
  firefox.served.set(abs, { .../** @type {any} */ (await fixture(abs)), headers: { "Content-Security-Policy": "default-src 'none'" } });
  const strict = await firefox.open(abs);
  assert.equal(await strict.evaluate(() => document.body.append(Object.assign(document.createElement("style"), { textContent: "body { outline: 3px solid red }" })) || getComputedStyle(document.body).outlineStyle), "none", "the policy holds");
  assert.deepEqual(await looks(strict), loose);
  await panel(strict).click("[data-act=save]");
  await panel(strict).see("[data-done=save]");
  assert.deepEqual(await server.marks("save"), [operators]);
  await strict.close();
});

// The keys, really pressed: in a Chromium with a window, on a screen that
// nobody sees.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { promisify } from "node:util";
import { launchChrome, pair, startServer, until, worker } from "./harness.js";

const run = promisify(execFile);

test("one key likes, also where nothing is turned on; another opens the popup", async () => {
  const screen = spawn("Xvfb", ["-displayfd", "3", "-screen", "0", "1300x900x24", "-nolisten", "tcp"], { stdio: ["ignore", "ignore", "ignore", "pipe"] });
  const [number] = await once(/** @type {import("node:stream").Readable} */ (screen.stdio[3]), "data");
  const display = `:${String(number).trim()}`;
  const server = await startServer();
  const chrome = await launchChrome({ options: { headless: false, env: { ...process.env, DISPLAY: display } } });
  const x = async (/** @type {string[]} */ ...args) => (await run("xdotool", args, { env: { ...process.env, DISPLAY: display } })).stdout.trim();
  try {
    await pair(chrome, server);
    const page = await chrome.open("https://journal.example/articles/12");
    await page.bringToFront();
    const window = (await until(() => x("search", "--onlyvisible", "--class", "chromium"), "the window")).split("\n").slice(-1)[0];
    await x("windowfocus", "--sync", window);
    const text = () => worker(chrome).then((w) => w.evaluate("chrome.tabs.query({ active: true, lastFocusedWindow: true }).then(([t]) => chrome.action.getBadgeText({ tabId: t.id }))"));
    await x("key", "alt+l");
    await until(async () => (await server.marks("like")).length, "the like");
    assert.deepEqual(await server.marks("like"), ["doi:10.1000/jir.2006.12"]);
    await until(async () => (await text()) === "♥", "the heart on the button");
    await x("key", "alt+l");
    await until(async () => (await server.marks("like")).length === 0, "the like to be taken back");
    await x("key", "alt+k");
    await until(async () => (await worker(chrome)).evaluate("chrome.runtime.getContexts({ contextTypes: ['POPUP'] }).then((c) => c.length)"), "the popup");
  } finally {
    await chrome.close();
    await server.close();
    screen.kill();
  }
});

// Connecting with a server: the code that a person types, and the test that
// names what is wrong.

import * as answers from "./answers.js";
import { register } from "./reach.js";
import { ask, trouble, Trouble } from "./server.js";
import { defaults, load, originOf, save } from "./settings.js";

/**
 * Trades a code for a token.
 * @param {string} typed the server's address @param {string} code
 * @returns {Promise<{state: string, detail: string, server: string, user?: string}>}
 */
export async function pair(typed, code) {
  const server = originOf(typed);
  if (!server) return { state: "refused", detail: "That is not an address. It looks like http://127.0.0.1:8765", server: typed };
  try {
    const { token, user } = answers.pairing(await ask({ server, token: "" }, "POST", "/v1/pair", { code: code.slice(0, 40), name: browserName() }));
    await save({ server, token, user });
    await register();
    return { state: "ok", detail: "", server, user };
  } catch (err) {
    const t = trouble(err);
    if (t.code === "bad_code" || t.code === "too_many_tries" || t.code === "invalid") return { state: t.code, detail: t.detail, server };
    return { ...(await explained(t, server)), server };
  }
}

/**
 * Asks a server something that needs the token, and names what is wrong. The
 * token goes only to the server that gave it.
 * @param {string} typed the server's address
 * @returns {Promise<{state: string, detail: string, server: string}>}
 */
export async function testConnection(typed) {
  const paired = await load();
  const server = originOf(typed) || paired.server;
  const settings = server === paired.server ? paired : { ...paired, server, token: "" };
  try {
    if (!settings.token) {
      await ask(settings, "GET", "/healthz").catch((err) => {
        if (trouble(err).state !== "revoked") throw err; // it said that it does not know us: so it is there
      });
      return { state: "unpaired", detail: "", server };
    }
    const s = answers.status(await ask(settings, "GET", "/v1/status"));
    await ask(settings, "GET", "/readyz");
    const pending = s.pending ? `, ${s.pending.toLocaleString("en")} still to be indexed` : "";
    const embedder = s.embedder && s.embedder !== "ready" ? ` The embedder is not available: ${s.hint}` : "";
    return { state: "ok", detail: `Kindred ${s.version}: ${s.papers.toLocaleString("en")} papers${pending}.${embedder}`, server };
  } catch (err) {
    return { ...(await explained(trouble(err), server)), server };
  }
}

/**
 * A trouble with its cause: where nothing answers, perhaps the usual port does.
 * @param {Trouble} t @param {string} server
 */
async function explained(t, server) {
  if ((t.state === "unreachable" || t.state === "not_kindred") && server !== defaults.server && new URL(server).hostname === "127.0.0.1") {
    try {
      await ask({ server: defaults.server, token: "" }, "GET", "/healthz");
    } catch (err) {
      const there = trouble(err).state;
      if (["unreachable", "not_kindred", "permission", "slow"].includes(there)) return { state: t.state, detail: t.detail };
    }
    return { state: "wrong_port", detail: defaults.server };
  }
  return { state: t.state, detail: t.detail };
}

/** What the server's list of tokens calls this browser. */
function browserName() {
  const [, name] = /(Firefox|Edg|OPR|Chrome)\//.exec(navigator.userAgent.replace(/.*(Edg|OPR)\//, "$1/")) || [];
  return { Firefox: "Firefox", Edg: "Edge", OPR: "Opera", Chrome: "Chrome" }[name || ""] || "Browser";
}

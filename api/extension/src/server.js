// The one way to the user's server. Only the worker imports this.

import { BadAnswer, maxAnswer, problem } from "./answers.js";
import { patternOf } from "./settings.js";

/** The contract that this extension speaks; the server names its own in every answer. */
export const contract = "1";

/**
 * Why a request came to nothing. State is one of the keys of states.js.
 */
export class Trouble extends Error {
  /** @param {string} state @param {string} [detail] @param {string} [code] of the server's problem */
  constructor(state, detail = "", code = "") {
    super(detail || state);
    this.state = state;
    this.detail = detail;
    this.code = code;
  }
}

/** How long an answer may take, in ms: the embedder of the server may be loading its model. */
const patience = 20000;

/**
 * Asks the server. Path is written by us: what comes from elsewhere is encoded.
 * @param {{server: string, token: string}} where
 * @param {"GET" | "POST" | "PUT" | "DELETE"} method
 * @param {string} path
 * @param {unknown} [body]
 * @returns {Promise<unknown>} the JSON, null where there is none
 */
export async function ask(where, method, path, body) {
  if (!(await chrome.permissions.contains({ origins: [patternOf(where.server)] }))) throw new Trouble("permission");
  let answer, text;
  try {
    answer = await fetch(where.server + path, {
      method,
      headers: { ...(where.token && { Authorization: `Bearer ${where.token}` }), ...((body !== undefined || method !== "GET") && { "Content-Type": "application/json" }) },
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "omit", cache: "no-store", redirect: "error", referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(patience),
    });
    text = await read(answer);
  } catch (err) {
    if (err instanceof Trouble) throw err;
    throw new Trouble(err instanceof Error && err.name === "TimeoutError" ? "slow" : "unreachable");
  }
  const said = parse(text);
  const told = answer.headers.get("Kindred-Api");
  if (told !== contract) {
    const kindred = told !== null || answer.headers.get("Content-Type")?.startsWith("application/problem+json") || /^\/(v1\/status|healthz)$/.test(path) && isStatus(said);
    throw new Trouble(kindred ? "version" : "not_kindred", told === null ? "" : told.slice(0, 10));
  }
  if (answer.ok) return said;
  const { code, detail } = problem(said);
  if (answer.status === 401 || code === "wrong_origin" || code === "session_required") throw new Trouble("revoked", "", code);
  if (code === "not_ready") throw new Trouble("starting", "", code);
  if (code === "wrong_host") throw new Trouble("wrong_host", "", code);
  throw new Trouble(answer.status >= 500 ? "failed" : "refused", detail, code);
}

/**
 * The body of an answer, if it is not too long.
 * @param {Response} answer
 */
async function read(answer) {
  const reader = answer.body?.getReader();
  const parts = [];
  let size = 0;
  while (reader) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > maxAnswer) {
      await reader.cancel();
      throw new Trouble("not_kindred");
    }
    parts.push(value);
  }
  return new Blob(parts).text();
}

/** @param {string} text */
function parse(text) {
  if (!text) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** @param {unknown} x */
const isStatus = (x) => typeof x === "object" && x !== null && ("embedder" in x || "status" in x);

/**
 * Any error as a Trouble: an answer of the wrong shape is not a Kindred's.
 * @param {unknown} err
 * @returns {Trouble}
 */
export function trouble(err) {
  if (err instanceof Trouble) return err;
  if (err instanceof BadAnswer) return new Trouble("not_kindred", err.message);
  return new Trouble("failed", err instanceof Error ? err.message : String(err));
}

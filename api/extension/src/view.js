// One view, drawn: the same in the panel and in the popup.

import { el, icon } from "./dom.js";
import { say } from "./states.js";
import { readable } from "./tex.js";

/** @typedef {import("./look.js").View} View */
/** @typedef {import("./answers.js").Score} Score */
/**
 * What a click asks for; on tells whether the mark shall stand.
 * @typedef {(intent: "mark" | "add" | "retry" | "options", what?: {kind: string, on: boolean}) => void} Act
 */

/** A share as people say it: never 100, for nothing fits better than all. @param {number} share */
export const percent = (share) => Math.min(99, Math.floor(100 * share));

/**
 * @param {View | {state: string, server?: string, detail?: string}} view
 * @param {Act} act
 * @returns {HTMLElement[]}
 */
export function draw(view, act) {
  if (view.state !== "ok") return [trouble(view, act)];
  const v = /** @type {View} */ (view);
  return [here(v, act), like(v)];
}

/** @param {{state: string, server?: string, detail?: string}} view @param {Act} act */
export function trouble(view, act) {
  const s = say(view.state, view);
  return el("section.trouble", { "data-state": view.state, role: "status" },
    el("h2", null, s.title), el("p", null, ...s.text.split("`").map((part, i) => (i % 2 ? el("code", null, part) : part))),
    s.act && button("primary", { "data-act": s.act }, s.act === "options" ? "Open settings" : "Try again", () => act(/** @type {any} */ (s.act))));
}

/** @param {boolean} slow */
export function waiting(slow) {
  return el("section.waiting", { "data-state": slow ? "slow" : "waiting", role: "status" }, el("p.soft", null, slow ? "Still asking. The embedder may be loading." : "Asking Kindred …"));
}

/** The page's paper: how it fits, why, and what one can do. @param {View} v @param {Act} act */
function here(v, act) {
  const known = !!v.fit?.paper;
  const can = known || v.addable;
  return el("section.here", { "data-state": v.fit?.state || "ok" },
    v.title && el("p.title", null, readable(v.title)),
    fits(v.fit),
    el("div.acts", { role: "group", "aria-label": "This paper" },
      ...marks.map((m) => {
        const at = since(v.fit, m.kind);
        return button("act", { "data-act": m.kind, "aria-pressed": String(!!at), disabled: !can, title: at ? m.undo : m.title },
          [icon(m.kind), el("span", null, at ? m.done : m.name)], () => act("mark", { kind: m.kind, on: !at }));
      })),
    told(v, act),
    !known && el("p.unknown", { "data-unknown": "" },
      v.addable ? "Not in your corpus yet. " : "Not in your corpus, and this page does not tell its title. Open the paper's page to add it.",
      v.addable && button("plain", { "data-act": "add" }, "Add it", () => act("add"))));
}

const marks = /** @type {const} */ ([
  { kind: "like", name: "Like", done: "Liked", title: "More like this", undo: "Take the like back", past: "Liked" },
  { kind: "dislike", name: "Not interested", done: "Not interested", title: "Less like this", undo: "Take it back", past: "Not interested, said" },
  { kind: "save", name: "Save", done: "Saved", title: "Put it on the reading list", undo: "Take it off the reading list", past: "Saved" },
]);

/** @param {Score | null | undefined} fit @param {string} kind @returns {string} when, or "" */
export const since = (fit, kind) => fit?.marks.find((m) => m.kind === kind || (kind === "dislike" && m.kind === "hide"))?.at || "";

/** What was just done, with its undoing; or since when marks stand. @param {View} v @param {Act} act */
function told(v, act) {
  if (v.problem) return el("p.told.problem", { role: "alert" }, v.problem);
  const taken = v.done.startsWith("-");
  const m = marks.find((x) => x.kind === v.done.replace("-", ""));
  if (m) {
    return el("p.told", { role: "status", "data-done": v.done }, taken ? "Taken back. " : `${m.done}. `,
      button("plain", { "data-act": "undo" }, taken ? "Do it again" : "Undo", () => act("mark", { kind: m.kind, on: taken })));
  }
  if (v.done === "add") return el("p.told", { role: "status", "data-done": "add" }, "Added to your corpus.");
  const standing = marks.filter((x) => since(v.fit, x.kind)).map((x) => `${x.past} ${when(since(v.fit, x.kind))}`);
  return standing.length > 0 && el("p.told", null, standing.join(", ") + ".");
}

/**
 * A day as one remembers it: "today", "in March", "in March 2024".
 * @param {string} at @param {Date} [now]
 */
export function when(at, now = new Date()) {
  const d = new Date(at);
  const days = Math.round((new Date(now).setHours(0, 0, 0, 0) - new Date(d).setHours(0, 0, 0, 0)) / 864e5);
  if (days <= 0) return "today";
  if (days === 1) return "yesterday";
  if (days < 7) return `${days} days ago`;
  const month = d.toLocaleString("en", { month: "long" });
  return `in ${month}${d.getFullYear() === now.getFullYear() ? "" : " " + d.getFullYear()}`;
}

/** How a paper fits, in words. @param {Score | null} fit */
function fits(fit) {
  switch (fit?.state) {
    case "scored": {
      if (fit.fit == null) return false;
      const n = percent(fit.fit);
      return el("div.fits", { "data-fit": n }, el("p.fit", null, el("strong", null, `${n} %`), ` of papers fit you less`),
        el("div.meter", { "aria-hidden": "true" }, bar(n)), why(fit));
    }
    case "no_profile":
      return el("p.soft", null, `Like a few ${since(fit, "like") ? "more " : ""}papers, and Kindred can say how others fit you.`);
    case "pending":
      return el("p.soft", null, "This paper is waiting to be indexed.");
    case "unavailable":
      return el("p.soft", null, fit.note || "The embedder is not available, so this paper cannot be placed now.");
    case "unknown":
      return el("p.soft", null, "Kindred knows nothing about this paper yet.");
  }
  return false;
}

/** @param {number} n */
function bar(n) {
  const b = el("div");
  b.style.width = `${n}%`;
  return b;
}

/**
 * Why a paper fits, from the strongest reason on: "Because you liked A and B, and of
 * “speech”." Types that this version does not know are left out.
 * @param {Score | null} fit @param {number} [most] liked papers that are named
 */
function why(fit, most = 2) {
  const reasons = fit?.reasons || [];
  const far = (fit?.fit ?? 1) < 0.5; // then what is nearest is no reason
  const liked = far ? [] : reasons.filter((r) => r.type === "liked" && r.paper?.title).slice(0, most);
  const words = far ? [] : reasons.filter((r) => r.text && ["term", "author", "keyword", "category"].includes(r.type)).slice(0, most + 1);
  const less = reasons.find((r) => r.type === "disliked" && r.paper?.title);
  const titles = liked.flatMap((r, i) => [i ? " and " : "", el("em", null, readable(r.paper?.title || ""))]);
  const named = words.flatMap((r, i) => [i ? ", " : "", `“${readable(r.text)}”`]);
  const parts = [
    ...(far && most > 1 ? ["Little that you like is near it."] : []),
    ...(liked.length ? ["Because you liked ", ...titles] : []),
    ...(words.length ? [liked.length ? ", and of " : "Because of ", ...named] : []),
    ...(liked.length || words.length ? ["."] : []),
    ...(less && most > 1 ? [" Less so because of ", el("em", null, readable(less.paper?.title || "")), ", which you passed over."] : []),
  ];
  return parts.length > 0 && el("p.why", { title: most === 1 && liked.length > 0 && readable(liked[0].paper?.title || "") }, ...parts);
}

/** The kindred papers. @param {View} v */
function like(v) {
  return el("section.kin", null,
    el("h2", null, "Kindred papers"),
    v.kindred.length > 0 && el("ol", null, ...v.kindred.map((k) => {
      const title = readable(k.title);
      const by = [k.authors.length > 2 ? `${k.authors[0]} et al.` : k.authors.join(", "), k.published.slice(0, 4)].filter(Boolean).join(" · ");
      const mine = marks.filter((m) => since(k.fit, m.kind)).map((m) => m.done.toLowerCase());
      return el("li", { "data-id": k.id },
        k.url ? el("a", { href: k.url, target: "_blank", rel: "noopener noreferrer", "data-kin": "" }, title) : el("span", { "data-kin": "" }, title),
        el("p.meta", null, by && el("span", null, by), el("span.score", { title: "0 is a paper like any other of your corpus, 1 one as near as this paper itself; common words add to it" }, `${k.score.toFixed(2)} alike`),
          k.fit?.state === "scored" && k.fit.fit != null && !since(k.fit, "like") && el("span.score", { title: "Share of papers that fit you less" }, `fits you ${percent(k.fit.fit)} %`),
          mine.length > 0 && el("span.mine", null, mine.join(", "))),
        k.fit?.state === "scored" && !since(k.fit, "like") && why(k.fit, 1));
    })),
    v.note && el("p.soft", { "data-note": "" }, v.note));
}

/**
 * A button that only a person can press: pages can make events, but not ones
 * that are trusted.
 * @param {string} kind @param {Record<string, unknown>} props @param {string | Node[]} label @param {() => void} press
 */
export function button(kind, props, label, press) {
  return el(`button.${kind}`, { type: "button", ...props, click: (/** @type {Event} */ e) => e.isTrusted && press() }, ...(typeof label === "string" ? [label] : label));
}

// The panel beside the page: a small handle at the edge, and what opens from
// it. It lives in a closed shadow root under the document's element, fixed to
// the window, so that the page neither sees, styles nor feels it.

import css from "./panel.css";
import small from "./handle.css";
import shared from "./view.css";
import theme from "./theme.css";
import { el, icon } from "./dom.js";
import { button, draw, percent, since, waiting } from "./view.js";

/** @typedef {import("./look.js").View} View */

/**
 * @param {import("./view.js").Act} act
 */
export function makePanel(act) {
  const { host, root } = closed("panel", theme, small);
  const badge = el("span.badge", { "data-badge": "" });
  // The mark is drawn by the style: the first drawing of a page costs it more than all the rest.
  const handle = button("handle", { "aria-expanded": "false", "data-act": "open", title: "Kindred: what is like this paper" }, [el("span.mark"), badge], () => toggle(true));
  root.append(handle);
  const body = el("div.body");
  // Most pages are left with the panel closed: it is made when it is opened first.
  /** @type {HTMLElement | null} */
  let panel = null;
  const make = () => el("aside.panel", { "aria-label": "Kindred", tabindex: "-1", hidden: true },
    el("header", null, icon("mark"), el("h1", null, "Kindred"),
      button("icon", { "data-act": "options", "aria-label": "Settings", title: "Settings" }, [icon("gear")], () => act("options")),
      button("icon", { "data-act": "close", "aria-label": "Close", title: "Close" }, [icon("close")], () => toggle(false))),
    body);
  // The page's shortcuts are not for what is typed here.
  for (const type of ["keydown", "keyup", "keypress"]) {
    root.addEventListener(type, (e) => {
      e.stopPropagation();
      if (type === "keydown" && /** @type {KeyboardEvent} */ (e).key === "Escape" && panel && !panel.hidden) toggle(false);
    });
  }
  /** @param {boolean} open */
  function toggle(open) {
    if (!panel) {
      style(root, theme, small, shared, css);
      root.append((panel = make()));
    }
    panel.hidden = !open;
    fill();
    handle.hidden = open;
    handle.setAttribute("aria-expanded", String(open));
    (open ? panel : handle).focus({ preventScroll: true });
  }
  /** @type {(() => Node[]) | null} what is to be drawn once somebody looks */
  let undrawn = null;
  function fill() {
    if (!panel || panel.hidden || !undrawn) return;
    const nodes = undrawn();
    undrawn = null;
    body.replaceChildren(...nodes);
  }
  /** @param {() => Node[]} draws */
  function fillWith(draws) {
    undrawn = draws;
    fill();
  }
  /** @type {ReturnType<typeof setTimeout>[]} */
  let timers = [];
  const still = () => timers.forEach(clearTimeout);
  const place = () => host.isConnected || document.documentElement.append(host);
  return {
    host,
    /** A paper is there; what about it is asked. An answer that comes at once spares the page a handle without one. */
    wait() {
      still();
      handle.dataset.state = "waiting";
      badge.textContent = "";
      fillWith(() => [waiting(false)]);
      timers = [setTimeout(place, 400), setTimeout(() => fillWith(() => [waiting(true)]), 3000)];
    },
    /** @param {View} view */
    show(view) {
      still();
      const focused = /** @type {HTMLElement | null} */ (root.activeElement)?.dataset.act;
      handle.dataset.state = view.state;
      const liked = view.state === "ok" && since(view.fit, "like");
      badge.textContent = view.state !== "ok" ? "" : liked ? "♥" : view.fit?.state === "scored" && view.fit.fit != null ? String(percent(view.fit.fit)) : "";
      handle.setAttribute("aria-label", `Kindred${badge.textContent ? `: ${liked ? "liked" : `${badge.textContent} % of papers fit you less`}` : ""}`);
      fillWith(() => draw(view, act));
      // What was pressed was drawn anew, and keeps the focus; an undone "undo" leaves it to its button.
      const back = focused && (body.querySelector(`[data-act="${focused}"]`) || body.querySelector(`[data-act="${view.done.replace("-", "")}"]`));
      if (back) /** @type {HTMLElement} */ (back).focus({ preventScroll: true });
      place();
    },
    remove() {
      still();
      host.remove();
    },
  };
}

/**
 * An element with a closed root. It is a plain div, and not an element of a name
 * of ours, because a page can define what such an element is, and is then told
 * its root, closed or not (ElementInternals).
 * @param {string} name @param {...string} texts its style
 */
export function closed(name, ...texts) {
  const host = el("div", { "data-kindred": name });
  const root = host.attachShadow({ mode: "closed" });
  style(root, ...texts);
  return { host, root };
}

/**
 * Styles a root. Constructed sheets pass every page's policy; where a content
 * script may not share them with the page (Firefox), a style element does.
 * @param {ShadowRoot} root @param {...string} texts
 */
function style(root, ...texts) {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(texts.join("\n"));
    root.adoptedStyleSheets = [sheet];
  } catch {
    root.append(el("style", null, texts.join("\n")));
  }
}

// Sorting a list by its scores, when the reader asks for it: a small handle at
// the edge, as the panel's, that sorts and puts back. Entries change places with
// each other and with nothing else, so headings stay where they are.

import small from "./handle.css";
import theme from "./theme.css";
import { el } from "./dom.js";
import { closed } from "./panel.js";
import { button } from "./view.js";

/** The least entries with different scores that are worth sorting. */
const least = 2;

/**
 * Makes the handle. What is added to it are entries and how well they fit: a share,
 * or what stands for one where the reader has said what he or she thinks.
 * @param {() => void} moved called after entries have changed places
 */
export function makeSorter(moved) {
  const { host, root } = closed("sort", theme, small);
  const handle = button("handle", { "data-act": "sort", "aria-pressed": "false" }, "", () => turn(!sorted));
  root.append(handle);
  /** @type {Map<Element, number>} in the order of the page */
  const fits = new Map();
  let sorted = false;
  label();

  /** @param {boolean} on */
  function turn(on) {
    sorted = on;
    label();
    const all = [...fits].filter(([at]) => at.isConnected).map(([at, fit]) => ({ fit, nodes: unit(at) }));
    // Each list by itself: its entries take the places that they hold together.
    for (const here of Map.groupBy(all, (e) => e.nodes[0].parentElement).values()) {
      const places = here.map((e) => e.nodes[0]).toSorted((a, b) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1)).map((first) => {
        const place = document.createComment("");
        first.before(place);
        return place;
      });
      const order = sorted ? here.toSorted((a, b) => b.fit - a.fit) : here; // stable; here is as listed
      order.forEach((e, i) => places[i].replaceWith(...e.nodes));
    }
    moved();
  }
  function label() {
    handle.textContent = sorted ? "As listed" : "Sort";
    handle.setAttribute("aria-pressed", String(sorted));
    handle.title = sorted ? "Kindred: put the list back as it was" : "Kindred: sort this list by how well the papers fit you";
  }
  return {
    /** @param {Element} at @param {number} fit */
    add(at, fit) {
      fits.set(at, fit);
      if (!host.isConnected && new Set(fits.values()).size >= least) document.documentElement.append(host);
    },
    remove() {
      host.remove();
      fits.clear();
      sorted = false;
      label();
    },
  };
}

/**
 * What changes places for an entry: of a list of definitions the term with its
 * definition, else the outermost element that holds no other entry.
 * @param {Element} at
 * @returns {Element[]}
 */
function unit(at) {
  if (at.localName === "dt") return at.nextElementSibling?.localName === "dd" ? [at, at.nextElementSibling] : [at];
  let card = at;
  while (card.parentElement?.querySelectorAll("article").length === 1) card = card.parentElement;
  return [card];
}

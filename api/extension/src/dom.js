// Building what is shown. Text only ever becomes text.

/**
 * @param {string} tag such as "p.soft"
 * @param {Record<string, unknown> | null} [props] attributes; functions listen
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {HTMLElement}
 */
export function el(tag, props, ...children) {
  const [name, ...classes] = tag.split(".");
  const node = document.createElement(name);
  if (classes.length) node.className = classes.join(" ");
  for (const [k, v] of Object.entries(props || {})) {
    if (typeof v === "function") node.addEventListener(k, /** @type {EventListener} */ (v));
    else if (v !== false && v !== null && v !== undefined) node.setAttribute(k, v === true ? "" : String(v));
  }
  for (const c of children) if (c) node.append(c);
  return node;
}

const paths = {
  mark: "M9 4.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15ZM15 4.5a7.5 7.5 0 1 1 0 15 7.5 7.5 0 0 1 0-15Z",
  like: "M12 20s-7.5-4.6-7.5-10A4.3 4.3 0 0 1 12 7.3 4.3 4.3 0 0 1 19.500 10c0 5.400-7.500 10-7.500 10Z",
  dislike: "M12 4.500a7.500 7.500 0 1 0 0 15 7.500 7.500 0 0 0 0-15ZM6.800 6.800l10.400 10.400",
  save: "M7 4.500h10v15l-5-4-5 4Z",
  close: "M6 6l12 12M18 6 6 18",
  gear: "M4 7h9M17 7h3M4 17h3M11 17h9M15 4.500v5M9 14.500v5",
};

/**
 * A drawing, for the eye only.
 * @param {keyof typeof paths} name
 */
export function icon(name) {
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  for (const [k, v] of Object.entries({ viewBox: "0 0 24 24", width: "18", height: "18", "aria-hidden": "true", class: "icon icon-" + name })) svg.setAttribute(k, v);
  const path = document.createElementNS(ns, "path");
  path.setAttribute("d", paths[name]);
  svg.append(path);
  return svg;
}

// Text of pages and of the server, on its way to a place where people read it
// or where a limit holds.

/**
 * s in one line, without control characters, cut to at most max characters.
 * @param {unknown} s
 * @param {number} max
 * @returns {string}
 */
export function line(s, max) {
  if (typeof s !== "string") return "";
  const some = s.slice(0, 4 * max);
  const flat = /^[ -~]*$/.test(some) // plain text is spared the classes below, which take long to compile
    ? some.replace(/ {2,}/g, " ").trim()
    : some
        .replace(/[\p{Cc}\p{Zs}\p{Zl}\p{Zp}]+/gu, " ")
        .replace(/[\p{Cs}\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu, "") // lone surrogates, and what turns text around
        .trim();
  return flat.length > max ? flat.slice(0, max - 1).replace(/[\ud800-\udbff]$/, "") + "…" : flat;
}

/**
 * The text of an element as a person reads it, MathML and MathJax as TeX.
 * @param {Element | null | undefined} el
 * @param {string} [without] selector of what is left out
 */
export function textOf(el, without = "") {
  if (!el) return "";
  const copy = /** @type {Element} */ (el.cloneNode(true));
  for (const math of copy.querySelectorAll("math")) {
    const tex = math.getAttribute("alttext") || math.querySelector("annotation")?.textContent || math.textContent || "";
    math.replaceWith(`$${tex.trim()}$`);
  }
  for (const tex of copy.querySelectorAll('script[type^="math/tex"]')) tex.replaceWith(`$${(tex.textContent || "").trim()}$`); // MathJax 2 keeps it there
  for (const x of copy.querySelectorAll("script, style, noscript, .MathJax, .MathJax_Preview, mjx-container, [aria-hidden=true]")) x.remove();
  if (without) for (const x of copy.querySelectorAll(without)) x.remove();
  for (const x of copy.querySelectorAll("br, p, div, li")) x.append(" ");
  return copy.textContent || "";
}

/**
 * Text of HTML source such as "<p>An <i>abstract</i></p>". It is parsed in a
 * document of its own, in which nothing runs and nothing is loaded.
 * @param {string} html
 */
export function textOfHTML(html) {
  if (!/[<&]/.test(html)) return html;
  if (!/<\/?[a-z][a-z0-9]*(\s[^<>]*)?\/?>|&(#\d+|#x[0-9a-f]+|[a-z]+);/i.test(html)) return html; // "a<b" is no markup
  return textOf(new DOMParser().parseFromString(html, "text/html").body);
}

/**
 * A day or less in the form of the server: 2025-03-14, 2025-03 or 2025; "" for
 * anything else.
 * @param {string} s such as "2025/03/14", "2025-3", "Dec 20, 2006", "2012 Nov 26"
 */
export function day(s) {
  s = s.trim();
  const months = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
  /** @param {string | undefined} y @param {string | number | undefined} m @param {string | undefined} d */
  const form = (y, m, d) => {
    const month = Number(m || 0), date = Number(d || 0);
    if (!y || y < "1500" || y > "2199" || month > 12 || date > 31) return "";
    return [y, month, date].slice(0, month ? (date ? 3 : 2) : 1).map((n) => String(n).padStart(2, "0")).join("-");
  };
  const name = (/** @type {string} */ m) => months.indexOf(m.slice(0, 3).toLowerCase()) + 1;
  let m = /^(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?(?:$|[T ]\d\d:)/.exec(s);
  if (m) return form(m[1], m[2], m[3]);
  m = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(s); // as PubMed writes it: month first
  if (m) return form(m[3], m[1], m[2]);
  m = /^(\d{4})[ ;,]+([A-Za-z]{3,9})\.?(?:[ ,]+(\d{1,2}))?$/.exec(s);
  if (m && name(m[2])) return form(m[1], name(m[2]), m[3]);
  m = /^([A-Za-z]{3,9})\.?(?: (\d{1,2}))?,? (\d{4})$/.exec(s);
  if (m && name(m[1])) return form(m[3], name(m[1]), m[2]);
  m = /^(\d{1,2}) ([A-Za-z]{3,9})\.? (\d{4})$/.exec(s);
  if (m && name(m[2])) return form(m[3], name(m[2]), m[1]);
  return "";
}

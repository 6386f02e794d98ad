// TeX in titles, made readable: "$\alpha$-Divergences in $\mathbb{R}^n$" is
// "α-Divergences in ℝⁿ". What is not known stays as it is. Not a TeX: titles
// hold little more than letters, accents and indices.

/** @type {Record<string, string>} */
const letters = {
  alpha: "α", beta: "β", gamma: "γ", delta: "δ", epsilon: "ϵ", varepsilon: "ε", zeta: "ζ", eta: "η", theta: "θ", vartheta: "ϑ", iota: "ι",
  kappa: "κ", lambda: "λ", mu: "μ", nu: "ν", xi: "ξ", pi: "π", rho: "ρ", sigma: "σ", tau: "τ", upsilon: "υ", phi: "ϕ", varphi: "φ", chi: "χ",
  psi: "ψ", omega: "ω", Gamma: "Γ", Delta: "Δ", Theta: "Θ", Lambda: "Λ", Xi: "Ξ", Pi: "Π", Sigma: "Σ", Upsilon: "Υ", Phi: "Φ", Psi: "Ψ", Omega: "Ω",
  ell: "ℓ", hbar: "ℏ", infty: "∞", partial: "∂", nabla: "∇", times: "×", cdot: "·", pm: "±", mp: "∓", le: "≤", leq: "≤", ge: "≥", geq: "≥",
  neq: "≠", ne: "≠", approx: "≈", sim: "∼", simeq: "≃", equiv: "≡", propto: "∝", in: "∈", notin: "∉", subset: "⊂", subseteq: "⊆", cup: "∪", cap: "∩",
  to: "→", rightarrow: "→", leftarrow: "←", leftrightarrow: "↔", Rightarrow: "⇒", mapsto: "↦", otimes: "⊗", oplus: "⊕", wedge: "∧", vee: "∨",
  forall: "∀", exists: "∃", emptyset: "∅", sum: "∑", prod: "∏", int: "∫", sqrt: "√", star: "⋆", ast: "∗", circ: "∘", bullet: "•", dagger: "†", prime: "′",
  ll: "≪", gg: "≫", langle: "⟨", rangle: "⟩", ldots: "…", dots: "…", cdots: "⋯", perp: "⊥", parallel: "∥", square: "□", degree: "°", deg: "deg",
  log: "log", ln: "ln", exp: "exp", sin: "sin", cos: "cos", min: "min", max: "max", dim: "dim", ker: "ker", det: "det", lim: "lim", sup: "sup", inf: "inf",
  ss: "ß", ae: "æ", AE: "Æ", oe: "œ", OE: "Œ", o: "ø", O: "Ø", l: "ł", L: "Ł", aa: "å", AA: "Å", i: "ı", j: "ȷ", LaTeX: "LaTeX", TeX: "TeX",
  quad: " ", qquad: " ", left: "", right: "", big: "", Big: "", bigl: "", bigr: "", limits: "", displaystyle: "", textdegree: "°",
};
/** @type {Record<string, string>} */
const accents = { "'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304", ".": "\u0307", c: "\u0327", v: "\u030c", u: "\u0306", H: "\u030b", r: "\u030a", k: "\u0328", acute: "\u0301", grave: "\u0300", bar: "\u0304", hat: "\u0302", tilde: "\u0303", vec: "\u20d7", dot: "\u0307", ddot: "\u0308" };
const plain = "text textrm textbf textit texttt textsc textsf emph mathrm mathbf mathit mathtt mathsf mathsc mathcal mathfrak mathscr boldsymbol bm operatorname mbox hbox rm bf it em sc cal uppercase".split(" ");
/** @type {Record<string, string>} */
const doubled = { A: "𝔸", B: "𝔹", C: "ℂ", D: "𝔻", E: "𝔼", F: "𝔽", G: "𝔾", H: "ℍ", I: "𝕀", K: "𝕂", L: "𝕃", M: "𝕄", N: "ℕ", O: "𝕆", P: "ℙ", Q: "ℚ", R: "ℝ", S: "𝕊", T: "𝕋", V: "𝕍", Z: "ℤ", 1: "𝟙" };
const up = script("0123456789+-=()nibcdefghjklmoprstuvwxyzaTNMRVABDEGHIJKLOPUW∘′∗", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱᵇᶜᵈᵉᶠᵍʰʲᵏˡᵐᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵃᵀᴺᴹᴿⱽᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴼᴾᵁᵂ°′*");
const down = script("0123456789+-=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ");

/** @type {Record<string, string>} */
const escaped = { $: "\ue000", "{": "\ue001", "}": "\ue002", _: "\ue003" };

/** @param {string} from @param {string} to */
function script(from, to) {
  const glyphs = [...to];
  return new Map([...from].map((c, i) => [c, glyphs[i]]));
}

/** @param {string} s @param {Map<string, string>} glyphs @param {string} sign */
function raised(s, glyphs, sign) {
  const out = [...s].map((c) => glyphs.get(c));
  return out.every(Boolean) ? out.join("") : sign + (s.length > 1 ? `(${s})` : s);
}

/**
 * Text with TeX as people read it.
 * @param {string} s
 * @returns {string}
 */
export function readable(s) {
  if (!/[\\$^_{}~`]|''|--/.test(s)) return s;
  let out = s
    .replace(/\\([$&%#_{}])/g, (_, c) => escaped[c] || c) // escaped, so not markup
    .replace(/\\\|/g, "‖")
    .replace(/\\(?:mathbb|mathds)\s*\{?\s*([A-Z1])\s*\}?/g, (all, c) => doubled[c] || c)
    .replace(/\\([`'^"~=.]|(?:[cvuHrk]|acute|grave|bar|hat|tilde|vec|dot|ddot)(?![A-Za-z]))\s*(?:\{\s*\\?([A-Za-zıȷ]?)\s*\}|\\?([A-Za-z]))/g,
      (all, mark, a, b) => (a || b ? ((a || b) + accents[mark]).normalize("NFC") : all));
  for (let i = 0; i < 4; i++) {
    // commands around a group, from the inside out
    out = out.replace(/\\([A-Za-z]+)\s*\{([^{}]*)\}/g, (all, name, inner) => (plain.includes(name) ? inner : name === "sqrt" ? `√(${inner})` : all));
    out = out.replace(/\\frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}/g, "$1/$2");
  }
  out = out.replace(/\\([A-Za-z]+)[ ]?/g, (all, name) => (plain.includes(name) ? "" : Object.hasOwn(letters, name) ? letters[name] + (letters[name].length > 1 && all.endsWith(" ") ? " " : "") : all));
  if (/\$|\^\{|_\{/.test(out)) {
    const index = (/** @type {string} */ t) =>
      t.replace(/\^\s*(?:\{([^{}]*)\}|([^\s{}$\\]))/g, (_, a, b) => raised(a ?? b, up, "\ue004")).replace(/_\s*(?:\{([^{}]*)\}|([^\s{}$\\]))/g, (_, a, b) => raised(a ?? b, down, "\ue003"));
    out = out.replace(/\$\$?(?!\s)([^$]*[^\s$])\$\$?(?!\d)/g, (_, math) => index(math).replace(/\{([^{}]*)\}/g, "$1").trim());
    out = index(out);
  }
  return out
    .replace(/\{([^{}]*)\}/g, "$1").replace(/\{([^{}]*)\}/g, "$1")
    .replace(/\\[,;:! ]/g, " ").replace(/(?<!\\)~/g, "\u00a0")
    .replace(/``|''/g, (q) => (q === "``" ? "“" : "”")).replace(/---/g, "—").replace(/(?<=\w|\s)--(?=\w|\s)/g, "–")
    .replace(/[\ue000-\ue004]/g, (c) => "${}_^"[c.charCodeAt(0) - 0xe000]);
}

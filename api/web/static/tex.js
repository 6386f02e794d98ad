// Formulas in the text of papers. The text is untrusted: it becomes text nodes
// and what KaTeX builds, never markup.

const longest = 2000; // characters of a formula
const untrusted = /\\(href|url|includegraphics|html[A-Za-z]+)/; // no place in a title or an abstract

// split cuts text into pieces {text} and {tex, display, source}. Dollars that
// do not look like the marks of a formula stay text; so does what has no end.
export function split(text) {
  const pieces = [];
  let plain = '';
  const formula = (tex, display, source) => {
    if (plain) pieces.push({ text: plain });
    plain = '';
    pieces.push({ tex, display, source });
  };
  for (let i = 0; i < text.length;) {
    if (text.startsWith('\\$', i)) { // a dollar that says it is one
      plain += '$';
      i += 2;
      continue;
    }
    const found = formulaAt(text, i);
    if (found) {
      formula(text.slice(found.from, found.to), found.display, text.slice(i, found.end));
      i = found.end;
    } else {
      const step = text.startsWith('$$', i) ? 2 : 1;
      plain += text.slice(i, i + step);
      i += step;
    }
  }
  if (plain) pieces.push({ text: plain });
  return pieces;
}

const marks = [['$$', '$$', true], ['\\[', '\\]', true], ['\\(', '\\)', false], ['$', '$', false]];

function formulaAt(text, i) {
  for (const [open, close, display] of marks) {
    if (!text.startsWith(open, i)) continue;
    const from = i + open.length;
    const to = endOf(text, close, from);
    if (to < 0 || to - from > longest || !text.slice(from, to).trim()) return null;
    if (open === '$' && !plausible(text.slice(from, to), text[to + 1])) return null;
    return { from, to, end: to + close.length, display };
  }
  return null;
}

// endOf finds an unescaped close.
function endOf(text, close, from) {
  for (let i = from; i < text.length; i++) {
    if (text.startsWith(close, i)) return i;
    if (text[i] === '\\') i++;
  }
  return -1;
}

// plausible tells "$x$" from "$5 and $6". What holds a sign that only TeX uses
// is a formula; else it must sit close between its dollars, be no prose, and not
// run into a number.
function plausible(tex, next = '') {
  if (/[\\^_{}]/.test(tex.replace(/\\[%&#_$]/g, ''))) return true;
  return !/^\s|\s$/.test(tex) && !/\d/.test(next) && !/[A-Za-z]{2,} +[A-Za-z]{2,}/.test(tex);
}

// typeset replaces the text of el by text with formulas, and keeps what it was
// in data-plain.
export function typeset(el, katex) {
  const inline = el.dataset.tex === 'inline' || !el.matches('p');
  const text = el.textContent;
  const pieces = split(text);
  if (pieces.length === 0 || pieces.length === 1 && pieces[0].text === text) return;
  el.dataset.plain = text;
  el.replaceChildren(...pieces.map((p) => (p.tex === undefined ? p.text : drawn(p, inline, katex))));
}

// drawn is a formula as a node, or its source where KaTeX cannot read it.
function drawn({ tex, display, source }, inline, katex) {
  if (untrusted.test(tex)) return source;
  let tree;
  try {
    tree = katex.__renderToDomTree(tex, {
      displayMode: display && !inline, throwOnError: false, strict: 'ignore', trust: false,
      maxExpand: 200, maxSize: 4, errorColor: 'currentcolor',
    });
  } catch {
    return source;
  }
  if (tree.classes.includes('katex-error')) return source;
  const moved = [];
  unstyle(tree, moved, false);
  const node = tree.toNode();
  for (const el of node.querySelectorAll('[data-style]')) {
    el.style.cssText = moved[el.dataset.style];
    delete el.dataset.style;
  }
  const span = document.createElement('span');
  span.className = 'tex';
  span.append(node);
  return span;
}

// unstyle takes the style attributes out of KaTeX's tree, because the content
// policy forbids them; drawn sets them as properties, which it allows. The few
// in the MathML, which is there to be read aloud, are dropped.
function unstyle(node, moved, mathml) {
  const math = mathml || node.type === 'math' || node.classes?.includes('katex-mathml');
  if (node.attributes?.style) {
    if (!math) {
      node.attributes['data-style'] = String(moved.length);
      moved.push(node.attributes.style);
    }
    delete node.attributes.style;
  }
  for (const child of node.children ?? []) unstyle(child, moved, math);
}

// Keys for those who read a list without a mouse. A person can switch them off.
import { act, undoLast } from './acts.js';

const setting = 'kindred-keys';
const acts = { l: 'like', x: 'dislike', s: 'save' };
let current = null; // the paper that keys act on

export function listen() {
  const help = document.querySelector('[data-help]');
  const box = help.querySelector('[data-keys-on]');
  const open = document.querySelector('[data-keys]');
  box.checked = localStorage.getItem(setting) !== 'off';
  box.addEventListener('change', () => localStorage.setItem(setting, box.checked ? 'on' : 'off'));
  open.hidden = false;
  open.addEventListener('click', () => help.showModal());
  document.addEventListener('focusin', (e) => { current = e.target.closest('[data-id]') ?? current; });
  document.addEventListener('keydown', (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || e.repeat && !'jk'.includes(e.key)) return;
    if (!box.checked || help.open || e.target.closest('input, textarea, select, [contenteditable]')) return;
    if (press(e.key, help)) e.preventDefault();
  });
}

function press(key, help) {
  switch (key) {
    case 'j': return step(1);
    case 'k': return step(-1);
    case 'u': undoLast(); return true;
    case '?': help.showModal(); return true;
    case '/': {
      const box = document.querySelector('input[name=q]');
      box.focus();
      box.select();
      return true;
    }
  }
  if (!Object.hasOwn(acts, key)) return false;
  const paper = here();
  if (paper) act(paper, acts[key]);
  return Boolean(paper);
}

// here is the paper that was last stepped to, or the one that a page is about.
function here() {
  return current?.isConnected ? current : document.querySelector('.whole[data-id]');
}

// step puts the focus on the title of the next or previous paper.
function step(by) {
  const papers = [...document.querySelectorAll('[data-id]')];
  if (!papers.length) return false;
  const at = papers.indexOf(current);
  const to = at < 0 ? papers[0] : papers[at + by];
  if (!to) return true; // at an end
  current = to;
  const title = to.querySelector('[data-title]');
  title.focus({ preventScroll: true });
  to.scrollIntoView({ block: 'nearest' });
  return true;
}

// What the pages do beyond being read. Everything works by the API of this
// server, with the session that the page came with.
import { typeset } from './tex.js';
import { listen as acts } from './acts.js';
import { listen as keys } from './keys.js';
import { listen as pair } from './pair.js';

if (window.katex) for (const el of document.querySelectorAll('[data-tex]')) typeset(el, window.katex);
if (document.documentElement.dataset.user) {
  acts();
  keys();
  pair();
}
if (document.querySelector('[data-live]')) {
  const busy = () => document.hidden || document.activeElement.matches('input') || document.querySelector('dialog[open]');
  setInterval(() => { if (!busy()) location.reload(); }, 5000);
}

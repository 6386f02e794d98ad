// Like, not interested, save and hide, and taking them back.
import { ask, Refusal } from './ask.js';

const paths = { like: 'likes', dislike: 'dislikes', save: 'saved', hide: 'hidden' };
const words = { like: 'Liked', dislike: 'Not interested', save: 'Saved', hide: 'Hidden' };
const undone = { like: 'No longer liked', dislike: 'Of interest again', save: 'No longer saved', hide: 'No longer hidden' };
const opinion = (act) => act !== 'save'; // a later opinion replaces the earlier

let undo = null; // takes the last act back
let last = null; // the paper that it was done to

export function listen() {
  document.addEventListener('click', (e) => {
    const button = e.target.closest('button[data-act]');
    if (button) toggle(button);
  });
}

// act does to a paper what its button does.
export function act(article, name) {
  const button = article.querySelector(`button[data-act="${name}"]`);
  if (button) toggle(button);
}

export function undoLast() {
  if (undo) undo();
  else say('Nothing to undo on this page.');
}

function pressed(article) {
  const out = new Map();
  for (const b of article.querySelectorAll('button[data-act][aria-pressed=true]')) out.set(b.dataset.act, b.dataset.since);
  return out;
}

async function toggle(button) {
  const article = button.closest('[data-id]');
  const name = button.dataset.act;
  const before = pressed(article);
  const on = !before.has(name);
  const heading = article.querySelector('[data-title]');
  const title = heading.dataset.plain ?? heading.textContent;
  await change(article, on ? [[name, undefined]] : [], on ? [] : [name], () => {
    say(`${on ? words[name] : undone[name]}: ${title}`, () => back(article, name, on, before, title));
  });
}

// back restores what stood before name was switched on or off.
async function back(article, name, on, before, title) {
  const put = [];
  if (!on) put.push([name, before.get(name)]);
  else if (opinion(name)) for (const [act, since] of before) if (opinion(act)) put.push([act, since]);
  await change(article, put, on && !put.length ? [name] : [], () => say(`Taken back: ${title}`));
}

// change sends acts to put, each with its time, and acts to delete, and then
// shows what stands.
async function change(article, put, remove, then) {
  if (article.getAttribute('aria-busy') === 'true') return;
  article.setAttribute('aria-busy', 'true');
  last = article;
  const id = encodeURIComponent(article.dataset.id);
  try {
    for (const [act, since] of put) {
      const { json } = await ask('PUT', `${paths[act]}/${id}`, since ? { at: since } : {});
      if (opinion(act)) for (const other of pressed(article).keys()) if (opinion(other)) show(article, other, '');
      show(article, act, json.at);
    }
    for (const act of remove) {
      await ask('DELETE', `${paths[act]}/${id}`);
      show(article, act, '');
    }
    then();
  } catch (err) {
    if (!(err instanceof Refusal)) throw err;
    say(err.message, undo, true);
  } finally {
    article.removeAttribute('aria-busy');
  }
}

// show sets a button, and what is said about the paper.
function show(article, act, since) {
  const button = article.querySelector(`button[data-act="${act}"]`);
  if (button) {
    button.setAttribute('aria-pressed', String(Boolean(since)));
    if (since) button.dataset.since = since;
    else delete button.dataset.since;
  }
  const now = pressed(article);
  article.dataset.opinion = [...now.keys()].find(opinion) ?? '';
  article.querySelector('[data-state]').textContent = '';
}

// say tells what happened, and offers to take it back.
function say(text, takeBack = null, failed = false) {
  const news = document.querySelector('[data-news]');
  const held = news.contains(document.activeElement);
  undo = takeBack;
  const p = document.createElement('p');
  p.textContent = text;
  news.classList.toggle('failed', failed);
  news.replaceChildren(p);
  const add = (label, name, action) => {
    const b = document.createElement('button');
    b.type = 'button';
    b.textContent = label;
    b.dataset.do = name;
    b.addEventListener('click', action);
    news.append(b);
  };
  if (takeBack) add('Undo', 'undo', () => takeBack());
  add('Close', 'close', () => {
    news.replaceChildren();
    last?.querySelector('[data-title]').focus({ preventScroll: true });
  });
  if (held) news.lastChild.focus();
}

// The pairing code: asked for by a button, shown until it ends.
import { ask, Refusal } from './ask.js';

export function listen() {
  const button = document.querySelector('[data-pair-make]');
  if (!button) return;
  const code = document.querySelector('[data-pair-code]');
  const left = document.querySelector('[data-pair-left]');
  let timer;
  button.addEventListener('click', async () => {
    clearInterval(timer);
    button.disabled = true;
    code.textContent = left.textContent = '';
    try {
      const { json, response } = await ask('POST', 'pairing', {});
      const ahead = Date.parse(response.headers.get('Date')) - Date.now(); // the server's clock, to a second
      const ends = Date.parse(json.expires) - (Math.abs(ahead) > 5000 ? ahead : 0);
      code.textContent = json.code;
      const tick = () => {
        const secs = Math.ceil((ends - Date.now()) / 1000);
        if (secs > 0) {
          left.textContent = `Good for ${Math.floor(secs / 60)}:${String(secs % 60).padStart(2, '0')}`;
          return;
        }
        clearInterval(timer);
        code.textContent = 'This code has ended. Make another.';
        left.textContent = '';
      };
      tick();
      timer = setInterval(tick, 1000);
      button.textContent = 'Make another code';
    } catch (err) {
      if (!(err instanceof Refusal)) throw err;
      code.textContent = err.message;
    } finally {
      button.disabled = false;
      button.focus();
    }
  });
}

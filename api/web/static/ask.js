// One request to the API, for the person whose page this is.

// A Refusal has a message that a person can read.
export class Refusal extends Error {}

// ask sends JSON, and returns what is answered and the response.
export async function ask(method, path, body) {
  const user = encodeURIComponent(document.documentElement.dataset.user);
  const init = { method, headers: {} };
  if (body !== undefined) {
    init.headers['Content-Type'] = 'application/json';
    init.body = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(`/v1/users/${user}/${path}`, init);
  } catch {
    throw new Refusal('The server cannot be reached. Is it running?');
  }
  const json = response.status === 204 ? null : await response.json().catch(() => null);
  if (response.ok) return { json, response };
  if (json?.code === 'session_required' || response.status === 401) {
    throw new Refusal('Your session has ended. Load this page again.');
  }
  throw new Refusal(json?.detail || json?.title || `The server answered ${response.status}.`);
}

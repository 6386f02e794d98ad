// What is said when there is nothing to show: one heading, one sentence that
// says what to do, perhaps one button. What stands in `…` is to be typed.

/** @type {Record<string, {title: string, text: string, act?: "options" | "retry"}>} */
export const states = {
  unpaired: { title: "Not paired yet", text: "Kindred does nothing until you connect it with the server on your machine.", act: "options" },
  unreachable: { title: "Kindred is not answering", text: "Nothing answers at {server}. Start it with `kindred serve`.", act: "retry" },
  wrong_port: { title: "Another port", text: "Nothing answers at {server}, but a Kindred does at {detail}. Change the address.", act: "options" },
  not_kindred: { title: "That is not Kindred", text: "Something answers at {server}, but it is not a Kindred server. Check the address and port.", act: "options" },
  wrong_host: { title: "The server refuses this name", text: "A Kindred answers at {server}, but not to this name. Use the address that it printed when it started.", act: "options" },
  version: { title: "The versions do not fit", text: "The Kindred at {server} speaks another version than this extension. Update the older of the two.", act: "retry" },
  revoked: { title: "Pair again", text: "The server no longer knows this browser: its token was revoked, has expired, or is of another server.", act: "options" },
  permission: { title: "Permission missing", text: "The browser does not let this extension reach {server}. Allow it in the settings.", act: "options" },
  starting: { title: "Starting", text: "Kindred is loading its papers. This takes a moment.", act: "retry" },
  slow: { title: "No answer in time", text: "Kindred at {server} is there but slow: its embedder may be loading. Try again in a moment.", act: "retry" },
  failed: { title: "Something went wrong", text: "The server failed. Its log says why. {detail}", act: "retry" },
  refused: { title: "The server said no", text: "{detail}", act: "retry" },
  off: { title: "Turned off here", text: "Kindred looks at the pages of this site only if you turn it on.", act: "options" },
  none: { title: "No paper here", text: "This page does not say which paper it is about." },
  closed: { title: "No look at this page", text: "The browser lets no extension read this page, and its address names no paper." },
};

/**
 * The sentences of a state.
 * @param {string} state @param {{server?: string, detail?: string}} with_
 */
export function say(state, { server = "", detail = "" }) {
  const s = states[state] || states.failed;
  return { ...s, text: s.text.replace("{server}", () => server || "the server's address").replace("{detail}", () => detail).trim() };
}

// What is run in a tab by a click: says which paper it shows. Its result is
// that of its last line, which build.js writes.
export { recognise } from "./recognise.js";

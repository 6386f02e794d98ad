// Builds dist/chrome and dist/firefox from src and static; with --zip also a zip
// of each, the same bytes every time.
import { build } from "esbuild";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32, deflateRawSync } from "node:zlib";
import { manifest } from "./manifest.js";

const root = import.meta.dirname;

/**
 * Builds both extensions under dir.
 * @param {string} [dir]
 * @returns {Promise<{chrome: string, firefox: string}>} the folders
 */
export async function buildAll(dir = join(root, "dist")) {
  await rm(dir, { recursive: true, force: true });
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const out = { chrome: join(dir, "chrome"), firefox: join(dir, "firefox") };
  for (const browser of /** @type {const} */ (["chrome", "firefox"])) {
    await mkdir(out[browser], { recursive: true });
    /** @type {import("esbuild").BuildOptions} */
    const common = {
      outdir: out[browser], bundle: true, format: "iife", target: ["chrome123", "firefox142"], charset: "utf8", legalComments: "none",
      loader: { ".css": "text" }, logLevel: "warning",
    };
    const source = (/** @type {string} */ name) => join(root, "src", name + ".js");
    await build({ ...common, entryPoints: ["worker", "content", "popup", "options"].map(source) });
    await build({ ...common, entryPoints: [source("reader")], globalName: "kindred", footer: { js: "kindred.recognise(location.href, document);" } });
    await cp(join(root, "static"), out[browser], { recursive: true, filter: (name) => !name.endsWith(".svg") });
    await writeFile(join(out[browser], "manifest.json"), JSON.stringify(manifest(browser, version), null, 2) + "\n");
  }
  return out;
}

/**
 * A zip of a folder: names in order, no times, so that the same files give the
 * same bytes.
 * @param {string} dir
 * @returns {Promise<Buffer>}
 */
export async function zip(dir) {
  const names = (await readdir(dir, { recursive: true, withFileTypes: true })).filter((e) => e.isFile())
    .map((e) => join(e.parentPath ?? e.path, e.name).slice(dir.length + 1).replaceAll("\\", "/")).sort();
  const files = [], directory = [];
  let at = 0;
  for (const name of names) {
    const raw = await readFile(join(dir, name)), packed = deflateRawSync(raw, { level: 9 }), path = Buffer.from(name);
    const head = Buffer.alloc(26); // from "version needed" to "extra length", shared by both records
    head.writeUInt16LE(20, 0);
    head.writeUInt16LE(0x800, 2); // names are UTF-8
    head.writeUInt16LE(8, 4); // deflate
    head.writeUInt16LE(33, 8); // the first day that zip can say: 1980-01-01
    head.writeUInt32LE(crc32(raw), 10);
    head.writeUInt32LE(packed.length, 14);
    head.writeUInt32LE(raw.length, 18);
    head.writeUInt16LE(path.length, 22);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(at, 10);
    files.push(Buffer.from("PK\x03\x04", "latin1"), head, path, packed);
    directory.push(Buffer.from("PK\x01\x02\x14\x00", "latin1"), head, tail, path);
    at += 30 + path.length + packed.length;
  }
  const end = Buffer.alloc(22), size = directory.reduce((n, b) => n + b.length, 0);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(names.length, 8);
  end.writeUInt16LE(names.length, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...files, ...directory, end]);
}

if (process.argv[1] === import.meta.filename) {
  const out = await buildAll();
  for (const [browser, dir] of Object.entries(out)) {
    if (process.argv.includes("--zip")) await writeFile(`${dir}.zip`, await zip(dir));
    console.log(`${browser}: ${dir}${process.argv.includes("--zip") ? ` and ${dir}.zip` : ""}`);
  }
}

// A web server with TLS on this machine, for pages that attack: the browser
// reaches it under any name by --host-resolver-rules. Its certificate is made
// when it starts, by openssl, and trusted by nobody.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import https from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/**
 * @param {(url: string) => Promise<string | undefined> | string | undefined} page what is at an address; undefined: nothing
 */
export async function startTLS(page) {
  const dir = await mkdtemp(join(tmpdir(), "kindred-tls-"));
  const [key, cert] = [join(dir, "key.pem"), join(dir, "cert.pem")];
  await promisify(execFile)("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=attack.example", "-keyout", key, "-out", cert]);
  const s = https.createServer({ key: await readFile(key), cert: await readFile(cert) }, async (q, r) => {
    const body = await page(`https://${q.headers.host}${q.url}`);
    r.writeHead(body === undefined ? 404 : 200, { "Content-Type": "text/html; charset=utf-8" }).end(body);
  });
  await rm(dir, { recursive: true });
  s.listen(0, "127.0.0.1");
  await once(s, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (s.address());
  return { port, close: () => (s.closeAllConnections(), s.close()) };
}

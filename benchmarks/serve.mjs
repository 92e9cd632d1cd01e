// Serves a folder as a good host does: HTTP/2 over TLS, compressed. In plain HTTP/1.1 the
// simulation would save the handshake of TLS and pay a connection for every file.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import http2 from "node:http2";
import path from "node:path";
import zlib from "node:zlib";

const TYPES = {
  ".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml",
  ".json": "application/json", ".xml": "application/xml", ".txt": "text/plain",
};
const QUALITY = { [zlib.constants.BROTLI_PARAM_QUALITY]: 5 };

// The server on a free port, and the addresses of its pages.
export async function serve(folder, host, keys) {
  const answers = new Map();
  for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    const url = "/" + path.relative(folder, file).replace(/(^|\/)index\.html$/, "$1");
    if (entry.isFile()) answers.set(url, answer(file));
  }
  const server = http2.createSecureServer(certificate(host, keys));
  server.on("stream", (stream, headers) => {
    const url = headers[":path"].split("?")[0];
    const [body, about] = answers.get(url) ?? answers.get("/404.html");
    stream.respond({ ":status": answers.has(url) ? 200 : 404, ...about });
    stream.end(body);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { server, pages: [...answers.keys()].filter((url) => /(\/|\.html)$/.test(url)) };
}

function answer(file) {
  const body = fs.readFileSync(file);
  const type = TYPES[path.extname(file)];
  if (!type) return [body, { "content-type": "application/octet-stream" }];
  const about = { "content-type": `${type}; charset=utf-8`, "content-encoding": "br" };
  return [zlib.brotliCompressSync(body, { params: QUALITY }), about];
}

function certificate(host, folder) {
  const [key, cert] = ["key.pem", "cert.pem"].map((name) => path.join(folder, name));
  execFileSync("openssl", [
    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
    "-subj", `/CN=${host}`, "-keyout", key, "-out", cert,
  ], { stdio: "ignore" });
  return { key: fs.readFileSync(key), cert: fs.readFileSync(cert) };
}

import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { extname, join, normalize } from "node:path";
import type { Outcome } from "./host.ts";

const types: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

export interface Site {
  readonly folder: string;
  /** Of every answer; default: none, so that pages are not isolated. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Answers with `index.html` for files that do not exist, as servers of single-page applications do. */
  readonly fallback?: boolean;
  /** The path of a file whose contents never arrive. */
  readonly stalled?: string;
}

export interface Server extends AsyncDisposable {
  readonly url: string;
  /** What the page posts to `/outcome`. */
  readonly outcome: Promise<Outcome>;
}

/** A static server of one folder, on a port of its own. */
export async function serve(site: Site): Promise<Server> {
  const { promise: outcome, resolve } = Promise.withResolvers<Outcome>();
  const server = createServer((request, response) => {
    if (request.method === "POST") void json(request).then((body) => response.end(resolve(body as Outcome)));
    else void answer(site, request, response);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    outcome,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

async function answer(site: Site, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? "/", "http://localhost");
  const name = normalize(pathname === "/" ? "/index.html" : pathname);
  const file = await readFile(join(site.folder, name)).catch(() => undefined);
  const page = file === undefined && site.fallback === true ? "/index.html" : name;
  const body = file ?? (page === name ? undefined : await readFile(join(site.folder, page)));
  const type = types[extname(page)] ?? "application/octet-stream";
  response.writeHead(body === undefined ? 404 : 200, { ...site.headers, "content-type": type });
  if (name === site.stalled) response.flushHeaders();
  else response.end(body ?? "not found");
}

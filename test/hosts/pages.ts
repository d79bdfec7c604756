// Pages of browsers, what pages start, and extensions.
import type { Browsers, HostBrowser } from "./browsers.ts";
import { within, type Host, type Outcome } from "./host.ts";
import type { BuildName, Sites } from "./sites.ts";

interface Page {
  readonly way: string;
  readonly build?: BuildName;
  /** The guest program of the page; default: the one that loads the model. */
  readonly start?: string;
  /** A content security policy. */
  readonly policy?: string;
}

/** All that `load` needs, and the empty icon of the page. */
const only = (scripts: string): string =>
  `default-src 'none'; script-src ${scripts}; connect-src 'self'; img-src data:`;

/** No page is isolated (COOP and COEP): the model needs no shared memory. */
const pages: readonly Page[] = [
  { way: "page" },
  { way: "module Worker", start: "start-worker.mjs" },
  { way: "SharedWorker", start: "start-shared-worker.mjs" },
  { way: "page, `script-src 'self' 'wasm-unsafe-eval'`", policy: only("'self' 'wasm-unsafe-eval'") },
  { way: "page, `script-src 'self'`, `--target js`", policy: only("'self'"), build: "js" },
];

export const pageHosts = (sites: Sites, { chromium, firefox }: Browsers): Host[] => [
  ...[chromium, firefox].flatMap((engine) => pages.map((page) => pageHost(sites, engine, page))),
  {
    engine: chromium,
    way: "service worker of an extension",
    expects: "hash",
    run: () => runExtension(chromium, sites.make("extension")),
  },
];

const pageHost = (sites: Sites, engine: HostBrowser, { way, build, start, policy }: Page): Host => ({
  engine,
  way,
  expects: "hash",
  run: () =>
    engine.visit({
      folder: sites.make("page", build, start),
      ...(policy !== undefined && { headers: { "content-security-policy": policy } }),
    }),
});

async function runExtension(engine: HostBrowser, folder: string): Promise<Outcome> {
  const browser = await engine.open();
  const id = await browser.installExtension(folder);
  const target = await browser.waitForTarget((one) => one.type() === "service_worker" && one.url().includes(id));
  const worker = await target.worker();
  const read = (): Promise<Outcome> => (globalThis as unknown as { readonly outcome: Promise<Outcome> }).outcome;
  if (worker === null) throw new Error("the extension has no service worker");
  return within(60, worker.evaluate(read)).finally(() => browser.uninstallExtension(id));
}

// What goes wrong between a build and its host. Each case is one error, which says what is wrong.
import { copyFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browsers } from "./browsers.ts";
import { ownNode } from "./command-lines.ts";
import type { Expectation, Host } from "./host.ts";
import type { Site } from "./server.ts";
import type { Sites } from "./sites.ts";

interface Fault {
  readonly way: string;
  readonly expects: Expectation;
  readonly damage?: (site: string, sites: Sites) => void;
  /** How the server answers. */
  readonly answers?: Omit<Site, "folder">;
}

const codeOf = (site: string): string => join(site, "model/module.wasm");

const mixed: Fault = {
  way: "files of two builds",
  expects: { code: "E0802", message: /of different builds[\s\S]*a cache may hold a file of an earlier build/ },
  damage: (site, sites) => copyFileSync(join(sites.build("other"), "module.wasm"), codeOf(site)),
};

const missing: Fault = {
  way: "a missing file",
  expects: { code: "E0806", message: /cannot load \S*module\.wasm: .*(status 404|no such file)/ },
  damage: (site) => rmSync(codeOf(site)),
};

const isPage = { code: "E0806", message: /cannot load \S*module\.wasm: it is an HTML page; the file is not there/ };

/** What the server of a single-page application answers for files that do not exist. */
const answeredPage: Fault = {
  way: "a page in place of a file, status 200",
  expects: isPage,
  damage: (site) => rmSync(codeOf(site)),
  answers: { fallback: true },
};

const storedPage: Fault = {
  way: "a page in place of a file",
  expects: isPage,
  damage: (site) => writeFileSync(codeOf(site), "<!doctype html><title>not found</title>"),
};

const forbidden: Fault = {
  way: "a policy that forbids WebAssembly",
  expects: { code: "E0802", message: /allow 'wasm-unsafe-eval'.* or build with --target js/ },
  answers: { headers: { "content-security-policy": "script-src 'self'" } },
};

const aborted: Fault = {
  way: "an aborted load",
  expects: { code: "AbortError", message: /abort/ },
  damage: (site) => passSignal(site, "AbortSignal.abort()"),
};

const abortedLater: Fault = {
  way: "a load that is aborted while a file arrives",
  expects: { code: "TimeoutError", message: /time/ },
  damage: (site) => passSignal(site, "AbortSignal.timeout(200)"),
  answers: { stalled: "/model/module.wasm" },
};

const passSignal = (site: string, signal: string): void =>
  writeFileSync(join(site, "options.mjs"), `export const options = { signal: ${signal} };\n`);

export const faultHosts = (sites: Sites, { chromium, firefox }: Browsers): Host[] => [
  ...[mixed, missing, storedPage, aborted].map(({ way, expects, damage }) => ({
    engine: ownNode,
    way,
    expects,
    run: () => ownNode.run("print.mjs", damaged(sites, damage)),
  })),
  ...[chromium, firefox].flatMap((engine) =>
    [mixed, missing, answeredPage, forbidden, aborted, abortedLater].map(({ way, expects, damage, answers }) => ({
      engine,
      way,
      expects,
      run: () => engine.visit({ folder: damaged(sites, damage), ...answers }),
    })),
  ),
];

function damaged(sites: Sites, damage: Fault["damage"]): string {
  const site = sites.make("fault");
  damage?.(site, sites);
  return site;
}

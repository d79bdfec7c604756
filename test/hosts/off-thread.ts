// `loadInWorker`: the model in a worker that its client starts.
import type { Browsers } from "./browsers.ts";
import { commandLines } from "./command-lines.ts";
import type { Host } from "./host.ts";
import type { BuildName, Sites } from "./sites.ts";

interface Page {
  readonly way: string;
  readonly build: BuildName;
  readonly policy: string;
}

const pages: readonly Page[] = [
  { way: "`loadInWorker`", build: "wasm", policy: "script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'" },
  { way: "`loadInWorker`, `--target js`", build: "js", policy: "script-src 'self'; worker-src 'self'" },
  {
    way: "`loadInWorker`, `--inline`",
    build: "inline",
    policy: "script-src 'self' 'wasm-unsafe-eval'; worker-src data:",
  },
];

export const offThreadHosts = (sites: Sites, { chromium, firefox }: Browsers): Host[] => [
  ...commandLines.map((engine) => ({
    engine,
    way: "command line, `loadInWorker`",
    expects: "hash" as const,
    run: () => engine.run("client-print.mjs", sites.make("off-thread")),
  })),
  ...[chromium, firefox].flatMap((engine) =>
    pages.map(({ way, build, policy }) => ({
      engine,
      way,
      expects: "hash" as const,
      run: () =>
        engine.visit({
          folder: sites.make("off-thread", build, "client-main.mjs"),
          headers: { "content-security-policy": policy },
        }),
    })),
  ),
];

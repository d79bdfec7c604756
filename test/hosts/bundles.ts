// Production builds of bundlers, each opened in both browsers.
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rspack } from "@rspack/core";
import { build as esbuild } from "esbuild";
import { rolldown } from "rolldown";
import { rollup } from "rollup";
import { build as vite } from "vite";
import webpack from "webpack";
import type { Browsers } from "./browsers.ts";
import type { Host } from "./host.ts";
import { versionOf } from "./installed.ts";
import { pageOf, type BuildName, type Sites } from "./sites.ts";

interface Bundler {
  readonly name: string;
  /** The name of the package. */
  readonly from: string;
  /** Those that do not copy the files of `new URL("./file", import.meta.url)` need a build that is one file. */
  readonly build: BuildName;
  /** Bundles the page of a site, or its program `main.mjs` as `bundle.js`, into another folder. */
  bundle(site: string, out: string): Promise<unknown>;
}

/** The part of webpack's interface that Rspack shares. */
interface Compiled {
  hasErrors(): boolean;
  toString(): string;
}

export type Pack = (options: object, done: (error: Error | null, stats?: Compiled) => void) => unknown;

/** webpack and Rspack, with a configuration. */
export const packed =
  (pack: Pack, config: object = {}): Bundler["bundle"] =>
  (site, out) =>
    new Promise((resolve, reject) => {
      const output = { path: out, filename: "bundle.js" };
      pack({ ...config, mode: "production", context: site, entry: "./main.mjs", output }, (error, stats) =>
        stats === undefined || stats.hasErrors() ? reject(error ?? new Error(String(stats))) : resolve(stats),
      );
    });

const bundlers: readonly Bundler[] = [
  {
    name: "Vite",
    from: "vite",
    build: "wasm",
    bundle: (root, outDir) => vite({ root, base: "./", configFile: false, logLevel: "error", build: { outDir } }),
  },
  { name: "webpack", from: "webpack", build: "wasm", bundle: packed(webpack as unknown as Pack) },
  { name: "Rspack", from: "@rspack/core", build: "wasm", bundle: packed(rspack as unknown as Pack) },
  {
    name: "esbuild",
    from: "esbuild",
    build: "inline",
    bundle: (site, out) =>
      esbuild({
        entryPoints: [join(site, "main.mjs")],
        outfile: join(out, "bundle.js"),
        bundle: true,
        minify: true,
        format: "esm",
      }),
  },
  {
    name: "Rollup",
    from: "rollup",
    build: "inline",
    bundle: async (site, out) => {
      await using bundle = await rollup({ input: join(site, "main.mjs") });
      await bundle.write({ file: join(out, "bundle.js"), format: "es" });
    },
  },
  {
    name: "Rolldown",
    from: "rolldown",
    build: "inline",
    bundle: async (site, out) => {
      await using bundle = await rolldown({ input: join(site, "main.mjs") });
      await bundle.write({ file: join(out, "bundle.js"), format: "es", minify: true });
    },
  },
];

/** The programs that are bundled. */
const programs = [
  { start: "main.mjs", way: "" },
  { start: "client-main.mjs", way: ", `loadInWorker`" },
] as const;

export const bundleHosts = (sites: Sites, { chromium, firefox }: Browsers): Host[] =>
  bundlers.flatMap((bundler) =>
    programs.flatMap(({ start, way }) => {
      const { name, from, build } = bundler;
      let bundled: Promise<string> | undefined;
      return [chromium, firefox].map((engine) => ({
        engine,
        way: `${name} ${versionOf(from)}${build === "inline" ? ", `--inline`" : ""}${way}`,
        expects: "hash" as const,
        run: async () => engine.visit({ folder: await (bundled ??= bundle(sites, bundler, start)) }),
      }));
    }),
  );

async function bundle(sites: Sites, { build, bundle: run }: Bundler, start: string): Promise<string> {
  const [site, out] = [sites.make("unbundled", build), sites.empty("bundled")];
  if (start !== "main.mjs") copyFileSync(join(site, start), join(site, "main.mjs"));
  writeFileSync(join(out, "index.html"), pageOf("bundle.js"));
  await run(site, out);
  return out;
}

// `import net from "./net.dl"`: production builds of bundlers with the plugin, each opened in both browsers. The
// configurations are those of examples/bundlers.
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rspack } from "@rspack/core";
import { build as esbuild } from "esbuild";
import { rolldown } from "rolldown";
import { rollup } from "rollup";
import { build as vite } from "vite";
import webpack from "webpack";
import type { Browsers } from "./browsers.ts";
import { packed, type Pack } from "./bundles.ts";
import type { Host } from "./host.ts";
import { versionOf } from "./installed.ts";
import { model, pageOf, type Sites } from "./sites.ts";

interface Bundler {
  readonly name: string;
  /** The name of the package. */
  readonly from: string;
  readonly config: string;
  /** Bundles the page of a site, or its program `main.mjs` as `main.js`, into another folder. */
  bundle(config: object, site: string, out: string): Promise<unknown>;
}

const root = new URL("../../", import.meta.url);

export const configOf = async (name: string): Promise<object> =>
  ((await import(new URL(`examples/bundlers/${name}.config.js`, root).href)) as { readonly default: object }).default;

const bundlers: readonly Bundler[] = [
  {
    name: "Vite",
    from: "vite",
    config: "vite",
    bundle: (config, site, outDir) =>
      vite({ ...config, root: site, base: "./", configFile: false, logLevel: "error", build: { outDir } }),
  },
  {
    name: "webpack",
    from: "webpack",
    config: "webpack",
    bundle: (config, site, out) => packed(webpack as unknown as Pack, config)(site, out),
  },
  {
    name: "Rspack",
    from: "@rspack/core",
    config: "rspack",
    bundle: (config, site, out) => packed(rspack as unknown as Pack, config)(site, out),
  },
  {
    name: "esbuild",
    from: "esbuild",
    config: "esbuild",
    bundle: (config, site, outdir) =>
      esbuild({ ...config, entryPoints: { bundle: join(site, "main.mjs") }, outdir, minify: true }),
  },
  {
    name: "Rollup",
    from: "rollup",
    config: "rollup",
    bundle: async (config, site, dir) => {
      await using bundle = await rollup({ ...config, input: { bundle: join(site, "main.mjs") } });
      await bundle.write({ dir, format: "es" });
    },
  },
  {
    name: "Rolldown",
    from: "rolldown",
    config: "rolldown",
    bundle: async (config, site, dir) => {
      await using bundle = await rolldown({ ...config, input: { bundle: join(site, "main.mjs") } });
      await bundle.write({ dir, format: "es", minify: true });
    },
  },
];

export const pluggedHosts = (sites: Sites, { chromium, firefox }: Browsers): Host[] =>
  bundlers.flatMap((bundler) => {
    let bundled: Promise<string> | undefined;
    return [chromium, firefox].map((engine) => ({
      engine,
      way: `${bundler.name} ${versionOf(bundler.from)} with the plugin`,
      expects: "hash" as const,
      run: async () => engine.visit({ folder: await (bundled ??= bundle(sites, bundler)) }),
    }));
  });

async function bundle(sites: Sites, { config, bundle: run }: Bundler): Promise<string> {
  const [site, out] = [sites.make("plugged"), sites.empty("bundled")];
  mkdirSync(join(site, "node_modules"));
  copyFileSync(new URL(model, root), join(site, "lenet.dl"));
  copyFileSync(join(site, "plugged.mjs"), join(site, "main.mjs"));
  writeFileSync(join(out, "index.html"), pageOf("bundle.js"));
  await run(await configOf(config), site, out);
  return out;
}

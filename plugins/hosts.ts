import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, resolve } from "node:path";
import type { UnpluginContextMeta } from "unplugin";
import { emit, type Host } from "./host.ts";
import { isModel } from "./model-id.ts";
import { assetScheme, besideModel, emitted, imported } from "./placement.ts";
import { viteHost } from "./vite-host.ts";

export function hostOf(meta: UnpluginContextMeta): Host {
  switch (meta.framework) {
    case "vite":
      return viteHost();
    case "webpack":
      return packHost(meta.webpack.compiler.options.mode);
    case "rspack":
      return packHost(meta.rspack.compiler.options.mode);
    case "esbuild":
      return esbuildHost();
    default:
      return rollupHost;
  }
}

const rollupHost: Host = {
  complete: (options) => options,
  placement: (model, context) => emitted(model, emit(context)),
  showsFrame: true,
  hooks: {
    // They look for a file with the query in its name.
    resolveId(source, importer) {
      const [path = "", query] = source.split("?");
      if (query === undefined || !isModel(source) || !(path.startsWith(".") || isAbsolute(path))) return null;
      return `${resolve(dirname(importer ?? "."), path)}?${query}`;
    },
  },
};

const packHost = (mode: string | undefined): Host => ({
  complete: (options) => ({ full: mode === "development", ...options }),
  placement: (model) => besideModel(model),
  showsFrame: false,
  hooks: {},
});

/** The part of esbuild's interface that is used here; its types are there only where it is installed. */
interface Esbuild {
  readonly initialOptions: { readonly format?: string; readonly platform?: string };
  onResolve(of: { filter: RegExp }, answer: (request: { readonly path: string }) => object): void;
  onLoad(
    of: { filter: RegExp; namespace: string },
    answer: (request: { readonly path: string }) => Promise<object>,
  ): void;
}

function esbuildHost(): Host {
  let modules = true;
  return {
    // Elsewhere `import.meta.url` is undefined.
    complete: (options) => (modules ? options : { ...options, inline: true }),
    placement: (model) => imported(model),
    showsFrame: false,
    forgetsModule: true,
    hooks: {
      esbuild: {
        setup(build: Esbuild) {
          const { format, platform } = build.initialOptions;
          modules = format === "esm" || (format === undefined && platform === "neutral");
          build.onResolve({ filter: new RegExp(`^${assetScheme}`) }, ({ path }) => ({
            path: path.slice(assetScheme.length),
            namespace: "dlc",
          }));
          build.onLoad({ filter: /.*/, namespace: "dlc" }, async ({ path }) => ({
            contents: await readFile(path),
            loader: "file",
          }));
        },
      },
    },
  };
}

import { decode, encode } from "@jridgewell/sourcemap-codec";
import { rolldown, type OutputChunk, type Plugin } from "rolldown";
import { generatedModules } from "./generated.ts";
import { root, type Entries } from "./manifest.ts";

export interface CodeFile {
  readonly path: string;
  readonly text: string;
}

export interface BundledCode {
  readonly files: readonly CodeFile[];
  /** Folders of the packages whose code is in the files. */
  readonly packages: readonly string[];
}

/**
 * All entries as one graph of minified ES modules, so that what two of them use is in the package once. Dynamic imports
 * become chunks, so that a command loads only what it needs.
 */
export async function bundledCode(entries: Entries, external: readonly string[]): Promise<BundledCode> {
  const build = await rolldown({
    cwd: root,
    input: { ...entries },
    external: [/^node:/, ...external.map((name) => new RegExp(`^${name}(/|$)`))],
    platform: "neutral",
    resolve: { mainFields: ["module", "main"] },
    plugins: [replaced(await generatedModules())],
  });
  const { output } = await build.generate({
    format: "esm",
    minify: true,
    sourcemap: true,
    chunkFileNames: "chunks/[name]-[hash].js",
    entryFileNames: "[name].js",
  });
  await build.close();
  const chunks = output.filter((file) => file.type === "chunk");
  return { files: chunks.flatMap(withMap), packages: packagesIn(chunks.flatMap((chunk) => chunk.moduleIds)) };
}

const replaced = (texts: ReadonlyMap<string, string>): Plugin => ({
  name: "generated-modules",
  load: (id) => texts.get(id.slice(root.length)) ?? null,
});

function withMap({ fileName, code, map }: OutputChunk): CodeFile[] {
  // A chunk of re-exports alone has no map.
  if (map === null) return [{ path: fileName, text: code }];
  const sources = map.sources.map((source) => source?.replace(/^(\.\.\/)+/, ""));
  const coarse = {
    version: 3,
    file: map.file,
    sourceRoot: "dlc:///",
    sources,
    names: [],
    mappings: byLine(map.mappings),
  };
  return [
    { path: fileName, text: code },
    { path: `${fileName}.map`, text: JSON.stringify(coarse) },
  ];
}

/**
 * Keeps the mappings at which the source line changes, and no names: what a stack trace needs, in a fifth of the size.
 */
function byLine(mappings: string): string {
  return encode(
    decode(mappings).map((line) => {
      let last = "";
      return line.flatMap(([column, source, sourceLine, sourceColumn]) => {
        const here = `${source}:${sourceLine}`;
        if (source === undefined || sourceLine === undefined || sourceColumn === undefined || here === last) return [];
        last = here;
        return [[column, source, sourceLine, sourceColumn]];
      });
    }),
  );
}

const packagesIn = (modules: readonly string[]): readonly string[] =>
  [...new Set(modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? []))].toSorted();

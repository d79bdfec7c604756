import { basename, dirname, extname, relative } from "node:path";
import { pathToFileURL } from "node:url";
import type { DataFile } from "../cli/build/artefact.ts";
import { cached } from "./cache.ts";

/** How a bundler takes the files of a model: the expression for the URL of one, and what the module begins with. */
export interface Placement {
  urlOf(file: DataFile): string;
  imports(): string;
}

const placement = (urlOf: Placement["urlOf"]): Placement => ({ urlOf, imports: () => "" });

/** `net.wasm`, `net.strict.wasm`, `net.safetensors`, for `module.wasm` and so on. */
const nameFor = (model: string, { name }: DataFile): string =>
  name.replace(/^(module|weights)/, basename(model, extname(model)));

const slashed = (path: string): string => path.replaceAll("\\", "/");

/** Rollup, Rolldown and the builds of Vite: assets, whose URLs they write relative to the chunk. */
export const emitted = (model: string, emit: (name: string, source: Uint8Array) => string): Placement =>
  placement((file) => `new URL(import.meta.ROLLUP_FILE_URL_${emit(nameFor(model, file), file.bytes)})`);

/** webpack and Rspack find `new URL("./file", import.meta.url)`, and make an asset of the file. */
export const besideModel = (model: string): Placement =>
  placement((file) => {
    const path = slashed(relative(dirname(model), cached(model, nameFor(model, file), file.bytes)));
    return `new URL(${JSON.stringify(path.startsWith(".") ? path : `./${path}`)},import.meta.url)`;
  });

/** The dev server of Vite serves files below this path. */
export const served = (model: string, base: string): Placement =>
  placement((file) => {
    const path = slashed(cached(model, nameFor(model, file), file.bytes));
    return `new URL(${JSON.stringify(`${base}@fs/${path.replace(/^\//, "")}`)},import.meta.url)`;
  });

/** Node reads files. */
export const onDisk = (model: string): Placement =>
  placement(
    (file) => `new URL(${JSON.stringify(pathToFileURL(cached(model, nameFor(model, file), file.bytes)).href)})`,
  );

/** esbuild makes an asset of what is imported with the loader `file`. */
export function imported(model: string): Placement {
  const paths: string[] = [];
  return {
    urlOf: (file) => `new URL(file_${paths.push(cached(model, nameFor(model, file), file.bytes)) - 1},import.meta.url)`,
    imports: () =>
      paths.map((path, i) => `import file_${i} from ${JSON.stringify(`${assetScheme}${path}`)};\n`).join(""),
  };
}

export const assetScheme = "dlc-asset:";

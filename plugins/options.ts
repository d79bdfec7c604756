import type { Variants } from "../compiler/index.ts";
import { sharedKinds } from "../compiler/support/option-kinds.ts";
import { aBoolean, anObject, checkOptions, oneOfTexts, type Kind } from "../runtime/door.ts";
import { starsOf } from "../runtime/pattern.ts";
import { reject } from "../runtime/error.ts";
import { nearOrAll } from "../runtime/suggest.ts";
import { areAlike, variantOf, variantsOf } from "../cli/variant.ts";

/** How to build a model. */
export interface ModelOptions {
  /** Sizes of the dims that the entries name. */
  readonly dims?: Readonly<Record<string, number>>;
  /** Several sets of dims, for all entries or by entry: `{ predict: [{ N: 1 }, { N: 64 }] }`. */
  readonly variants?: Variants;
  /** The entries to build; default: all. */
  readonly entries?: readonly string[];
  /** Parts of models whose results an entry also returns: `{ predict: ["Net.block1"] }`. */
  readonly taps?: Readonly<Record<string, readonly string[]>>;
  readonly mode?: "fast" | "strict";
  readonly target?: "wasm" | "js";
  /** Trained weights (.safetensors), relative to the `.dl` file; default: the model starts from its seed. */
  readonly weights?: string;
  /** With `weights`: also the state of optimizers, so that training continues. */
  readonly optimizerState?: boolean;
  /** Puts code and weights into the JavaScript instead of files. */
  readonly inline?: boolean;
  /**
   * All members of a model, and errors that explain more. Default: in the mode `development` of webpack and Rspack, and
   * in Node unless NODE_ENV is `production`. Always in the dev server of Vite.
   */
  readonly full?: boolean;
}

export interface PluginOptions extends ModelOptions {
  /**
   * Options for some files, by the end of their paths: `{ "lenet.dl": { mode: "strict" }, "tiny/*.dl": { ... } }`. A
   * `*` stands for any characters. They replace the options for all files; later ones replace earlier ones.
   */
  readonly files?: Readonly<Record<string, ModelOptions>>;
  /** False writes no `net.d.dl.ts` beside `net.dl`. */
  readonly types?: boolean;
}

const aText: Kind = ["a text", (value) => typeof value === "string"];

const modelKinds = {
  dims: sharedKinds.dims,
  variants: sharedKinds.variants,
  entries: sharedKinds.entries,
  taps: sharedKinds.taps,
  mode: sharedKinds.mode,
  target: oneOfTexts("wasm", "js"),
  weights: aText,
  optimizerState: aBoolean,
  inline: aBoolean,
  full: aBoolean,
} as const satisfies Readonly<Record<keyof ModelOptions, Kind>>;

/** Throws E0818 for an unknown option or a value of the wrong kind. */
export function checkPluginOptions(given: PluginOptions): PluginOptions {
  const options = checkOptions(given, "dlc", { ...modelKinds, files: anObject, types: aBoolean });
  for (const [pattern, each] of Object.entries(options.files ?? {}))
    checkOptions(each, `files["${pattern}"]`, modelKinds);
  return options;
}

/** The options of one import: those of the query replace those for the file, which replace those for all files. */
export function optionsFor(path: string, query: URLSearchParams, config: PluginOptions): ModelOptions {
  const { files = {}, types: _, ...all } = config;
  const end = `/${path.replaceAll("\\", "/")}`;
  const matching = Object.entries(files).filter(([pattern]) => starsOf(`*/${pattern}`, end) !== null);
  return [...matching.map(([, options]) => options), queryOptions(query)].reduce<ModelOptions>(
    (before, options) => ({
      ...before,
      ...options,
      ...(options.dims && { dims: { ...before.dims, ...options.dims } }),
    }),
    all,
  );
}

/** How an option reads in a query. */
const queryForms = {
  "dim.NAME": "dim.N=32",
  variant: "variant=N=1, or variant=predict:N=1,T=64",
  entry: "entry=predict",
  mode: "mode=fast, or mode=strict",
  target: "target=wasm, or target=js",
  weights: "weights=./best.safetensors",
  "optimizer-state": "optimizer-state",
  inline: "inline",
  full: "full",
} as const;

type QueryName = keyof typeof queryForms;

/** What else is in queries: marks of Vite, and ours. */
const foreign = /^(t|v|import|dlc-build)$/;

export const hasOptions = (query: URLSearchParams): boolean => [...query.keys()].some((name) => !foreign.test(name));

function queryOptions(query: URLSearchParams): ModelOptions {
  const has = (name: QueryName): boolean => query.has(name);
  for (const name of query.keys()) {
    const known = Object.hasOwn(queryForms, name.replace(/^dim\..+/, "dim.NAME"));
    if (!known && !foreign.test(name))
      reject(
        "E0818",
        `the query of an import has no option \`${name}\``,
        nearOrAll(name, Object.keys(queryForms), "its options are"),
      );
  }
  const dims = [...query].filter(([name]) => name.startsWith("dim."));
  const options = {
    ...(dims.length > 0 && {
      dims: Object.fromEntries(dims.map(([name, size]) => [name.slice(4), sizeOf(name, size)])),
    }),
    ...(has("variant") && { variants: variantsIn(query.getAll("variant")) }),
    ...(has("entry") && { entries: query.getAll("entry") }),
    ...(has("mode") && { mode: query.get("mode") }),
    ...(has("target") && { target: query.get("target") }),
    ...(has("weights") && { weights: query.get("weights") }),
    ...(has("optimizer-state") && { optimizerState: flagOf(query, "optimizer-state") }),
    ...(has("inline") && { inline: flagOf(query, "inline") }),
    ...(has("full") && { full: flagOf(query, "full") }),
  };
  return checkOptions(options, "the query of an import", modelKinds) as ModelOptions;
}

const malformed = (name: QueryName, value: string): never =>
  reject("E0818", `the query of an import has the value \`${value}\` for \`${name}\``, `write ${queryForms[name]}`);

const sizeOf = (name: string, size: string): number =>
  /^\d{1,10}$/.test(size) ? Number(size) : malformed("dim.NAME", `${name}=${size}`);

function variantsIn(texts: readonly string[]): Variants {
  const variants = texts.map((text) => variantOf(text) ?? malformed("variant", text));
  return areAlike(variants)
    ? variantsOf(variants)
    : reject("E0818", "some variants of a query have an entry, and others do not", `write ${queryForms.variant}`);
}

/** `?inline` and `?inline=true` are the same. */
function flagOf(query: URLSearchParams, name: QueryName): boolean {
  const value = query.get(name) ?? "";
  return /^(true|false|)$/.test(value) ? value !== "false" : malformed(name, value);
}

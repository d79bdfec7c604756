import type { Callable, Entry, File, Import, Name, Setting, Test } from "../../dsl/ast.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { parse } from "../../dsl/parse.ts";
import type { Source, Span } from "../../dsl/span.ts";
import { didYouMean, nearOr } from "../../dsl/suggest.ts";
import { never } from "../support/invariant.ts";
import { builtins } from "./tensors/builtins.ts";
import type { Binding, DlValue, InFile, Scope } from "./context.ts";
import { makeLibraryScopes, type LibraryScopes } from "./library.ts";
import { namesIn, sizeBinding, sizesOf } from "./types/dims.ts";
import { preludeFiles } from "./prelude.ts";
import { namesOf } from "./values/pattern.ts";
import { makeFileScope } from "./values/scope.ts";
import { ERROR } from "./values/values.ts";

/**
 * Reads the target of an `import`, relative to the importing file; `std/...` are the library's files. Null if there is
 * none.
 */
export type Resolve = (path: string, from: string | null) => Source | null;

export interface Module {
  readonly scope: Scope;
  readonly entries: readonly Entry[];
  /** What other files can import. */
  readonly exports: ReadonlyMap<string, Binding>;
  readonly settings: readonly Setting[];
  readonly tests: readonly Test[];
  readonly callables: readonly Callable[];
  /** The models that are copies of others, `model Target = Net`, with the names of those. */
  readonly copies: ReadonlyMap<string, string>;
  /** Names of the dims whose sizes are given from outside: those declared, and those of the inputs of entries. */
  readonly dims: readonly string[];
  readonly defaultSizes: readonly (readonly [string, InFile])[];
}

export interface Modules {
  readonly main: Module | null;
  readonly library: ReadonlySet<Source>;
  /** The dims of all files. */
  readonly dims: readonly string[];
  /** Of these, the ones with a size; that of a file precedes those of the files that it imports. */
  readonly defaultSizes: ReadonlyMap<string, InFile>;
  /** The copies of models of all files. */
  readonly copies: ReadonlyMap<string, string>;
}

interface Loading {
  readonly resolve: Resolve;
  readonly diagnostics: Diagnostic[];
  readonly warnings: Diagnostic[];
  readonly prelude: LibraryScopes;
  readonly library: ReadonlySet<Source>;
  /** By file name; null while it is being loaded. */
  readonly loaded: Map<string, Module | null>;
  /** Files whose imports are being loaded: each is imported by the one before it. */
  depth: number;
}

/** Files that import each other in a chain; more would exceed the host's stack. */
const maxDepth = 100;

/** The program's file, whatever it imports, and the standard library below all of them. */
export function loadModules(
  source: Source,
  resolve: Resolve,
  { diagnostics, warnings }: Pick<Loading, "diagnostics" | "warnings">,
): Modules {
  const root = makeFileScope(null);
  for (const [name, builtin] of Object.entries(builtins))
    root.bindValue(name, { kind: "function", target: { kind: "builtin", name, builtin }, args: [], instance: null });
  root.bindValue("op", { kind: "ops" });
  root.bindValue("inf", { kind: "float", value: Infinity });
  root.bindValue("pi", { kind: "float", value: Math.PI });
  const files = preludeFiles.flatMap((path) => {
    const file = resolve(path, null);
    if (file !== null) return [file];
    diagnostics.push({
      code: "E0204",
      says: `\`resolve\` returned no text for \`${path}\``,
      help: "for paths that begin with std/, `resolve` returns the files of the library in dsl/std/",
    });
    return [];
  });
  const library = new Set(files);
  if (files.length < preludeFiles.length)
    return { main: null, library, dims: [], defaultSizes: new Map(), copies: new Map() };
  const prelude = makeLibraryScopes(root, files);
  const loading: Loading = { resolve, diagnostics, warnings, prelude, library, loaded: new Map(), depth: 0 };
  const main = loadModule(source, loading);
  const modules = [...loading.loaded.values()].filter((module) => module !== null);
  return {
    main,
    library,
    dims: modules.flatMap((module) => module.dims),
    defaultSizes: new Map(modules.flatMap((module) => module.defaultSizes).toReversed()),
    copies: new Map(modules.flatMap((module) => [...module.copies])),
  };
}

function loadModule(source: Source, loading: Loading): Module | null {
  loading.loaded.set(source.name, null);
  const { file, diagnostics, warnings } = parse(source);
  loading.diagnostics.push(...diagnostics);
  loading.warnings.push(...warnings);
  if (file === null) return null;
  const { internal, exported } = loading.prelude;
  // A file of the library may be the program, under another name, so that its tests run.
  const ofLibrary = source.name.startsWith("std/") || [...loading.library].some((each) => each.text === source.text);
  const scope = makeFileScope(ofLibrary ? internal : exported);
  loading.depth++;
  for (const item of file.imports) importNames(item, source, scope, loading);
  loading.depth--;
  const declared = declareItems(file, scope, loading.diagnostics);
  const all = new Map([...(diagnostics.length > 0 ? bindBroken(source, scope) : []), ...declared]);
  const exports = file.exports.length === 0 ? all : exportedFrom(file, all, loading.diagnostics);
  const module: Module = {
    scope,
    exports,
    entries: file.items.filter((item) => item.kind === "entry"),
    settings: file.items.filter((item) => item.kind === "setting"),
    tests: file.items.filter((item) => item.kind === "test"),
    callables: file.items.filter((item) => "statics" in item),
    copies: declareCopies(file, scope, all, loading.diagnostics),
    dims: file.items.flatMap((item) =>
      item.kind === "dim"
        ? item.dims.map(({ name }) => name.text)
        : item.kind === "entry"
          ? item.params
              .flatMap((p) => sizesOf(p.type))
              .flatMap(namesIn)
              .filter((name) => sizeBinding(scope, name)?.kind !== "constant")
          : [],
    ),
    defaultSizes: file.items
      .flatMap((item) => (item.kind === "dim" ? item.dims : []))
      .flatMap(({ name, value }) => (value === null ? [] : [[name.text, { value, scope }] as const])),
  };
  loading.loaded.set(source.name, module);
  return module;
}

/** The declarations that the file exports; reports names that it does not declare. */
function exportedFrom(
  file: File,
  declared: ReadonlyMap<string, Binding>,
  diagnostics: Diagnostic[],
): ReadonlyMap<string, Binding> {
  const exports = new Map<string, Binding>();
  for (const { text, span } of file.exports.flatMap(({ names }) => names)) {
    const binding = declared.get(text);
    if (binding !== undefined) exports.set(text, binding);
    else
      diagnostics.push({
        code: "E0201",
        says: `unknown name \`${text}\``,
        at: { span, says: "not declared in this file" },
        help: nearOr(text, [...declared.keys()], "it declares"),
      });
  }
  return exports;
}

const declarationHead = /^(?:(?:\w+[ \t]+){1,2}|[ \t]+(?:layer|fn|model|optimizer)[ \t]+)(\w+)[ \t]*[(=]/gm;

/** Names whose declarations could not be parsed; uses of them are not reported again. */
function bindBroken(source: Source, scope: Scope): ReadonlyMap<string, Binding> {
  const names = [...source.text.matchAll(declarationHead)].flatMap(([, name = ""]) =>
    scope.own(name) === undefined ? [name] : [],
  );
  const broken = new Map<string, Binding>(names.map((name) => [name, { kind: "value", value: ERROR, span: null }]));
  for (const [name, binding] of broken) scope.bind(name, binding);
  return broken;
}

function declareItems(file: File, scope: Scope, diagnostics: Diagnostic[]): ReadonlyMap<string, Binding> {
  const exports = new Map<string, Binding>();
  const firstSpans = new Map<string, Span>();
  const once = (name: string, span: Span): boolean => {
    const first = firstSpans.get(name);
    if (first === undefined) firstSpans.set(name, span);
    else
      diagnostics.push({
        code: "E0202",
        says: `duplicate declaration of \`${name}\``,
        at: { span, says: "declared again here" },
        also: [{ span: first, says: "first declared here" }],
      });
    return first === undefined;
  };
  const declareName = (name: Name, binding: Binding): void => {
    scope.bind(name.text, binding);
    exports.set(name.text, binding);
  };
  for (const item of file.items) {
    switch (item.kind) {
      case "dim":
        for (const { name } of item.dims)
          if (once(name.text, name.span)) scope.bind(name.text, { kind: "dim", span: name.span });
        break;
      case "let":
        for (const name of namesOf(item.pattern))
          if (once(name.text, name.span)) declareName(name, { kind: "constant", item, scope, span: name.span });
        break;
      case "entry":
        // Entries are a separate namespace: an entry and a function may have the same name.
        once(`entry ${item.name.text}`, item.name.span);
        break;
      case "test":
        once(`test ${item.title}`, item.titleSpan);
        break;
      case "setting":
        if (once(item.name.text, item.name.span))
          declareName(item.name, { kind: "setting", item, scope, span: item.name.span });
        break;
      case "chain":
        if (once(item.name.text, item.name.span))
          declareName(item.name, { kind: "chain", item, scope, span: item.name.span });
        break;
      case "copy":
        once(item.name.text, item.name.span);
        break;
      case "model":
      case "layer":
      case "fn":
      case "optimizer": {
        if (!once(item.name.text, item.name.span)) break;
        const value: DlValue = {
          kind: "function",
          target: { kind: "callable", declaration: item, scope },
          args: [],
          instance: null,
        };
        declareName(item.name, { kind: "value", value, span: item.name.span });
        break;
      }
      default:
        never(item);
    }
  }
  return exports;
}

/** Binds the copies of models, once all models are bound, and reports those of anything else. */
function declareCopies(
  file: File,
  scope: Scope,
  exports: Map<string, Binding>,
  diagnostics: Diagnostic[],
): ReadonlyMap<string, string> {
  const copies = new Map<string, string>();
  const items = file.items.filter((each) => each.kind === "copy");
  const next = new Map(items.map(({ name, of }) => [name.text, of.text]));
  for (const item of items) {
    const { text, span } = item.of;
    let name = text;
    // The original may be a copy itself; in a cycle, the name of this copy is unknown.
    for (let k = 0; k < items.length; k++) name = next.get(name) ?? name;
    const binding = scope.find(name);
    const found = binding?.kind === "value" ? binding.value : undefined;
    if (found?.kind === "error" || scope.own(item.name.text) !== undefined) continue;
    if (found?.kind !== "function" || found.target.kind !== "callable" || found.target.declaration.kind !== "model") {
      const models = file.items.flatMap((each) => (each.kind === "model" ? [each.name.text] : []));
      diagnostics.push({
        code: "E0201",
        says: binding === undefined ? `unknown name \`${text}\`` : `\`${text}\` is not a model`,
        at: { span, says: "a copy is of a model" },
        help: nearOr(text, models, "the models are"),
      });
      scope.bind(item.name.text, { kind: "value", value: ERROR, span: item.name.span });
      continue;
    }
    const { declaration } = found.target;
    const target = { ...found.target, declaration: { ...declaration, name: item.name } };
    const copy: Binding = { kind: "value", value: { ...found, target }, span: item.name.span };
    scope.bind(item.name.text, copy);
    exports.set(item.name.text, copy);
    copies.set(item.name.text, declaration.name.text);
  }
  return copies;
}

function importNames(item: Import, from: Source, scope: Scope, loading: Loading): void {
  const module = importedModule(item, from, loading);
  for (const { name, alias } of item.names) {
    const local = alias ?? name;
    const binding = module?.exports.get(name.text);
    scope.bind(
      local.text,
      binding === undefined ? { kind: "value", value: ERROR, span: local.span } : { ...binding, span: local.span },
    );
    if (module === null || binding !== undefined) continue;
    const near = didYouMean(name.text, [...module.exports.keys()]);
    loading.diagnostics.push({
      code: "E0203",
      says: `\`${item.from}\` does not export \`${name.text}\``,
      at: { span: name.span, says: "" },
      help:
        near !== null
          ? `did you mean \`${near}\`?`
          : `it exports ${[...module.exports.keys()].join(", ") || "nothing that can be imported"}`,
    });
  }
}

function importedModule(item: Import, from: Source, loading: Loading): Module | null {
  const source = loading.resolve(item.from, from.name);
  if (source === null) {
    loading.diagnostics.push({
      code: "E0204",
      says: `cannot find the file \`${item.from}\``,
      at: { span: item.fromSpan, says: "" },
      help: "paths are relative to the importing file",
    });
    return null;
  }
  const known = loading.loaded.get(source.name);
  if (known === undefined && loading.depth > maxDepth) {
    loading.diagnostics.push({
      code: "E0212",
      says: `imports are nested more than ${maxDepth} deep`,
      at: { span: item.fromSpan, says: "" },
      help: "import the declarations from the file that declares them",
    });
    return null;
  }
  if (known === undefined) return loadModule(source, loading);
  if (known === null && !loading.diagnostics.some((d) => d.code === "E0205" || d.code.startsWith("E01")))
    loading.diagnostics.push({
      code: "E0205",
      says: `import cycle between \`${from.name}\` and \`${source.name}\``,
      at: { span: item.fromSpan, says: "" },
      help: "move the shared declarations into a third file",
    });
  return known;
}

import type { Entry } from "../../dsl/ast.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { Source } from "../../dsl/span.ts";
import { didYouMean } from "../../dsl/suggest.ts";
import type { Graph, Persistent, Program, ProgramEntry, Value as GraphValue } from "../graph/ir.ts";
import { ops } from "../ops/table.ts";
import { sameType } from "../types/tensor-type.ts";
import type { Context, Declared, DlValue, ProgramState, Trace, Waits } from "./context.ts";
import { elaborateEntry, makeContext } from "./entries.ts";
import { exploreCallable } from "./exploration.ts";
import { ownerOf } from "./values/attribution.ts";
import { reserve } from "./values/frames.ts";
import { loadModules, type Module, type Resolve } from "./modules.ts";
import { withinLimits } from "./limits.ts";
import { ERROR } from "./values/values.ts";
import { counterStates } from "./values/counters.ts";
import { seedPath, seedState } from "./tensors/random.ts";
import { checkParams } from "./warnings/unused-params.ts";
import { declareSetting } from "./training/settings.ts";
import { inTurn, withoutTrace } from "./waiting.ts";

export type { Resolve } from "./modules.ts";

export interface ElaborateOptions {
  /** Sets of dims, each a specialised graph per entry; one empty set for a program without dims. */
  readonly variants: readonly Readonly<Record<string, number>>[];
  /** Instead of `variants`, for the entries named. */
  readonly entryVariants?: Readonly<Record<string, readonly Readonly<Record<string, number>>[]>>;
  /** Entries to elaborate; all by default. */
  readonly entries?: readonly string[];
  /** Paths of parts of models by entry: the last result of each is an output under its path. */
  readonly taps?: Readonly<Record<string, readonly string[]>>;
  readonly resolve: Resolve;
  /** Assumed size of dims without a given size, where a file is only inspected. Without it, such a dim is an error. */
  readonly assumedDim?: number;
  /** Collects shapes and applications. */
  readonly trace?: Trace;
}

export interface Elaborated {
  /** Null if there are diagnostics. */
  readonly program: Program | null;
  readonly diagnostics: readonly Diagnostic[];
  /** What is valid, but probably not what was meant. */
  readonly warnings: readonly Diagnostic[];
  /** Names of the dims that were used and have no size, in order of first use. */
  readonly openDims: readonly string[];
  /** All dims whose sizes can be given. */
  readonly known: readonly string[];
  readonly hasTests: boolean;
}

/**
 * Evaluates everything static and leaves one graph per entry and set of dims, and the graph `init`, which writes every
 * param and state. An entry that does not use a dim is not repeated for its sizes.
 */
export function elaborate(source: Source, options: ElaborateOptions): Elaborated {
  const { state: program, main, dims: declared } = openProgram(source, options);
  const { diagnostics } = program;
  const { warnings } = program;
  if (main === null) return { program: null, diagnostics, warnings, openDims: [], known: [], hasTests: false };
  const asked: Context["usedDims"] = new Map();
  const wanted = chosen(main, source, options, diagnostics);
  const declaredBefore: ReadonlySet<string>[] = [];
  const entries = inTurn(
    program,
    wanted.map(
      (entry) =>
        (waits): readonly ProgramEntry[] =>
          variantsOf(program, main, entry, options, asked, waits),
    ),
    () => {
      declaredBefore.push(new Set(program.declared.keys()));
      const others = main.entries.filter((entry) => !wanted.includes(entry));
      for (const entry of others) findMembers(program, main, entry, options);
    },
  ).flat();
  for (const own of declaredBefore) dropUnused(program, own, entries);
  const openDims = openIn(asked);
  const known = [...new Set([...declared, ...asked.keys()])];
  const settingsContext = makeContext(program, {
    name: "settings",
    mode: "plain",
    dims: options.variants[0] ?? {},
    index: 0,
    span: null,
  });
  for (const setting of main.settings) declareSetting(settingsContext, setting, main.scope);
  const init = elaborateInit(program);
  // Entries that are not requested may use the others.
  if (diagnostics.length === 0 && options.entries === undefined)
    checkParams(
      settingsContext,
      entries.map(({ graph }) => graph),
    );
  if (diagnostics.length > 0) exploreRest(program, main, options);
  const hasTests = main.tests.length > 0;
  if (diagnostics.length > 0) return { program: null, diagnostics, warnings, openDims, known, hasTests };
  return {
    program: closeProgram(program, source, [...entries, { dims: {}, graph: init }]),
    diagnostics,
    warnings,
    openDims,
    known,
    hasTests,
  };
}

/** What no entry reached, perhaps because of a mistake, such as a branch for other arguments. */
function exploreRest(program: ProgramState, main: Module, { variants }: ElaborateOptions): void {
  const dims = variants[0] ?? {};
  const context = makeContext(program, { name: "explored", mode: "plain", dims, index: 0, span: null });
  for (const declaration of main.callables) exploreCallable(context, declaration, main.scope);
}

/** The state shared by everything that is elaborated from one file. */
export function openProgram(
  source: Source,
  options: ElaborateOptions,
): { readonly state: ProgramState; readonly main: Module | null; readonly dims: readonly string[] } {
  const diagnostics: Diagnostic[] = [];
  const warnings: Diagnostic[] = [];
  const { main, library, dims, defaultSizes, copies } = loadModules(source, options.resolve, { diagnostics, warnings });
  const states = [seedState({ source, start: 0, end: 0 }), ...counterStates(main?.entries ?? [])];
  const declared = new Map(states.map((each) => [each.path, each]));
  const state: ProgramState = {
    table: ops,
    ops: opFunctions(),
    library,
    diagnostics,
    warnings,
    reported: new Set(),
    exploration: { explored: new Set(), active: false, namesOnly: false },
    declared,
    entries: new Map(main?.entries.map((entry) => [entry.name.text, entry])),
    members: new Map(),
    settings: new Map(),
    naming: new Map(),
    defaultSizes,
    copies,
    evaluating: new Set(),
    assumedDim: options.assumedDim ?? null,
    trace: options.trace ?? null,
    stopped: false,
    spent: { nodes: 0, steps: 0, regions: 0 },
  };
  reserve(state.naming, "", "rng");
  for (const entry of main?.entries ?? []) reserve(state.naming, entry.name.text, "step");
  return { state, main, dims };
}

/** The graphs, with the declared params and states. */
export function closeProgram(
  { declared, settings }: ProgramState,
  source: Source,
  entries: Program["entries"],
): Program {
  const persistent: Persistent[] = [...declared.values()].map(({ kind, path, type, span, role }) => ({
    kind,
    path,
    type,
    span,
    ...(role && { role }),
  }));
  return { name: nameOf(source), persistent, entries, settings: [...settings.values()] };
}

/**
 * All ops that a program can call: not leaves, `gradient` and ops with regions, and not ops that use one name for an
 * operand and an attribute.
 */
function opFunctions(): ReadonlyMap<string, DlValue> {
  const callable = [...ops].filter(
    ([name, op]) =>
      op.form.kind !== "leaf" &&
      op.regions === undefined &&
      name !== "gradient" &&
      (op.operands === "variadic" || !op.operands.some((operand) => Object.hasOwn(op.attrs, operand))),
  );
  return new Map(
    callable.map(([name, op]) => [name, { kind: "function", target: { kind: "op", op }, args: [], instance: null }]),
  );
}

/** `lenet` for `examples/mnist/lenet.dl` */
const nameOf = (source: Source): string => (source.name.split(/[\\/]/).at(-1) ?? source.name).replace(/\.dl$/, "");

function chosen(main: Module, source: Source, options: ElaborateOptions, diagnostics: Diagnostic[]): readonly Entry[] {
  const names = main.entries.map((entry) => entry.name.text);
  // A file without entries may be inspected: it can hold tests, or declarations for other files.
  const serves = options.assumedDim !== undefined && main.tests.length > 0;
  if (names.length === 0 && diagnostics.length === 0 && !serves)
    diagnostics.push({
      code: "E0209",
      says: "the program has no entry",
      at: { span: { source, start: 0, end: 0 }, says: "" },
      help: "declare one: entry predict(x: f32[N, 784]) { Net(x) }",
    });
  for (const entry of main.entries) {
    if (entry.name.text !== "init") continue;
    diagnostics.push({
      code: "E0202",
      says: "the entry name `init` is reserved",
      at: { span: entry.name.span, says: "" },
      help: "the compiler generates an entry of this name; choose another",
    });
  }
  const named = [
    ...(options.entries ?? []),
    ...Object.keys(options.entryVariants ?? {}),
    ...Object.keys(options.taps ?? {}),
  ];
  for (const wanted of new Set(named)) {
    if (names.includes(wanted) || wanted === "init") continue;
    const near = didYouMean(wanted, names);
    diagnostics.push({
      code: "E0209",
      says: `unknown entry \`${wanted}\``,
      help: near !== null ? `did you mean \`${near}\`?` : `the entries are ${names.join(", ")}`,
    });
  }
  const { entries } = options;
  return entries === undefined ? main.entries : main.entries.filter((entry) => entries.includes(entry.name.text));
}

function setsFor(entry: string, { variants, entryVariants = {} }: ElaborateOptions): ElaborateOptions["variants"] {
  const sets = (Object.hasOwn(entryVariants, entry) ? entryVariants[entry] : undefined) ?? variants;
  return sets.length > 0 ? sets : [{}];
}

const tapsOf = (entry: string, { taps = {} }: ElaborateOptions): readonly string[] =>
  Object.hasOwn(taps, entry) ? [...new Set(taps[entry])] : [];

/** Adds the dims that an entry has used; one without a size stays so, whatever other entries are given. */
export function noteDims(asked: Context["usedDims"], used: Context["usedDims"]): void {
  for (const [name, size] of used) asked.set(name, asked.get(name) === null ? null : size);
}

export const openIn = (asked: Context["usedDims"]): readonly string[] =>
  [...asked].flatMap(([name, size]) => (size === null ? [name] : []));

function variantsOf(
  program: ProgramState,
  main: Module,
  entry: Entry,
  options: ElaborateOptions,
  asked: Context["usedDims"],
  waits: Waits,
): readonly ProgramEntry[] {
  const done: ProgramEntry[] = [];
  for (const dims of setsFor(entry.name.text, options)) {
    // An entry depends only on the dims that it used, so equal sizes of these produce an equal graph.
    if (program.stopped || done.some((d) => Object.entries(d.dims).every(([name, size]) => dims[name] === size)))
      continue;
    const { graph, used, structures, axes } = elaborateEntry(program, main.scope, entry, {
      name: entry.name.text,
      mode: entry.mode,
      dims,
      index: main.entries.indexOf(entry) + 1,
      span: entry.name.span,
      waits,
      taps: tapsOf(entry.name.text, options),
    });
    noteDims(asked, used);
    const sizes = [...used].flatMap(([name, size]) => (size === null ? [] : [[name, size] as const]));
    // Other sizes that were given may be those by default.
    if (done.some((d) => sizes.every(([name, size]) => d.dims[name] === size))) continue;
    done.push({
      dims: Object.fromEntries(sizes.sort(([a], [b]) => (a < b ? -1 : 1))),
      graph,
      ...(entry.mode !== "plain" && { mode: entry.mode }),
      ...(structures.size > 0 && { structures: Object.fromEntries(structures) }),
      ...(axes.size > 0 && { axes: Object.fromEntries(axes) }),
    });
  }
  return done;
}

/** Elaborates an entry that was not asked for, for its params and states alone. */
export function findMembers(program: ProgramState, main: Module, entry: Entry, options: ElaborateOptions): void {
  withoutTrace(program, () => void variantsOf(program, main, entry, options, new Map(), "unknown"));
}

/** Drops the params and states that were found in other entries, and that these do not use. */
function dropUnused({ declared }: ProgramState, own: ReadonlySet<string>, entries: readonly ProgramEntry[]): void {
  const used = new Set(
    entries.flatMap(({ graph }) => [
      ...graph.nodes.flatMap(({ op, attrs }) => (op.form.kind === "leaf" ? [String(attrs["path"])] : [])),
      ...graph.writes.map(({ path }) => path),
    ]),
  );
  for (const path of declared.keys()) if (!own.has(path) && !used.has(path)) declared.delete(path);
}

/** Writes every param and state but the seed, in order of declaration; random draws use the seed at step 0. */
export function elaborateInit(program: ProgramState): Graph {
  const values = new Map<string, GraphValue>();
  const context = makeContext(program, { name: "init", mode: "plain", dims: {}, index: 0, span: null });
  const originals = new Map([...program.declared.keys()].map((path) => [path, originalOf(program, path)]));
  const isCopy = ({ path }: Declared): boolean => originals.get(path) !== path;
  const all = [...program.declared.values()];
  for (const declared of [...all.filter((each) => !isCopy(each)), ...all.filter(isCopy)]) {
    if (declared.path === seedPath || program.stopped) continue;
    const original = values.get(originals.get(declared.path) ?? "");
    if (original !== undefined && sameType(original.type, declared.type)) {
      context.builder.write(declared.path, original);
      continue;
    }
    const attribution = { ...context.builder.attribution, path: ownerOf(declared.path), location: declared.location };
    context.budget.steps = 0;
    const value = withinLimits(() => context.builder.attributed(attribution, () => declared.init(context)), ERROR);
    if (value.kind !== "tensor") continue;
    values.set(declared.path, value.value);
    context.builder.write(declared.path, value.value);
  }
  return context.builder.build();
}

/** The param or state of which this one is a copy, at the beginning, because its model is one; else the path itself. */
function originalOf(program: ProgramState, path: string): string {
  const { copies, declared } = program;
  const [head = "", ...rest] = path.split(".");
  const original = copies.get(head);
  if (original === undefined) return path;
  const counterpart = originalOf(program, [original, ...rest].join("."));
  return declared.has(counterpart) ? counterpart : path;
}

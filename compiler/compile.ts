import type { Diagnostic } from "../dsl/diagnostic.ts";
import { DiagnosticError } from "../dsl/diagnostic-error.ts";
import { nearOr } from "../dsl/suggest.ts";
import type { Source } from "../dsl/span.ts";
import { checkOptions, showValue } from "../runtime/door.ts";
import { isObject } from "../runtime/kinds.ts";
import { reject } from "../runtime/error.ts";
import { callsOf, type Code, type EntryPlan, type IndexRange } from "../runtime/plan.ts";
import { indexRanges } from "./analysis/index-ranges.ts";
import type { Assembly } from "./link/assemble.ts";
import { emitJs } from "./codegen/js/emit.ts";
import { allSets, variantsOf, withKnownDims, type Variants } from "./frontend/given-dims.ts";
import { elaborate } from "./frontend/program.ts";
import type { Graph, Program } from "./graph/ir.ts";
import { runPasses } from "./passes/driver.ts";
import { stageNamesOf } from "./passes/order.ts";
import type { Pass } from "./passes/pass.ts";
import { checkSizes, compilerKinds } from "./support/option-kinds.ts";
import { pipeline, requiredPasses } from "./pipeline.ts";
import { moduleCode, type ModuleCode } from "./link/module-code.ts";
import { referenceCode, type Instantiate } from "./link/reference-code.ts";
import { guardGap } from "./link/guard-notes.ts";
import { present } from "./support/invariant.ts";
import { at } from "./support/lists.ts";
import type { Machine } from "./support/machine.ts";

/**
 * Reads the target of an `import`, relative to the importing file; `std/...` are the library's files. Null if the file
 * does not exist.
 */
export type Resolver = (path: string, from: string | null) => Source | null;

export type Target = "wasm" | "js" | "reference";
export type Mode = "fast" | "strict";

export interface CompileOptions {
  /** Sizes of named dims. */
  readonly dims?: Readonly<Record<string, number>>;
  /**
   * Several sets of dims in one module, which share params and state, for all entries or by entry:
   * `{ predict: [{ N: 1 }, { N: 64 }], step: [{ N: 64 }] }`. `dims` applies to all of them.
   */
  readonly variants?: Variants;
  /** Entries to compile; all by default. */
  readonly entries?: readonly string[];
  /**
   * Parts of models whose last results an entry also returns, under their paths: `{ predict: ["Net.block1"] }`. Nothing
   * else about the module changes.
   */
  readonly taps?: Readonly<Record<string, readonly string[]>>;
  /** `strict` produces the same bits on every engine; `fast` may use relaxed SIMD. */
  readonly mode?: Mode;
  readonly target?: Target;
  /** Exports every kernel, so that a session can time them. */
  readonly profile?: boolean;
  /**
   * Leaves gaps between tensors and records the location of each value, so that a session can check every memory access
   * (`runtime/guards.ts`).
   */
  readonly guards?: boolean;
  /** Names of passes to leave out. */
  readonly without?: readonly string[];
  /** Replaces `pipeline`. */
  readonly passes?: readonly Pass[];
  /**
   * The facts and limits by which algorithms, tiles and fusion are chosen; tests and benchmarks pass variants of the
   * default.
   */
  readonly machine?: Machine;
  readonly resolve: Resolver;
  /** Values of params and state that are known at build time, by path. */
  readonly frozen?: ReadonlyMap<string, Float64Array>;
  /** Verifies the graph after every pass. */
  readonly verify?: boolean;
}

/** A graph after a stage. */
export interface GraphStage {
  /** `graph` for the result of elaboration, then the passes' names, numbered where one runs again. */
  readonly name: string;
  readonly graph: Graph;
  /** Null for `graph`. */
  readonly pass: Pass | null;
  readonly ms: number;
}

/** One entry for one set of dims. */
export interface CompiledEntry {
  readonly name: string;
  readonly plan: EntryPlan;
  /** The planned graph: that of the last stage. */
  readonly graph: Graph;
  /** The first is the result of elaboration. */
  readonly stages: readonly GraphStage[];
}

export interface CompiledModule extends ModuleCode {
  /** In the order of the plan's entries. */
  readonly entries: readonly CompiledEntry[];
  readonly warnings: readonly Diagnostic[];
  /** The same without the entry `init`: for a model whose params and state come from a file. */
  withoutInit(): ModuleCode;
  /** What a session runs. */
  code(target?: Target): Promise<Code>;
}

/** The graphs of the entries before any pass. Throws a `DiagnosticError` with all errors. */
export function elaborateSource(
  source: Source,
  options: CompileOptions,
): { readonly program: Program; readonly warnings: readonly Diagnostic[] } {
  const { resolve, entries, taps } = options;
  const given = variantsOf(options);
  const found = elaborate(source, { ...given, resolve, ...(entries && { entries }), ...(taps && { taps }) });
  const { program, diagnostics, warnings } = withKnownDims(found, allSets(given));
  if (program === null) throw new DiagnosticError(diagnostics);
  return { program, warnings };
}

/**
 * From text to a module. Throws a `DiagnosticError` for errors in the text or the options.
 *
 * @example
 * import { compileModule } from "dlc/compiler";
 * import { createSession } from "dlc/runtime";
 * const { plan, code, warnings } = compileModule(source, options);
 * warnings; // => []
 * const model = await createSession(plan, await code());
 * model.run("predict", { image: new Float32Array(784) }).probs.shape; // => [1, 10]
 */
export function compileModule(source: Source, given: CompileOptions): CompiledModule {
  const options = checkOptions(given, "compileModule", compilerKinds);
  checkSizes(options, "compileModule");
  if (!isObject(source) || typeof source.text !== "string" || typeof source.name !== "string")
    reject("E0818", `\`compileModule\` needs { name, text }, got ${showValue(source)}`);
  if (options.resolve === undefined) reject("E0818", "`compileModule` needs the option `resolve`");
  const { program, warnings } = elaborateSource(source, options);
  return compileProgram(program, options, warnings);
}

export function compileProgram(
  program: Program,
  options: Omit<CompileOptions, "resolve">,
  warnings: readonly Diagnostic[] = [],
): CompiledModule {
  const without = checkedPasses(options.without ?? []);
  const planned = program.entries.map(({ graph, ...entry }) => {
    const stages = stagesOf(graph, options, without);
    return { ...entry, stages, graph: at(stages, stages.length - 1).graph, indices: plannedRanges(graph) };
  });
  const { target: chosen = "wasm" } = options;
  const module = moduleCode(program, planned, { ...options, target: chosen });
  const { plan, assembly, wasm } = module;
  const entries = planned.map(({ graph, stages }, i): CompiledEntry => ({
    name: graph.name,
    plan: at(plan.entries, i),
    graph,
    stages,
  }));
  const withoutInit = (): ModuleCode =>
    moduleCode(
      program,
      planned.filter(({ graph }) => graph.name !== "init"),
      { ...options, target: chosen },
    );
  const code = async (target: Target = chosen): Promise<Code> => {
    switch (target) {
      case "wasm": {
        const bytes = wasm("strict").bytes;
        return options.mode === "strict"
          ? { kind: "wasm", bytes }
          : { kind: "wasm", bytes, relaxed: wasm("fast").bytes };
      }
      case "js":
        return { kind: "js", instantiate: await loadModule(module.js().text) };
      case "reference":
        return referenceCode(
          plan,
          entries.map(({ plan: entry, stages }) => ({ plan: entry, graph: at(stages, 0).graph })),
          await loadModule(initJs(assembly)),
        );
    }
  };
  return { ...module, entries, warnings, withoutInit, code };
}

/** The indices in the inputs of a graph before the passes, by the position of the input. */
function plannedRanges(graph: Graph): ReadonlyMap<number, readonly IndexRange[]> {
  const planned = new Map<number, readonly IndexRange[]>();
  for (const { input, allowed, start, counts, strides } of indexRanges(graph))
    planned.set(input, [
      ...(planned.get(input) ?? []),
      { allowed: allowed.map(({ lo, hi }) => [lo, hi]), start, counts, strides },
    ]);
  return planned;
}

/** The entry of a name, in its first variant. */
export const entryOf = (module: CompiledModule, name: string): CompiledEntry =>
  present(
    module.entries.find((entry) => entry.name === name),
    `the module has no entry ${name}`,
  );

/** The stages of one graph, without code. Throws a `DiagnosticError` for passes that cannot be left out. */
export const stagesOfGraph = (graph: Graph, options: Omit<CompileOptions, "resolve">): readonly GraphStage[] =>
  stagesOf(graph, options, checkedPasses(options.without ?? []));

function stagesOf(graph: Graph, options: Omit<CompileOptions, "resolve">, without: ReadonlySet<string>): GraphStage[] {
  const stages: GraphStage[] = [{ name: "graph", graph, pass: null, ms: 0 }];
  const passes = options.passes ?? pipeline;
  const names = stageNamesOf(passes).filter((_, i) => !without.has(passes[i]?.name ?? ""));
  runPasses(graph, passes, {
    without,
    verify: options.verify ?? false,
    ...(options.guards && { gap: guardGap }),
    ...(options.frozen && { frozen: options.frozen }),
    ...(options.machine && { machine: options.machine }),
    onStage: (pass, _, after, ms) => void stages.push({ name: at(names, stages.length - 1), graph: after, pass, ms }),
  });
  return stages;
}

/** Names of passes that may be left out, or a diagnostic. */
export function checkedPasses(names: readonly string[]): ReadonlySet<string> {
  const all = new Set<string>(pipeline.map(({ name }) => name));
  const wrong = names.filter((name) => !all.has(name) || requiredPasses.has(name));
  if (wrong.length > 0)
    throw new DiagnosticError(
      wrong.map((name) => ({
        code: "E0901",
        says: all.has(name) ? `the pass \`${name}\` cannot be left out` : `unknown pass \`${name}\``,
        help: nearOr(
          name,
          [...all].filter((n) => !requiredPasses.has(n)),
          "passes that can be left out:",
        ),
      })),
    );
  return new Set(names);
}

/** An ES module of `init` alone. */
function initJs({ kernels, entries, plan }: Assembly): string {
  const names = new Set(plan.entries.flatMap(({ name, call, prepare }) => (name === "init" ? [call, prepare] : [])));
  const init = entries.filter(({ name }) => names.has(name));
  const called = new Set(init.flatMap(({ steps }) => callsOf(steps)).map(({ kernel }) => kernel));
  return emitJs(
    kernels.filter(({ name }) => called.has(name)),
    init,
  ).text;
}

/** Loads emitted JavaScript as a module; nothing is evaluated with `eval` or `Function`. */
async function loadModule(text: string): Promise<Instantiate> {
  const bytes = new TextEncoder().encode(text);
  let binary = "";
  for (let i = 0; i < bytes.length; i += 4096) binary += String.fromCharCode(...bytes.subarray(i, i + 4096));
  const module = (await import(`data:text/javascript;base64,${btoa(binary)}`)) as { readonly instantiate: Instantiate };
  return module.instantiate;
}

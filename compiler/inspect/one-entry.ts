import { DiagnosticError } from "../../dsl/diagnostic-error.ts";
import type { Source } from "../../dsl/span.ts";
import type { CompileOptions } from "../compile.ts";
import { allSets, firstSets, setsOfEntry, variantsOf, withKnownDims } from "../frontend/given-dims.ts";
import { elaborate } from "../frontend/program.ts";
import { makeTrace } from "../frontend/values/trace.ts";
import type { Graph, Program } from "../graph/ir.ts";
import { withAssumedDims } from "./assumed-dims.ts";

export interface OneEntry {
  /** The first of its entries is this one. */
  readonly program: Program;
  readonly graph: Graph;
  readonly trace: ReturnType<typeof makeTrace>;
  /** Sizes of dims that were not given, such as `N = 1`. */
  readonly assumed: readonly string[];
}

/**
 * Elaborates one entry, the first if none is named, for the first of its sets of dims. Dims without a size are 1
 * where that is possible, so that work is counted per example. Throws a `DiagnosticError` for errors in the text.
 */
export function elaborateEntry(source: Source, entry: string | null, options: CompileOptions): OneEntry {
  const all = variantsOf(options);
  const given = firstSets(all);
  const { resolve } = options;
  const result = withAssumedDims(
    (assumedDim) => {
      const trace = makeTrace();
      const entries = entry === null ? {} : { entries: [entry] };
      return { ...elaborate(source, { ...given, resolve, ...entries, assumedDim, trace }), trace, assumedDim };
    },
    [1],
  );
  const { program, diagnostics, trace, assumedDim } = withKnownDims(result, allSets(all));
  if (program === null) throw new DiagnosticError(diagnostics);
  const [first] = program.entries;
  const graph = first?.graph;
  if (graph === undefined || (graph.name === "init" && entry !== "init"))
    throw new DiagnosticError([
      {
        code: "E0209",
        says: "the file has no entry",
        help: "write one: entry predict(x: f32[N, 784]) { Net(x) }",
      },
    ]);
  const [dims = {}] = setsOfEntry(given, graph.name);
  const defaults = Object.entries(first?.dims ?? {}).filter(([name]) => dims[name] === undefined);
  const assumed = [...result.openDims.map((name) => [name, assumedDim] as const), ...defaults];
  return { program, graph, trace, assumed: assumed.map(([name, size]) => `${name} = ${size}`) };
}

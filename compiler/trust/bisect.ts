/**
 * Where a model goes wrong on its way: the first pass whose graph computes something else than the one before it, or, where all agree, compiled code that
 * computes something else than the last graph. What is found is shrunk to the nodes that it takes.
 */
import type { Source, Span } from "../../dsl/span.ts";
import { compareGraphs, compareResults, compareStages, named, type Difference } from "./compare.ts";
import { stagesOfGraph, type CompileOptions, type GraphStage } from "../compile.ts";
import { evaluateWithBounds, type Bounded, type GraphData } from "./error-bound.ts";
import { evaluate } from "../graph/evaluate.ts";
import { spanOf } from "../graph/provenance.ts";
import type { Graph, Node, Program } from "../graph/ir.ts";
import { shrinkGraph, shrinkGraphAsync } from "./shrink.ts";
import { exactDifference, largest, type LargestDifference } from "./largest-errors.ts";
import { isLate, runPasses } from "../passes/driver.ts";
import type { Pass } from "../passes/pass.ts";
import { pipeline } from "../pipeline.ts";
import { dataFor, initialData, runCompiled } from "./run-graph.ts";
import { elaborateSmall } from "../inspect/assumed-dims.ts";
import { present } from "../support/invariant.ts";

export interface BisectOptions extends CompileOptions {
  readonly entry: string;
  readonly seed?: number;
  /** How many graphs are tried at most to make what is found smaller. */
  readonly budget?: number;
  /** What is being done. */
  readonly onProgress?: (says: string) => void;
}

export type Verdict =
  | {
      readonly kind: "agrees";
      readonly stages: number;
      /** Of the last graph against the first, both in f32; null where nothing can be said of any result. */
      readonly passes: LargestDifference | null;
      /** Of the compiled code against the last graph. */
      readonly code: LargestDifference | null;
    }
  | {
      readonly kind: "pass";
      /** As `--stage` takes it. */
      readonly stage: string;
      readonly pass: Pass;
      /** In the whole model. */
      readonly difference: Difference;
      readonly small: SmallCase & { readonly after: Graph };
    }
  | { readonly kind: "code"; readonly difference: Difference; readonly small: SmallCase };

export interface SmallCase {
  readonly before: Graph;
  readonly difference: Difference;
  /** The node of `before` whose value differs. */
  readonly node: Node;
  /** Where it, or else what it is computed from, stands in the `.dl` text. */
  readonly span: Span | null;
}

export interface Bisection {
  readonly verdict: Verdict;
  /** Sizes of dims that nobody has given. */
  readonly assumed: Readonly<Record<string, number>>;
}

/** Throws a `DiagnosticError` for mistakes in the text or the options. */
export async function bisect(source: Source, options: BisectOptions): Promise<Bisection> {
  const { program, assumed } = elaborateSmall(source, { ...options, entries: [options.entry] });
  return { verdict: await verdictOf(program, options), assumed };
}

async function verdictOf(program: Program, { entry, seed = 0, budget = 300, onProgress = () => {}, ...options }: BisectOptions): Promise<Verdict> {
  const graph = present(program.entries.find((candidate) => candidate.graph.name === entry)?.graph, `elaboration left ${entry} out`);
  const stages = stagesOfGraph(graph, options);
  const data = initialData(program, graph, seed);

  onProgress(`comparing ${stages.length - 1} stages`);
  const compared = stages.map((stage) => ({ name: stage.name, graph: stage.graph, exact: stage.pass?.exact ?? true }));
  const broken = compareStages(compared, data);
  if (broken !== null) {
    onProgress(`${broken.stage} disagrees; shrinking`);
    return shrunkPass(stages, broken, { data, seed, budget, options });
  }
  onProgress("running the compiled code");
  const last = present(
    stages.findLast(({ pass }) => pass === null || !isLate(pass)),
    "the first stage is early",
  ).graph;
  const relaxed = isRelaxed(options);
  const code = { ...options, passes: (options.passes ?? pipeline).filter(isLate) };
  const results = await runCompiled(last, data, code);
  const bounds = named(evaluateWithBounds(last, data));
  const largestOfCode = largest(bounds, results);
  const difference = (largestOfCode?.share ?? 0) > 1 ? largestOfCode : exactDifference(last, results, data, relaxed);
  if (difference === null) {
    return { kind: "agrees", stages: stages.length - 1, passes: largestOfPasses(graph, last, bounds, data), code: largestOfCode };
  }
  onProgress("the compiled code disagrees; shrinking");
  const compare = async (candidate: Graph): Promise<Difference | null> => {
    const own = dataFor(candidate, data, seed);
    return compareResults(candidate, await runCompiled(candidate, own, code), own, { relaxed });
  };
  const before = await shrinkGraphAsync(last, async (candidate) => (await compare(candidate)) !== null, { budget });
  return { kind: "code", difference, small: smallCase(before, (await compare(before)) ?? difference) };
}

/** Whether the code may round once in a multiply-add. */
export const isRelaxed = ({ mode, target }: Pick<CompileOptions, "mode" | "target">): boolean => mode !== "strict" && (target ?? "wasm") === "wasm";

/** The last graph against the first one in f32: passes that keep f32 results may round constants to f32, so that f64 says nothing of all passes together. */
function largestOfPasses(first: Graph, last: Graph, bounds: ReadonlyMap<string, Bounded>, data: GraphData): LargestDifference | null {
  const [wanted, got] = [first, last].map((graph) => named(evaluate(graph, { ...data, precision: "f32" })));
  const around = new Map([...bounds].map(([what, { error }]) => [what, { value: present(wanted?.get(what), what), error }]));
  return largest(around, new Map([...(got ?? [])].map(([what, { data: values }]) => [what, values])), 2);
}

interface Found {
  readonly data: GraphData;
  readonly seed: number;
  readonly budget: number;
  readonly options: Pick<CompileOptions, "frozen">;
}

function shrunkPass(
  stages: readonly GraphStage[],
  { stage, difference }: { readonly stage: string; readonly difference: Difference },
  { data, seed, budget, options }: Found,
): Verdict {
  const at = stages.findIndex(({ name }) => name === stage);
  const pass = present(stages[at]?.pass, `${stage} is a pass`);
  const run = (candidate: Graph): Graph => runPasses(candidate, [pass], options.frozen === undefined ? {} : { frozen: options.frozen });
  const compare = (candidate: Graph): Difference | null => compareGraphs(candidate, run(candidate), pass.exact, dataFor(candidate, data, seed));
  const whole = present(stages[at - 1], "a pass has a graph before it").graph;
  const before = shrinkGraph(whole, (candidate) => compare(candidate) !== null, { budget });
  return { kind: "pass", stage, pass, difference, small: { ...smallCase(before, compare(before) ?? difference), after: run(before) } };
}

function smallCase(before: Graph, difference: Difference): SmallCase {
  const results = named({
    outputs: new Map(before.outputs.map(({ name, value }) => [name, value])),
    writes: new Map(before.writes.map(({ path, value }) => [path, value])),
  });
  const { node } = present(results.get(difference.what) ?? [...results.values()][0], "a graph has results");
  return { before, difference, node, span: nearestSpan(node) };
}

/** Of the node, or of the nearest one above it that has any. */
export function nearestSpan(node: Node): Span | null {
  let level: readonly Node[] = [node];
  const seen = new Set<Node>();
  while (level.length > 0) {
    const found = level.map(spanOf).find((span) => span !== null);
    if (found !== undefined) return found;
    level.forEach((each) => seen.add(each));
    level = [...new Set(level.flatMap(({ operands }) => operands.map((value) => value.node)))].filter((each) => !seen.has(each));
  }
  return null;
}

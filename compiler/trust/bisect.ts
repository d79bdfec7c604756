/**
 * Finds the step of compilation that breaks a model: the first pass whose graph computes other values than the graph
 * before it, or, if all passes agree, the code of the last graph. The failing graph is then shrunk to the nodes that
 * still show the error.
 */
import type { Source, Span } from "../../dsl/span.ts";
import { comparedStage, compareGraphs, compareResults, compareStages, named, type Difference } from "./compare.ts";
import { stagesOfGraph, type CompileOptions, type GraphStage } from "../compile.ts";
import { evaluateWithBounds, type Bounded, type GraphData } from "./error-bound.ts";
import { evaluate } from "../graph/evaluate.ts";
import { spanOf } from "../graph/provenance.ts";
import type { Graph, Node, Program } from "../graph/ir.ts";
import { shrinkGraph, shrinkGraphAsync } from "./shrink.ts";
import { exactDifference, largest, type LargestDifference } from "./largest-errors.ts";
import { RewriteLog } from "../graph/rules/log.ts";
import { isLate, runPasses } from "../passes/driver.ts";
import type { Pass } from "../passes/pass.ts";
import { pipeline } from "../pipeline.ts";
import { dataFor, initialData, runCompiled } from "./run-graph.ts";
import { elaborateSmall } from "../inspect/assumed-dims.ts";
import { present } from "../support/invariant.ts";
import { at } from "../support/lists.ts";

export interface BisectOptions extends CompileOptions {
  readonly entry: string;
  readonly seed?: number;
  /** The number of graphs to try at most while shrinking. */
  readonly budget?: number;
  /** Receives a line of text at the start of each step. */
  readonly onProgress?: (message: string) => void;
}

export type Verdict =
  | {
      readonly kind: "agrees";
      /** The number of passes that ran. */
      readonly stages: number;
      /** The last graph against the first, both in f32; null if no result has a finite bound. */
      readonly passes: LargestDifference | null;
      /** The compiled code against the last graph. */
      readonly code: LargestDifference | null;
    }
  | {
      readonly kind: "pass";
      /** A name that `dlc dump --stage` takes. */
      readonly stage: string;
      readonly pass: Pass;
      /** In the whole model, before shrinking. */
      readonly difference: Difference;
      readonly small: SmallCase & { readonly after: Graph; readonly rewrite: WrongRewrite | null };
    }
  | { readonly kind: "code"; readonly difference: Difference; readonly small: SmallCase };

export interface SmallCase {
  readonly before: Graph;
  readonly difference: Difference;
  /** The node of `before` whose value differs. */
  readonly node: Node;
  /** The node's source range, or that of its nearest ancestor that has one. */
  readonly span: Span | null;
}

/** The first rewrite of a pass after which the results differ. */
export interface WrongRewrite {
  /** The text or the name of the rule. */
  readonly rule: string;
  /** From 1. */
  readonly position: number;
  /** The number of rewrites of the whole pass. */
  readonly count: number;
}

export interface Bisection {
  readonly verdict: Verdict;
  /** Sizes of dims that the options leave open. */
  readonly assumed: Readonly<Record<string, number>>;
}

/**
 * Compares the stages of one entry on data drawn from the seed. Throws a `DiagnosticError` for errors in the text or
 * the options.
 */
export async function bisect(source: Source, options: BisectOptions): Promise<Bisection> {
  const { program, assumed } = elaborateSmall(source, { ...options, entries: [options.entry] });
  return { verdict: await verdictOf(program, options), assumed };
}

async function verdictOf(
  program: Program,
  { entry, seed = 0, budget = 300, onProgress = () => {}, ...options }: BisectOptions,
): Promise<Verdict> {
  const graph = present(
    program.entries.find((candidate) => candidate.graph.name === entry)?.graph,
    `elaboration left ${entry} out`,
  );
  const stages = stagesOfGraph(graph, options);
  const data = initialData(program, graph, seed);

  onProgress(`comparing ${stages.length - 1} stages`);
  const broken = compareStages(stages.map(comparedStage), data);
  if (broken !== null) {
    onProgress(`${broken.stage} disagrees; shrinking`);
    return shrunkPass(stages, broken, { data, seed, budget, options });
  }
  onProgress("running the compiled code");
  const last = at(
    stages,
    stages.findLastIndex(({ pass }) => pass === null || !isLate(pass)),
  ).graph;
  const relaxed = isRelaxed(options);
  const code = { ...options, passes: (options.passes ?? pipeline).filter(isLate) };
  const results = await runCompiled(last, data, code);
  const bounds = named(evaluateWithBounds(last, data));
  const largestOfCode = largest(bounds, results);
  const difference = (largestOfCode?.share ?? 0) > 1 ? largestOfCode : exactDifference(last, results, data, relaxed);
  if (difference === null) {
    return {
      kind: "agrees",
      stages: stages.length - 1,
      passes: largestOfPasses(graph, last, bounds, data),
      code: largestOfCode,
    };
  }
  onProgress("the compiled code disagrees; shrinking");
  const compare = async (candidate: Graph): Promise<Difference | null> => {
    const own = dataFor(candidate, data, seed);
    return compareResults(candidate, await runCompiled(candidate, own, code), own, { relaxed });
  };
  const before = await shrinkGraphAsync(last, async (candidate) => (await compare(candidate)) !== null, { budget });
  return { kind: "code", difference, small: smallCase(before, (await compare(before)) ?? difference) };
}

/** Whether the code may round a multiply-add only once. */
const isRelaxed = ({ mode, target }: Pick<CompileOptions, "mode" | "target">): boolean =>
  mode !== "strict" && (target ?? "wasm") === "wasm";

/**
 * The last graph against the first, in f32: passes that keep f32 results may round constants to f32, so a comparison in
 * f64 would show that rounding.
 */
function largestOfPasses(
  first: Graph,
  last: Graph,
  bounds: ReadonlyMap<string, Bounded>,
  data: GraphData,
): LargestDifference | null {
  const [wanted, got] = [first, last].map((graph) => named(evaluate(graph, { ...data, precision: "f32" })));
  const around = new Map(
    [...bounds].map(([what, { error }]) => [what, { value: present(wanted?.get(what), what), error }]),
  );
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
  const index = stages.findIndex(({ name }) => name === stage);
  const pass = present(at(stages, index).pass, `${stage} is not a pass`);
  const run = (candidate: Graph, rewrites = new RewriteLog()): Graph =>
    runPasses(candidate, [pass], { rewrites, ...(options.frozen !== undefined && { frozen: options.frozen }) });
  const compare = (candidate: Graph, rewrites = new RewriteLog()): Difference | null =>
    compareGraphs(candidate, run(candidate, rewrites), pass.exact, dataFor(candidate, data, seed));
  const whole = at(stages, index - 1).graph;
  const before = shrinkGraph(whole, (candidate) => compare(candidate) !== null, { budget });
  return {
    kind: "pass",
    stage,
    pass,
    difference,
    small: {
      ...smallCase(before, compare(before) ?? difference),
      after: run(before),
      rewrite: wrongRewrite((rewrites) => compare(before, rewrites) === null),
    },
  };
}

/**
 * The first rewrite after which the results differ, by binary search over the number of rewrites; null if the pass
 * makes none, or if they agree after the last one. `agrees` runs the pass with the given log.
 */
function wrongRewrite(agrees: (rewrites: RewriteLog) => boolean): WrongRewrite | null {
  const all = new RewriteLog();
  if (agrees(all)) return null;
  let [right, wrong] = [0, all.rules.length];
  if (!agrees(new RewriteLog(right))) return null;
  while (wrong - right > 1) {
    const middle = (right + wrong) >> 1;
    if (agrees(new RewriteLog(middle))) right = middle;
    else wrong = middle;
  }
  return { rule: at(all.rules, right), position: wrong, count: all.rules.length };
}

function smallCase(before: Graph, difference: Difference): SmallCase {
  const results = named({
    outputs: new Map(before.outputs.map(({ name, value }) => [name, value])),
    writes: new Map(before.writes.map(({ path, value }) => [path, value])),
  });
  const { node } = present(results.get(difference.what) ?? [...results.values()][0], "the graph has no results");
  return { before, difference, node, span: nearestSpan(node) };
}

/** The source range of the node, or of the nearest ancestor that has one (breadth-first over operands). */
export function nearestSpan(node: Node): Span | null {
  let level: readonly Node[] = [node];
  const seen = new Set<Node>();
  while (level.length > 0) {
    const found = level.map(spanOf).find((span) => span !== null);
    if (found !== undefined) return found;
    level.forEach((each) => seen.add(each));
    level = [...new Set(level.flatMap(({ operands }) => operands.map((value) => value.node)))].filter(
      (each) => !seen.has(each),
    );
  }
  return null;
}

// Runs a list of passes. Order, timing, verification and `--without` are handled here, so that a pass is only its
// `run`.
import type { Graph } from "../graph/ir.ts";
import { mapRegions } from "../graph/rebuild.ts";
import { verify } from "../graph/verify.ts";
import { invariant } from "../support/invariant.ts";
import { checkFact } from "./facts.ts";
import { noteFacts, type Fact, type Pass, type PassOptions } from "./pass.ts";

export interface RunOptions extends PassOptions {
  /** Names of passes to leave out. */
  readonly without?: ReadonlySet<string>;
  /** Checks the graph and the facts after every pass. */
  readonly verify?: boolean;
  /** Called after each pass, with the time that it took. */
  readonly onStage?: (pass: Pass, before: Graph, after: Graph, ms: number) => void;
}

export function runPasses(graph: Graph, pipeline: readonly Pass[], options: RunOptions): Graph {
  const facts = new Set<Fact>();
  return pipeline
    .filter(({ name }) => !(options.without?.has(name) ?? false))
    .reduce((before, pass) => {
      const start = performance.now();
      before.lineage.pass = pass.name;
      const after = runInside(pass, before, options);
      before.lineage.pass = null;
      const ms = performance.now() - start;
      update(facts, pass);
      if (options.verify ?? false) {
        verify(after);
        facts.forEach((fact) => checkInside(fact, after));
      }
      options.onStage?.(pass, before, after, ms);
      return after;
    }, graph);
}

/** The pass on every region, innermost first, then on the graph around them. */
function runInside(pass: Pass, graph: Graph, options: PassOptions): Graph {
  return pass.run(
    mapRegions(graph, (region) => runInside(pass, region, { ...options, region: true })),
    options,
  );
}

function checkInside(fact: Fact, graph: Graph): void {
  for (const region of graph.nodes.flatMap(({ regions }) => regions)) checkInside(fact, region);
  checkFact(fact, graph);
}

/**
 * Checks that every fact that a pass needs, or that `after` requires of the result, is provided by an earlier pass.
 * Called when the module of the pipeline loads.
 */
export function checkNeeds(pipeline: readonly Pass[], after: readonly Fact[] = []): void {
  const facts = new Set<Fact>();
  for (const pass of pipeline) {
    for (const fact of pass.needs) invariant(facts.has(fact), `the pass ${pass.name} needs a graph that is ${fact}`);
    update(facts, pass);
  }
  for (const fact of after) invariant(facts.has(fact), `code generation needs a graph that is ${fact}`);
}

/**
 * Names of the passes that cannot be omitted: another pass, or the consumer of the result (`after`), needs a fact that
 * they provide.
 */
export function required(pipeline: readonly Pass[], after: readonly Fact[] = []): ReadonlySet<string> {
  const needed = new Set([...pipeline.flatMap((pass) => pass.needs), ...after]);
  return new Set(pipeline.filter((pass) => pass.provides.some((fact) => needed.has(fact))).map((pass) => pass.name));
}

/**
 * Whether the pass only annotates a graph for code generation, with notes that do not survive another pass. A graph
 * that is compiled separately runs these again.
 */
export const isLate = (pass: Pass): boolean => noteFacts.some((fact) => pass.provides.includes(fact));

function update(facts: Set<Fact>, pass: Pass): void {
  for (const fact of noteFacts) if (!pass.needs.includes(fact)) facts.delete(fact);
  pass.provides.forEach((fact) => facts.add(fact));
}

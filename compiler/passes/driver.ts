// Runs a list of passes. What every pass shares (order, time, verification, switching off) is here, so that a pass is only its `run`.
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
 * Every fact that a pass needs, and that `after` asks of the result, was given earlier and holds. To be called when the module with the list loads.
 */
export function checkNeeds(pipeline: readonly Pass[], after: readonly Fact[] = []): void {
  const facts = new Set<Fact>();
  for (const pass of pipeline) {
    for (const fact of pass.needs) invariant(facts.has(fact), `the pass ${pass.name} needs a graph that is ${fact}`);
    update(facts, pass);
  }
  for (const fact of after) invariant(facts.has(fact), `code needs a graph that is ${fact}`);
}

/** Names of the passes that cannot be left out: another pass of the list, or what is done with the graph afterwards, needs what they give. */
export function required(pipeline: readonly Pass[], after: readonly Fact[] = []): ReadonlySet<string> {
  const needed = new Set([...pipeline.flatMap((pass) => pass.needs), ...after]);
  return new Set(pipeline.filter((pass) => pass.gives.some((fact) => needed.has(fact))).map((pass) => pass.name));
}

/** Whether the pass only prepares a graph for code, by notes that do not survive another pass. A graph that is compiled by itself goes through these again. */
export const isLate = (pass: Pass): boolean => noteFacts.some((fact) => pass.gives.includes(fact));

function update(facts: Set<Fact>, pass: Pass): void {
  for (const fact of noteFacts) if (!pass.needs.includes(fact)) facts.delete(fact);
  pass.gives.forEach((fact) => facts.add(fact));
}

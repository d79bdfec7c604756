// The use of a pipeline stage: the cost of programs compiled with and without it.
import { readdirSync, readFileSync } from "node:fs";
import { createResolver } from "../../cli/host/resolver.ts";
import { elaborate } from "../../compiler/frontend/program.ts";
import { parseGraph } from "../../compiler/graph/parse.ts";
import type { Graph, Program } from "../../compiler/graph/ir.ts";
import { assemble } from "../../compiler/link/assemble.ts";
import { ops } from "../../compiler/ops/table.ts";
import { runPasses } from "../../compiler/passes/driver.ts";
import { stageNamesOf } from "../../compiler/passes/order.ts";
import type { Pass, PassOptions } from "../../compiler/passes/pass.ts";
import { pipeline, requiredPasses } from "../../compiler/pipeline.ts";
import { InvariantError, present } from "../../compiler/support/invariant.ts";
import { defaultMachine } from "../../compiler/support/machine.ts";
import { initialData, programOf, withoutNotes } from "../../compiler/trust/run-graph.ts";
import { flopsOf, type Step } from "../../runtime/plan.ts";

const list: readonly Pass[] = pipeline;
export const stages = stageNamesOf(list);

/** The compared costs, the most important first. */
const costs = ["kernels run", "operations", "bytes moved", "bytes of memory"] as const;
type Costs = Readonly<Record<(typeof costs)[number], number>>;

interface Subject {
  /** For example `recurrent.dl step`. */
  readonly name: string;
  readonly program: Program;
  readonly graph: Graph;
  readonly options: PassOptions;
}

/**
 * The entries of the programs beside this file, smallest first, those without writes also with frozen weights; then
 * every golden's graph before its pass.
 */
function subjects(): readonly Subject[] {
  const folder = "test/passes/programs";
  const entries = readdirSync(folder).flatMap((file) => {
    const path = `${folder}/${file}`;
    const { program } = elaborate(
      { name: path, text: readFileSync(path, "utf8") },
      { variants: [{ N: 8, T: 6 }], resolve: createResolver(path) },
    );
    return present(program, `${path} has errors`).entries.flatMap(({ graph, dims }): readonly Subject[] => {
      if (graph.name === "init" || program === null) return [];
      const one = {
        name: `${file} ${graph.name}`,
        program: { ...program, entries: [{ graph, dims }] },
        graph,
        options: {},
      };
      if (graph.writes.length > 0) return [one];
      return [
        one,
        { ...one, name: `${one.name}, frozen`, options: { frozen: initialData(program, graph, 1).persistent } },
      ];
    });
  });
  const goldens = readdirSync("test/golden/passes").map((file): Subject => {
    const [text = ""] = readFileSync(`test/golden/passes/${file}`, "utf8").split(/^----.*(?:\n|$)/m);
    const graph = withoutNotes(parseGraph(text, ops));
    return { name: file, program: programOf(graph), graph, options: {} };
  });
  return [...entries.toSorted((a, b) => size(a.graph) - size(b.graph)), ...goldens];
}

const size = ({ nodes }: Graph): number =>
  nodes.reduce((sum, { regions }) => sum + 1 + regions.reduce((inner, region) => inner + size(region), 0), 0);

/** A subject compiled with every stage, and its graph before each of them. */
interface Compiled extends Subject {
  readonly before: readonly Graph[];
  readonly costs: Costs;
}

const compiled: Compiled[] = [];
let waiting: readonly Subject[] | null = null;

/** The subjects in order, compiled on first use. */
function* compiledSubjects(): Generator<Compiled> {
  waiting ??= subjects();
  for (const [i, subject] of waiting.entries()) yield (compiled[i] ??= compile(subject));
}

function compile(subject: Subject): Compiled {
  const before: Graph[] = [];
  const final = runPasses(subject.graph, list, { ...subject.options, onStage: (_, graph) => void before.push(graph) });
  return { ...subject, before, costs: costsOf(subject.program, final) };
}

/** Costs of one call, without the weights stage; memory of the whole module. */
function costsOf(program: Program, graph: Graph): Costs {
  const { plan } = assemble(program, [{ dims: {}, graph }], { profile: false, guards: false, machine: defaultMachine });
  const steps = present(plan.entries[0], "the program has an entry").steps;
  return {
    "kernels run": total(steps, () => 1),
    operations: flopsOf(steps),
    "bytes moved": total(steps, ({ bytes }) => bytes),
    "bytes of memory": plan.arenaBytes,
  };
}

/** A total over steps; counts one iteration of a `while` and the larger side of a branch. */
function total(steps: readonly Step[], of: (call: Extract<Step, { kind: "call" }>) => number): number {
  return steps.reduce((sum, step) => {
    switch (step.kind) {
      case "call":
        return sum + of(step);
      case "loop":
        return sum + step.turns * total(step.body, of);
      case "while":
        return sum + total(step.condition, of) + total(step.body, of);
      case "branch":
        return sum + Math.max(total(step.then, of), total(step.otherwise, of));
    }
  }, 0);
}

/** Differences up to this share are alignment noise. */
const accident = 0.001;

/** The first program that is worse without the stage, and the cost that is worse; null if there is none. */
export function worseWithout(stage: string): string | null {
  const index = stages.indexOf(stage);
  const { name } = present(list[index], `${stage} is not in the pipeline`);
  for (const subject of compiledSubjects()) {
    const start = present(subject.before[index], "the graph before the stage");
    try {
      const without = costsOf(subject.program, runPasses(start, list.slice(index + 1), subject.options));
      const differing = costs.find(
        (cost) => Math.abs(without[cost] - subject.costs[cost]) > accident * subject.costs[cost],
      );
      if (differing !== undefined && without[differing] > subject.costs[differing])
        return `${subject.name}: ${without[differing]} ${differing} without it, ${subject.costs[differing]} with it`;
    } catch (error) {
      if (!(error instanceof InvariantError) || !requiredPasses.has(name)) throw error;
      return `${subject.name}: no code can be made without it`;
    }
  }
  return null;
}

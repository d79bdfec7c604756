// The subject of an oracle: a graph with its data, and functions to compile and run it.
import {
  compareResults,
  compareStages,
  Evaluations,
  named,
  type Difference,
  type Results,
} from "../../compiler/trust/compare.ts";
import { compileProgram, type CompiledModule, type CompileOptions, type Target } from "../../compiler/compile.ts";
import { evaluateWithBounds, type GraphData } from "../../compiler/trust/error-bound.ts";
import type { Graph, Value } from "../../compiler/graph/ir.ts";
import { pipeline, requiredPasses } from "../../compiler/pipeline.ts";
import { programOf } from "../../compiler/trust/run-graph.ts";
import { randomData } from "../../compiler/trust/sample-data.ts";
import { isFloat } from "../../compiler/types/tensor-type.ts";
import { present } from "../../compiler/support/invariant.ts";
import { at } from "../../compiler/support/lists.ts";
import { dtypes } from "../../runtime/dtype.ts";
import { memoryGuards } from "../../runtime/guards.ts";
import { createSession, type Session } from "../../runtime/session.ts";
import { countPasses } from "./counters.ts";

export type DataKind = "plain" | "special";

export interface Subject {
  readonly graph: Graph;
  readonly seed: number;
  readonly kind: DataKind;
  readonly data: GraphData;
  /** Whether it can be compiled: kernels do not support f64. */
  readonly compiles: boolean;
}

export function subjectOf(graph: Graph, seed: number, wanted: DataKind): Subject {
  const special = wanted === "special" ? randomData(graph, seed, "special") : null;
  const kind = special !== null && !dividesByZero(graph, special) ? "special" : "plain";
  return {
    graph,
    seed,
    kind,
    data: kind === "special" && special !== null ? special : randomData(graph, seed, "signed"),
    compiles: !hasF64(graph),
  };
}

/**
 * Whether a float is divided by zero: passes need not keep the sign of a zero, and so of the quotient. Values that f32
 * rounds to zero count as zero.
 */
function dividesByZero(graph: Graph, data: GraphData): boolean {
  const small = new Set<Value>();
  let found = false;
  evaluateWithBounds(graph, data, (node, results) => {
    results.forEach(({ value }, i) => {
      const result = node.results[i];
      if (result !== undefined && value.data.some((x) => Math.abs(x) < 1e-37)) small.add(result);
    });
    const divisor = node.operands[1];
    found ||= node.op.name === "div" && divisor !== undefined && isFloat(divisor.type.dtype) && small.has(divisor);
  });
  return found;
}

const hasF64 = ({ nodes }: Graph): boolean =>
  nodes.some(({ results, regions }) => results.some(({ type }) => type.dtype === "f64") || regions.some(hasF64));

export type Build = Omit<CompileOptions, "resolve">;

/**
 * Compiles with default options; with special data without passes that may round differently, so that results are
 * comparable bit for bit.
 */
export function compiled({ graph, kind }: Subject, options: Build = {}): CompiledModule {
  const { passes = pipeline, without = [] } = options;
  const rounding = passes.filter((pass) => !pass.exact && !requiredPasses.has(pass.name)).map(({ name }) => name);
  const module = compileProgram(programOf(graph), {
    mode: "strict",
    ...options,
    ...(kind === "special" && { without: [...without, ...rounding] }),
  });
  countPasses(module);
  return module;
}

export const finalGraph = (module: CompiledModule): Graph => at(module.entries, 0).graph;

export async function sessionOf(
  module: CompiledModule,
  target: Target = "wasm",
  mode: "fast" | "strict" = "strict",
): Promise<Session> {
  return createSession(module.plan, await module.code(target), {
    mode,
    checks: false,
    ...(module.plan.guards !== undefined && { guards: memoryGuards }),
  });
}

/**
 * Calls the entry on the data; returns outputs and written values. With `keep`, params and state are not set, so that
 * the weights stage need not rerun.
 */
export function call(
  session: Session,
  { graph }: Subject,
  { inputs, persistent }: GraphData,
  { keep = false } = {},
): Results {
  if (!keep) {
    for (const [path, values] of persistent) session.state.get(path)?.data.set(values);
    session.touch();
  }
  const outputs = session.run(
    graph.name,
    Object.fromEntries(
      graph.inputs.map(({ node, type }) => [
        String(node.attrs["name"]),
        new dtypes[type.dtype].array(present(inputs.get(String(node.attrs["name"])), "data")),
      ]),
    ),
  );
  const arrays = new Map(Object.entries(outputs).map(([name, { data }]) => [name, Float64Array.from(data)]));
  const writes = new Map(
    graph.writes.map(({ path }) => [path, Float64Array.from(present(session.state.get(path), path).data)]),
  );
  return named({ outputs: arrays, writes });
}

/** Compares every stage with the one before, and the code with the last graph; with special data bit for bit. */
export function disagreement(
  subject: Subject,
  module: CompiledModule,
  results: Results,
  relaxed = false,
): string | null {
  const { data, kind } = subject;
  const stages = at(module.entries, 0).stages.map(({ name, graph, pass }) => ({
    name,
    graph,
    exact: kind === "special" || (pass?.exact ?? true),
  }));
  const known = new Evaluations(data);
  const broken = compareStages(stages, data, known);
  return (
    (broken && describeDifference(broken.stage, broken.difference)) ??
    describeDifference("the code", compareResults(finalGraph(module), results, data, { relaxed, known }))
  );
}

export const describeDifference = (subject: string, difference: Difference | null): string | null =>
  difference === null
    ? null
    : `${subject}: ${difference.what}[${difference.index}] is ${difference.got}, not ${difference.wanted}${difference.allowed === 0 ? "" : ` within ${difference.allowed.toExponential(1)}`}`;

// Compiles uses of one op as a module and runs them on every target.
import { type CompiledModule, compileProgram } from "../../../compiler/compile.ts";
import { GraphBuilder } from "../../../compiler/graph/build.ts";
import { evaluate, type Precision } from "../../../compiler/graph/evaluate.ts";
import { isInput, pathOf, stringAttr } from "../../../compiler/graph/facts.ts";
import type { Graph, Persistent, Program, Value } from "../../../compiler/graph/ir.ts";
import type { Op, Sample } from "../../../compiler/graph/op.ts";
import { ops } from "../../../compiler/ops/table.ts";
import { present } from "../../../compiler/support/invariant.ts";
import { isFloat } from "../../../compiler/types/tensor-type.ts";
import { dtypes } from "../../../runtime/dtype.ts";
import { createSession, type Session } from "../../../runtime/session.ts";

/** By the name of an input, or the path of a param or state. */
export type Data = ReadonlyMap<string, Float64Array>;
export type Results = ReadonlyMap<string, Float64Array>;

/** Every target by name. `strict` and `fast` are WebAssembly. */
export interface Targets {
  readonly strict: Session;
  readonly fast: Session;
  readonly js: Session;
}

const init = (): Graph => new GraphBuilder("init", ops).build();

export function programOf(graphs: readonly Graph[]): Program {
  const persistent = new Map<string, Persistent>();
  for (const { nodes } of graphs)
    for (const node of nodes) {
      const path = pathOf(node);
      if (path !== null)
        persistent.set(path, {
          kind: node.op.name === "state" ? "state" : "param",
          path,
          type: present(node.results[0], path).type,
          span: null,
        });
    }
  return {
    name: "targets",
    persistent: [...persistent.values()],
    entries: [...graphs, init()].map((graph) => ({ dims: {}, graph })),
  };
}

export const compiled = (graphs: readonly Graph[]): CompiledModule => compileProgram(programOf(graphs), {});

export async function targetsOf(module: CompiledModule): Promise<Targets> {
  const wasm = await module.code("wasm");
  return {
    strict: await createSession(module.plan, wasm, { mode: "strict", checks: false }),
    fast: await createSession(module.plan, wasm, { mode: "fast", checks: false }),
    js: await createSession(module.plan, await module.code("js"), { checks: false }),
  };
}

/** Outputs and written values, by name. */
export function run(session: Session, graph: Graph, data: Data): Results {
  for (const [path, state] of session.state) if (data.has(path)) state.data.set(present(data.get(path), path));
  session.touch();
  const inputs = graph.inputs.map(({ node, type }) => {
    const name = stringAttr(node.attrs, "name");
    return [name, new dtypes[type.dtype].array(present(data.get(name), name))] as const;
  });
  const outputs = Object.entries(session.run(graph.name, Object.fromEntries(inputs))).map(
    ([name, { data: values }]) => [name, Float64Array.from(values)] as const,
  );
  const written = graph.writes.map(
    ({ path }) => [`write ${path}`, Float64Array.from(present(session.state.get(path), path).data)] as const,
  );
  return new Map([...outputs, ...written]);
}

export function reference(graph: Graph, data: Data, precision: Precision): Results {
  const { outputs, writes } = evaluate(graph, { inputs: data, persistent: data, precision });
  return new Map([
    ...Array.from(outputs, ([name, { data: values }]) => [name, values] as const),
    ...Array.from(writes, ([path, { data: values }]) => [`write ${path}`, values] as const),
  ]);
}

/** Leaves of a graph by their names in `Data`. */
export const leavesOf = (graph: Graph): ReadonlyMap<string, Value> =>
  new Map(
    graph.nodes.flatMap((node) => {
      const name = isInput(node) ? stringAttr(node.attrs, "name") : pathOf(node);
      return name === null ? [] : node.results.map((value) => [name, value] as const);
    }),
  );

/** A graph with one output for each use of the op, each with separate operands. */
export function graphOf(op: Op, name: string, samples: readonly Sample[]): Graph {
  const g = new GraphBuilder(name, ops);
  samples.forEach(({ operands, attrs = {} }, i) => {
    const path = `${name}_${i}`;
    const inputs = operands.map((type, k) => g.input(`${path}_${k}`, type));
    for (const [k, value] of resultsOf(g, op, path, inputs, attrs).entries())
      g.output(k === 0 ? path : `${path}_${k}`, value);
  });
  return g.build();
}

/** The gradient of the sum of the results of each use, with respect to its float operands. */
export function gradientGraphOf(op: Op, name: string, samples: readonly Sample[]): Graph {
  const g = new GraphBuilder(name, ops);
  samples.forEach(({ operands, attrs = {} }, i) => {
    const inputs = operands.map((type, k) => g.input(`${name}_${i}_${k}`, type));
    const sums = g.callAll(op.name, inputs, attrs).map((value) => g.sum(value, [...value.type.shape.keys()]));
    const targets = inputs.filter(({ type }) => isFloat(type.dtype));
    const loss = sums.reduce((a, b) => g.add(a, b));
    g.callAll("gradient", [loss, ...targets]).forEach((value, k) => g.output(`${name}_${i}_d${k}`, value));
  });
  return g.build();
}

function resultsOf(
  g: GraphBuilder,
  op: Op,
  path: string,
  operands: readonly Value[],
  attrs: Sample["attrs"] & {},
): readonly Value[] {
  if (op.name === "input") {
    const { dtype, shape } = attrs as unknown as Value["type"];
    return [g.input(`${path}_x`, { dtype, shape })];
  }
  if (op.name === "param" || op.name === "state") return g.callAll(op.name, [], { ...attrs, path: `${path}_x` });
  if (op.name === "carry") {
    const { dtype, shape } = attrs as unknown as Value["type"];
    const body = new GraphBuilder("body", ops);
    body.output("y", body.carry("h", { dtype, shape }));
    const start = g.input(`${path}_x`, { dtype, shape });
    return g.callAll("scan", [start], { carries: 1, sequences: 0, length: 2 }, [body.build()]).slice(1);
  }
  if (op.name === "gradient") {
    // A loss that depends on the targets.
    const [loss, a, b] = operands as readonly [Value, Value, Value];
    const [left, right] = [g.convert(a, loss.type.dtype), g.convert(b, loss.type.dtype)];
    return g.callAll("gradient", [g.mul(loss, g.sum(g.mul(left, right), [...a.type.shape.keys()])), a, b]);
  }
  return g.callAll(op.name, operands, attrs);
}

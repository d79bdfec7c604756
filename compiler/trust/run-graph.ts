// One call of a compiled graph, or of an entry of a program, on given data.
import { dtypes } from "../../runtime/dtype.ts";
import { memoryGuards } from "../../runtime/guards.ts";
import { createSession } from "../../runtime/session.ts";
import { named, type Results } from "./compare.ts";
import { compileProgram, type CompileOptions } from "../compile.ts";
import { GraphBuilder } from "../graph/build.ts";
import type { GraphData } from "./error-bound.ts";
import { evaluate } from "../graph/evaluate.ts";
import { isInput, isPersistent, nameOf, pathOf, resultOf, stringAttr } from "../graph/facts.ts";
import type { Graph, Persistent, Program } from "../graph/ir.ts";
import { spanOf } from "../graph/provenance.ts";
import { annotate } from "../graph/rebuild.ts";
import { randomData } from "./sample-data.ts";
import { present } from "../support/invariant.ts";
import { elements } from "../types/tensor-type.ts";

export type RunGraphOptions = Omit<CompileOptions, "resolve" | "entries" | "dims" | "variants">;

/** A program whose one entry is the graph; its params and states are those that the graph reads or writes. */
export function programOf(graph: Graph): Program {
  const read = graph.nodes.filter(isPersistent).map((node): Persistent => {
    const path = stringAttr(node.attrs, "path");
    return { kind: node.op.name === "param" ? "param" : "state", path, type: resultOf(node).type, span: spanOf(node) };
  });
  const written = graph.writes.map(({ path, value }): Persistent => ({
    kind: "state",
    path,
    type: value.type,
    span: null,
  }));
  const persistent = new Map([...written, ...read].map((tensor) => [tensor.path, tensor]));
  const init = new GraphBuilder("init", graph.table).build();
  return {
    name: graph.name,
    persistent: [...persistent.values()],
    entries: [graph, init].map((entry) => ({ dims: {}, graph: entry })),
  };
}

/**
 * Compiles the graph and calls it once; returns its outputs and the tensors that it wrote. With `guards`, checks every
 * memory access.
 */
export async function runCompiled(graph: Graph, data: GraphData, options: RunGraphOptions): Promise<Results> {
  const module = compileProgram(programOf(graph), options);
  const session = await createSession(module.plan, await module.code(), {
    checks: false,
    ...(options.mode !== undefined && { mode: options.mode }),
    ...(options.guards === true && { guards: memoryGuards }),
  });
  for (const [path, values] of data.persistent) session.state.get(path)?.data.set(values);
  session.touch();
  const inputs = graph.inputs.map((value) => {
    const name = nameOf(value);
    const { type } = value;
    return [
      name,
      { data: new dtypes[type.dtype].array(present(data.inputs.get(name), `${name} has no data`)), shape: type.shape },
    ] as const;
  });
  const outputs = session.run(graph.name, Object.fromEntries(inputs));
  return named({
    outputs: new Map(Object.entries(outputs).map(([name, { data: values }]) => [name, Float64Array.from(values)])),
    writes: new Map(
      graph.writes.map(({ path }) => [path, Float64Array.from(present(session.state.get(path), path).data)]),
    ),
  });
}

/** Params and states as `init` writes them from the seed, and random inputs. */
export function initialData({ persistent, entries }: Program, graph: Graph, seed: number): GraphData {
  const zeros = new Map(persistent.map(({ path, type }) => [path, new Float64Array(elements(type.shape))]));
  zeros.get("rng.seed")?.set([seed | 0, Math.floor(seed / 2 ** 32) | 0]);
  const init = entries.find((entry) => entry.graph.name === "init")?.graph;
  const made =
    init === undefined
      ? new Map<string, never>()
      : evaluate(init, { inputs: new Map(), persistent: zeros, precision: "f32" }).writes;
  return {
    inputs: randomData(graph, seed).inputs,
    persistent: new Map([...zeros].map(([path, values]) => [path, made.get(path)?.data ?? values])),
  };
}

/**
 * Data for a shrunk graph: inputs and persistent tensors of unchanged size keep their `known` data; the others are
 * random.
 */
export function dataFor(graph: Graph, known: GraphData, seed: number): GraphData {
  const random = randomData(graph, seed);
  const sizes = new Map<string, number>();
  for (const node of graph.nodes) {
    const name = isInput(node) ? `input ${stringAttr(node.attrs, "name")}` : `path ${pathOf(node)}`;
    sizes.set(name, elements(resultOf(node).type.shape));
  }
  const pick = (
    kind: string,
    fresh: ReadonlyMap<string, Float64Array>,
    old: ReadonlyMap<string, Float64Array>,
  ): Map<string, Float64Array> =>
    new Map(
      [...fresh].map(([name, values]) => [
        name,
        old.get(name)?.length === sizes.get(`${kind} ${name}`) ? present(old.get(name), name) : values,
      ]),
    );
  return {
    inputs: pick("input", random.inputs, known.inputs),
    persistent: pick("path", random.persistent, known.persistent),
  };
}

/** The graph without stages, groups and memory locations. */
export const withoutNotes = (graph: Graph): Graph => annotate(graph, () => ({}));

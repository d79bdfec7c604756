import { expandGradients } from "../../compiler/graph/autodiff.ts";
import { pushForward } from "../../compiler/graph/autodiff-forward.ts";
import { GraphBuilder } from "../../compiler/graph/build.ts";
import { evaluate } from "../../compiler/graph/evaluate.ts";
import { isInput, isPersistent, pathOf, stringAttr } from "../../compiler/graph/facts.ts";
import { inlineRegion } from "../../compiler/graph/inline.ts";
import type { Graph, Value } from "../../compiler/graph/ir.ts";
import { copyNode, dropDead } from "../../compiler/graph/rebuild.ts";
import { ops } from "../../compiler/ops/table.ts";
import { present } from "../../compiler/support/invariant.ts";
import { elements, isFloat } from "../../compiler/types/tensor-type.ts";

export type Data = ReadonlyMap<string, Float64Array>;

/**
 * A function at a point, from the inputs of a graph to its outputs. The graph has no params or state, so that all
 * derivatives are with respect to inputs.
 */
export interface Subject {
  readonly description: string;
  readonly graph: Graph;
  readonly data: Data;
  /** The inputs with respect to which derivatives are taken. */
  readonly of: readonly string[];
}

export const nameOf = ({ node }: Value): string => stringAttr(node.attrs, "name");
const moves = ({ type }: Value): boolean => isFloat(type.dtype);
export const size = ({ type }: Value): number => elements(type.shape);

/** By default, derivatives are with respect to all float inputs. */
export function subject(description: string, graph: Graph, data: Data, of?: readonly string[]): Subject {
  const smooth = graph.outputs.filter(({ value }) => moves(value));
  const ready = dropDead(expandGradients({ ...graph, outputs: smooth, writes: [] }));
  return { description, graph: ready, data, of: of ?? graph.inputs.filter(moves).map(nameOf) };
}

/** The graph with params and state as inputs, named by their paths. */
export function closed(graph: Graph): Graph {
  const g = new GraphBuilder(graph.name, graph.table);
  const values = new Map<Value, Value>();
  const now = (value: Value): Value => present(values.get(value), "a value is defined before its use");
  for (const node of graph.nodes) {
    const given = isInput(node) || isPersistent(node);
    const results = given
      ? node.results.map(({ type }) => g.input(pathOf(node) ?? stringAttr(node.attrs, "name"), type))
      : copyNode(g, node, node.operands.map(now)).results;
    node.results.forEach((value, index) => values.set(value, present(results[index], "a copy has as many results")));
  }
  graph.outputs.forEach(({ name, value }) => g.output(name, now(value)));
  return g.build();
}

/** The outputs in order, computed in f64. */
export function run(graph: Graph, data: Data): readonly Float64Array[] {
  const { outputs } = evaluate(graph, { inputs: data, persistent: new Map(), precision: "f64" });
  return graph.outputs.map(({ name }) => present(outputs.get(name), name).data);
}

interface Opened {
  readonly g: GraphBuilder;
  readonly targets: readonly Value[];
  readonly outputs: readonly Value[];
}

/** A builder with the inputs and the nodes of the subject's graph. */
function opened({ graph, of }: Subject): Opened {
  const g = new GraphBuilder(graph.name, ops);
  const inputs = graph.inputs.map((value) => g.input(nameOf(value), value.type));
  const { outputs } = inlineRegion(g, graph, inputs);
  const targets = of.map((name) =>
    present(
      inputs.find((value) => nameOf(value) === name),
      `there is an input ${name}`,
    ),
  );
  return { g, targets, outputs };
}

const sumOfProducts = (g: GraphBuilder, a: Value, b: Value): Value =>
  g.convert(g.sum(g.mul(a, b), [...a.type.shape.keys()]), "f64");

/** A name prefix for weights or tangents that no input has. */
const fresh = ({ graph }: Subject, prefix: string): string => `${prefix}${graph.inputs.length}_`;

export interface Derived {
  readonly graph: Graph;
  /** Names of the inputs that were added to those of the function. */
  readonly added: readonly string[];
}

/**
 * The vector-Jacobian product: an output for each input in `of`, linear in weights of the outputs, which are additional
 * inputs.
 */
export function transposed(at: Subject): Derived {
  const { g, targets, outputs } = opened(at);
  const weights = outputs.map(({ type }, i) => g.input(`${fresh(at, "u")}${i}`, type));
  const loss = outputs
    .map((y, i) => sumOfProducts(g, present(weights[i], "a weight"), y))
    .reduce((a, b) => g.add(a, b));
  g.callAll("gradient", [loss, ...targets]).forEach((value, i) => g.output(`d${i}`, value));
  return { graph: dropDead(expandGradients(g.build())), added: weights.map(nameOf) };
}

/** The Jacobian-vector product: the tangents of the outputs for tangents of the inputs, which are additional inputs. */
export function pushed(at: Subject): Derived {
  const { g, targets, outputs } = opened(at);
  const tangents = targets.map(({ type }, i) => g.input(`${fresh(at, "t")}${i}`, type));
  pushForward(g, outputs, targets, tangents).forEach((value, i) => g.output(`z${i}`, value));
  return { graph: dropDead(expandGradients(g.build())), added: tangents.map(nameOf) };
}

/** A random number in (-1, 1). */
export type Next = () => number;

export const drawn = (count: number, next: Next): Float64Array =>
  Float64Array.from({ length: count }, () => next() * 2 - 1);

/**
 * The gradient of a random weighting of the outputs, as a function of the inputs and the weights: the subject of the
 * next order.
 */
export function gradientOf(at: Subject, next: Next): Subject {
  const { graph, added } = transposed(at);
  const weights = added.map(
    (name, i) => [name, drawn(size(present(at.graph.outputs[i], "an output").value), next)] as const,
  );
  return {
    description: `the gradient of ${at.description}`,
    graph,
    data: new Map([...at.data, ...weights]),
    of: [...at.of, ...added],
  };
}

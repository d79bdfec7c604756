import type { GraphBuilder } from "../../graph/build.ts";
import { intAttr, isInput } from "../../graph/facts.ts";
import { distinct } from "../../graph/inline.ts";
import type { Graph, Node, Value } from "../../graph/ir.ts";
import { copyNode, rebuild, topological, users } from "../../graph/rebuild.ts";
import { scanParts } from "../../graph/regions.ts";
import { defaultMachine, type SizeLimits } from "../../support/machine.ts";
import { elements } from "../../types/tensor-type.ts";
import { definePass } from "../pass.ts";
import { at } from "../../support/lists.ts";
import { dependenceOf, varies, type Dependence } from "../../analysis/loop-dependence.ts";
import { Outside } from "./hoister.ts";
import { isBatchable, type Iterations } from "./batching.ts";
import { added, sumAfter, sumsOf } from "./batched-sums.ts";
import { trim } from "./dead-carries.ts";
import { levelSums } from "./sum-levels.ts";

/**
 * Moves work that no later iteration depends on to after the loop. A carry that only sums products (the gradient of a
 * weight) becomes one product that also sums over the iterations, and a carry that only sums other terms becomes a sum
 * over their stack, whose error does not grow with the length (levels of sums in the loop, if the stack is too large).
 * A product of an output with an invariant (an output layer, the gradient of a cell's input) becomes one product of the
 * whole stack, followed by the nodes that depend on it. The loop returns the factors instead.
 *
 * As with hoist, the reason is that one long product is many times faster than many short ones.
 */
export const sink = definePass({
  name: "sink",
  doc: "moves work that no later iteration depends on to after loops",
  needs: ["differentiated"],
  provides: [],
  exact: false,
  run: (graph, { machine: { limits } = defaultMachine }) => {
    if (!graph.nodes.some(({ op }) => op.form.kind === "scan")) return graph;
    const scans = (change: Change) => (current: Graph) =>
      trim(
        rebuild(current, (g, node, operands) =>
          node.op.form.kind === "scan" ? change(g, node, operands, limits) : null,
        ),
      );
    return scans(sinkProducts)(scans(levelSums)(scans(sinkSums)(graph)));
  },
});

type Change = (g: GraphBuilder, node: Node, operands: readonly Value[], limits: SizeLimits) => readonly Value[] | null;

/**
 * A scan that also returns the stacks of some values of its body. The stacks of items of its sequences are the
 * sequences.
 */
interface Widened {
  readonly results: readonly Value[];
  readonly stacks: ReadonlyMap<Value, Value>;
}

function widened(g: GraphBuilder, node: Node, operands: readonly Value[], wanted: ReadonlySet<Value>): Widened {
  const body = at(node.regions, 0);
  const { carries, sequences } = scanParts(operands, node.attrs);
  const stacks = new Map<Value, Value>();
  body.inputs.slice(0, sequences.length).forEach((value, index) => stacks.set(value, at(sequences, index)));
  const missing = [...wanted].filter(
    (value) => !stacks.has(value) && !body.outputs.some((output) => output.value === value),
  );
  const taken = new Set(body.outputs.map(({ name }) => name));
  const outputs = [...body.outputs, ...missing.map((value) => ({ name: distinct(taken, value.node.op.name), value }))];
  const { results } = copyNode(g, node, operands, [{ ...body, outputs }]);
  outputs.forEach(({ value }, index) => {
    if (!stacks.has(value)) stacks.set(value, at(results, carries.length + index));
  });
  return { results: results.slice(0, node.results.length), stacks };
}

function sinkSums(
  g: GraphBuilder,
  node: Node,
  operands: readonly Value[],
  limits: SizeLimits,
): readonly Value[] | null {
  const body = at(node.regions, 0);
  const length = intAttr(node.attrs, "length");
  const { carries, sequences } = scanParts(operands, node.attrs);
  if (length === 0) return null;
  const dependence = dependenceOf(body, sequences.length);
  const iterations = { body, length, limits };
  const able = sumsOf(body).flatMap(({ carry, term }) => {
    const sum = sumAfter(term, dependence, iterations);
    return sum === null ? [] : [{ carry, term, sum }];
  });
  if (able.length === 0) return null;
  const { results, stacks } = widened(g, node, operands, new Set(able.flatMap(({ sum }) => sum.stacked)));
  const known = new Map(stacks);
  body.inputs.forEach((value, index) => known.set(value, at(operands, carries.length + index)));
  const outside = new Outside(g, known, dependence, length);
  return results.map((result, index) => {
    const found = able.find(({ carry }) => carry === index);
    if (found === undefined) return result;
    const { term, sum } = found;
    return g.deriving(term.node.provenance, () => added(g, at(operands, index), sum.make(g, outside)));
  });
}

function sinkProducts(
  g: GraphBuilder,
  node: Node,
  operands: readonly Value[],
  limits: SizeLimits,
): readonly Value[] | null {
  const body = at(node.regions, 0);
  const length = intAttr(node.attrs, "length");
  const { carries, sequences } = scanParts(operands, node.attrs);
  if (length === 0) return null;
  const dependence = dependenceOf(body, sequences.length);
  const sunk = sinkable(dependence, { body, length, limits });
  const moved = body.outputs.map(({ value }) => sunk.has(value.node));
  if (!moved.includes(true)) return null;
  const factors = [...sunk].flatMap((each) =>
    each.operands.filter((value) => varies(dependence(value.node)) && !sunk.has(value.node)),
  );
  const { results, stacks } = widened(g, node, operands, new Set(factors));
  // An output may also be an invariant; the product reads the invariant, not its stack.
  const known = new Map([...stacks].filter(([value]) => varies(dependence(value.node)) && !sunk.has(value.node)));
  body.inputs.forEach((value, index) => known.set(value, at(operands, carries.length + index)));
  const outside = new Outside(g, known, dependence, length);
  return results.map((result, index) =>
    moved[index - carries.length] === true ? outside.value(at(body.outputs, index - carries.length).value) : result,
  );
}

/** Products with an invariant that are only used by outputs of the loop, and the nodes that depend on them. */
function sinkable(dependence: (node: Node) => Dependence, iterations: Iterations): ReadonlySet<Node> {
  const { body, length, limits } = iterations;
  const usersOf = users(body);
  const waited = new Set(topological(body.carries.map(({ next }) => next)));
  const able = new Set<Node>();
  for (const node of body.nodes.toReversed()) {
    if (waited.has(node) || isInput(node) || !varies(dependence(node))) continue;
    const readers = node.results.flatMap((value) => usersOf.get(value) ?? []);
    const stacked = node.operands.map((value) => varies(dependence(value.node)));
    const fits = node.operands.every(({ type }) => length * elements(type.shape) <= limits.stacked);
    if (fits && readers.every((reader) => able.has(reader)) && isBatchable(node, stacked, iterations)) able.add(node);
  }
  const sunk = new Set<Node>();
  for (const node of body.nodes) {
    if (!able.has(node)) continue;
    const product = node.op.form.kind === "contract" && node.operands.some((value) => !varies(dependence(value.node)));
    if (product || node.operands.some((value) => sunk.has(value.node))) sunk.add(node);
  }
  return sunk;
}

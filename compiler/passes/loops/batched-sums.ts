// Sums over the iterations of a loop, computed as one op after it.
import type { GraphBuilder } from "../../graph/build.ts";
import { isSplat, linearSets } from "../../graph/facts.ts";
import type { Graph, Node, Value } from "../../graph/ir.ts";
import { duplicate, kept, users } from "../../graph/rebuild.ts";
import { present } from "../../support/invariant.ts";
import { at } from "../../support/lists.ts";
import { varies, type Dependence } from "../../analysis/loop-dependence.ts";
import { isSummable, type Iterations } from "./batching.ts";
import type { Outside } from "./hoister.ts";

/** A carry that every iteration adds a term to, and that has no other use in the body. */
export interface Sum {
  readonly carry: number;
  /** The term that an iteration adds. */
  readonly term: Value;
}

export function sumsOf(body: Graph): readonly Sum[] {
  const usersOf = users(body);
  const outputs = new Set(body.outputs.map(({ value }) => value));
  const result: Sum[] = [];
  for (const [carry, { value: leaf, next }] of body.carries.entries()) {
    if (next.node.op.operator !== "+") continue;
    const term = next.node.operands.find((value) => value !== leaf);
    const alone = usersOf.get(leaf)?.length === 1 && next.node.operands.includes(leaf) && !kept(body).has(leaf);
    if (term !== undefined && alone && (usersOf.get(next) ?? []).length === 0 && !outputs.has(next))
      result.push({ carry, term });
  }
  return result;
}

/**
 * The operands to sum instead of the node's results: all that vary, if the node is jointly linear in them. Other
 * operands of that set must be zero, since their sum is needed too.
 */
function summedOperands(node: Node, dependence: (node: Node) => Dependence): readonly number[] | null {
  const isZero = (index: number): boolean => isSplat(at(node.operands, index), 0);
  const varying = [...node.operands.keys()].filter((index) => varies(dependence(at(node.operands, index).node)));
  const fits = (set: readonly number[]): boolean =>
    varying.every((index) => set.includes(index)) && set.every((index) => varying.includes(index) || isZero(index));
  return varying.length > 0 && linearSets(node).some(fits) ? varying : null;
}

/** The values whose stacks are needed to sum over all iterations in one op; null if that is not profitable. */
export function factorsOf(
  term: Value,
  dependence: (node: Node) => Dependence,
  iterations: Iterations,
): readonly Value[] | null {
  const { node } = term;
  if (node.operands.every((value) => varies(dependence(value.node))) && isSummable(node, iterations))
    return node.operands;
  const summed = summedOperands(node, dependence);
  const found = summed?.map((index) => factorsOf(at(node.operands, index), dependence, iterations)) ?? [null];
  return found.some((factors) => factors === null) ? null : found.flatMap((factors) => factors ?? []);
}

/** The sum of the term over all iterations. */
export function sumOf(
  g: GraphBuilder,
  term: Value,
  dependence: (node: Node) => Dependence,
  iterations: Iterations,
  outside: Outside,
): Value {
  const { node } = term;
  if (node.operands.every((value) => varies(dependence(value.node))) && isSummable(node, iterations)) {
    const stacks = node.operands.map((value) => outside.value(value));
    const sum = g.deriving(node.provenance, () => node.op.sumOverBatch?.(g, node.op, stacks, node.attrs));
    return present(sum, "isSummable holds but sumOverBatch returns null");
  }
  const summed = summedOperands(node, dependence) ?? [];
  const operands = node.operands.map((value, index) =>
    summed.includes(index) ? sumOf(g, value, dependence, iterations, outside) : outside.value(value),
  );
  return at(duplicate(g, node, operands).results, term.index);
}

/** `start + sum`; `sum` if `start` is zero. */
export const added = (g: GraphBuilder, start: Value, sum: Value): Value =>
  isSplat(start, 0) ? sum : g.add(start, sum);

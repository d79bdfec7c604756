// Sums over the iterations of a loop, computed as one op after it.
import type { GraphBuilder } from "../../graph/build.ts";
import { isSplat, linearSets } from "../../graph/facts.ts";
import type { Graph, Node, Value } from "../../graph/ir.ts";
import { duplicate, kept, users } from "../../graph/rebuild.ts";
import { present } from "../../support/invariant.ts";
import { at } from "../../support/lists.ts";
import { elements, isFloat } from "../../types/tensor-type.ts";
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

/** How to sum a value over all iterations after the loop. */
export interface SumAfter {
  /** The values whose stacks are needed. */
  readonly stacked: readonly Value[];
  /** Whether an op sums its own results, so that these need no stack. */
  readonly fused: boolean;
  readonly make: (g: GraphBuilder, outside: Outside) => Value;
}

/**
 * The sum of a term over all iterations: by the op itself if it can (a product), else by sums of its operands if it is
 * linear in them and this saves a product or memory, else over the stack of its values. So it has the order of any sum
 * over an axis, and an error that does not grow with the length. The sum of an invariant is a multiple of it. Null if
 * no stack is small enough.
 */
export function sumAfter(term: Value, dependence: (node: Node) => Dependence, iterations: Iterations): SumAfter | null {
  const { node, type } = term;
  const { length, limits } = iterations;
  if (!varies(dependence(node)))
    return isFloat(type.dtype)
      ? { stacked: [], fused: true, make: (g, outside) => g.mul(outside.value(term), length) }
      : null;
  if (node.operands.every((value) => varies(dependence(value.node))) && isSummable(node, iterations))
    return { stacked: node.operands, fused: true, make: (g, outside) => ownSum(g, node, outside) };
  const parts = sumsOfOperands(node, dependence, iterations);
  const size = length * elements(type.shape);
  const fits = isFloat(type.dtype) && size <= limits.stacked;
  if (parts !== null) {
    const stacked = [...parts.values()].flatMap((part) => part.stacked);
    const fused = [...parts.values()].some((part) => part.fused);
    const smaller = stacked.reduce((sum, value) => sum + length * elements(value.type.shape), 0) < size;
    if (fused || smaller || !fits)
      return { stacked, fused, make: (g, outside) => sumOfLinear(g, term, parts, outside) };
  }
  return fits ? { stacked: [term], fused: false, make: (g, outside) => g.sum(outside.value(term), [0]) } : null;
}

function ownSum(g: GraphBuilder, node: Node, outside: Outside): Value {
  const stacks = node.operands.map((value) => outside.value(value));
  const sum = g.deriving(node.provenance, () => node.op.sumOverBatch?.(g, node.op, stacks, node.attrs));
  return present(sum, "isSummable holds but sumOverBatch returns null");
}

/**
 * The sums of all operands that vary, if the node is jointly linear in them. Other operands of that set must be zero,
 * since their sum is needed too.
 */
function sumsOfOperands(
  node: Node,
  dependence: (node: Node) => Dependence,
  iterations: Iterations,
): ReadonlyMap<number, SumAfter> | null {
  const isZero = (index: number): boolean => isSplat(at(node.operands, index), 0);
  const varying = [...node.operands.keys()].filter((index) => varies(dependence(at(node.operands, index).node)));
  const fits = (set: readonly number[]): boolean =>
    varying.every((index) => set.includes(index)) && set.every((index) => varying.includes(index) || isZero(index));
  if (varying.length === 0 || !linearSets(node).some(fits)) return null;
  const sums = varying.map((index) => [index, sumAfter(at(node.operands, index), dependence, iterations)] as const);
  const found = sums.flatMap(([index, sum]) => (sum === null ? [] : [[index, sum] as const]));
  return found.length < sums.length ? null : new Map(found);
}

function sumOfLinear(
  g: GraphBuilder,
  { node, index: result }: Value,
  parts: ReadonlyMap<number, SumAfter>,
  outside: Outside,
): Value {
  const operands = node.operands.map((value, index) => parts.get(index)?.make(g, outside) ?? outside.value(value));
  return at(duplicate(g, node, operands).results, result);
}

/** `start + sum`; `sum` if `start` is zero. */
export const added = (g: GraphBuilder, start: Value, sum: Value): Value =>
  isSplat(start, 0) ? sum : g.add(start, sum);

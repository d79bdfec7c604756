// Sums over the turns of a loop, made at once behind it.
import type { GraphBuilder } from "../../graph/build.ts";
import { isSplat, splatValue } from "../../graph/facts.ts";
import type { Graph, Node, Value } from "../../graph/ir.ts";
import { kept, users } from "../../graph/rebuild.ts";
import { carryOf, nextCarry } from "../../graph/regions.ts";
import type { SizeLimits } from "../../support/machine.ts";
import { elements } from "../../types/tensor-type.ts";
import { at } from "../../support/lists.ts";
import { varies, type Reach } from "../../analysis/loop-dependence.ts";
import { summedResult } from "./batching.ts";

/** A carry to which every turn adds something, and which is of no other use in the body. */
export interface Sum {
  readonly carry: number;
  /** What a turn adds. */
  readonly term: Value;
}

export function sumsOf(body: Graph, carries: number): readonly Sum[] {
  const usersOf = users(body);
  const outputs = new Set(body.outputs.map(({ value }) => value));
  const result: Sum[] = [];
  for (let carry = 0; carry < carries; carry++) {
    const next = nextCarry(body, carry);
    const leaves = body.nodes.filter((node) => carryOf(node) === carry).flatMap(({ results }) => results);
    const [leaf] = leaves;
    if (next === null || next.node.op.name !== "add" || leaf === undefined || leaves.length > 1) continue;
    const term = next.node.operands.find((value) => value !== leaf);
    const alone = usersOf.get(leaf)?.length === 1 && next.node.operands.includes(leaf) && !kept(body).has(leaf);
    if (term !== undefined && alone && (usersOf.get(next) ?? []).length === 0 && !outputs.has(next)) result.push({ carry, term });
  }
  return result;
}

/** Ops for which the sum of the results is the result of the sums. */
function linear({ op, operands, attrs }: Node): boolean {
  if (op.name === "mul") return operands.length === 2 && splatValue(at(operands, 1)) !== null;
  if (op.name === "pad") return Object.is(attrs["value"], 0);
  return ["add", "sub", "neg", "reshape", "transpose", "broadcast", "slice"].includes(op.name);
}

const summing: ReadonlySet<string> = new Set(["dot", "reduce_sum", "take_add", "conv_kernel_gradient"]);

/** The values whose stacks are needed to sum over the turns at once; null where that is no gain. */
export function factorsOf(term: Value, reach: (node: Node) => Reach, length: number, limits: SizeLimits): readonly Value[] | null {
  const { node } = term;
  if (summing.has(node.op.name)) {
    const fits = node.operands.every((value) => varies(reach(value.node)) && length * elements(value.type.shape) <= limits.stacked);
    const first = node.op.name !== "take_add" || node.attrs["axis"] === 0;
    return fits && first ? node.operands : null;
  }
  if (!linear(node)) return null;
  const terms = node.op.name === "mul" ? node.operands.slice(0, 1) : node.operands;
  const found = terms.map((value) => factorsOf(value, reach, length, limits));
  return found.some((factors) => factors === null) ? null : found.flatMap((factors) => factors ?? []);
}

/** The sum of the term over all turns. */
export function sumOf(g: GraphBuilder, term: Value, stack: (value: Value) => Value): Value {
  const { node } = term;
  if (summing.has(node.op.name)) {
    const sum = summedResult(g, node, node.operands.map(stack));
    return at(sum === null ? [] : [sum], 0);
  }
  const [x, factor] = node.operands;
  const splat = node.op.name === "mul" && factor !== undefined ? splatValue(factor) : null;
  const operands = splat === null || x === undefined ? node.operands.map((value) => sumOf(g, value, stack)) : [sumOf(g, x, stack), g.constant(x.type, splat)];
  return at(g.callAll(node.op.name, operands, node.attrs), 0);
}

/** Adds to a value, unless that is zero. */
export const added = (g: GraphBuilder, start: Value, sum: Value): Value => (isSplat(start, 0) ? sum : g.add(start, sum));

// What the iterations of a loop compute one after another, computed at once: a batch whose members are the iterations.
import { batched, batchType, unbatched } from "../../graph/batch.ts";
import { GraphBuilder } from "../../graph/build.ts";
import { isInput } from "../../graph/facts.ts";
import type { Graph, Node, Value } from "../../graph/ir.ts";
import type { BatchValue } from "../../graph/op.ts";
import type { SizeLimits } from "../../support/machine.ts";
import { elements } from "../../types/tensor-type.ts";

export interface Iterations {
  readonly body: Graph;
  readonly length: number;
  readonly limits: SizeLimits;
}

/** A builder on which a node is tried, and the stacks of those of its operands that vary. */
function trial(node: Node, varying: readonly boolean[], { body, length }: Iterations): { readonly g: GraphBuilder; readonly operands: readonly BatchValue[] } {
  const g = new GraphBuilder(body.name, body.table);
  const operands = node.operands.map((value, index) =>
    varying[index] === true ? batched(g.input(`x${index}`, batchType(value.type, length))) : unbatched(value),
  );
  return { g, operands };
}

/**
 * Whether a node, some of whose operands vary, is worth computing for all iterations at once: if none of the values that takes is too large. A loop inside of a
 * loop, or a branch, stays where it is: a batch of branches computes both.
 */
export function isBatchable(node: Node, varying: readonly boolean[], at: Iterations): boolean {
  const { op, attrs, regions, results } = node;
  if (regions.length > 0 || results.length !== 1 || !varying.includes(true)) return false;
  const { g, operands } = trial(node, varying, at);
  op.batch(g, op, { operands, attrs, regions, size: at.length });
  return g.nodes.every((made) => isInput(made) || made.results.every(({ type }) => elements(type.shape) <= at.limits.stacked));
}

/** Whether the results of all iterations can be summed at once, from stacks of all operands, none of them too large. */
export function isSummable(node: Node, at: Iterations): boolean {
  const { op, attrs } = node;
  if (op.sumOverBatch === undefined || node.operands.some(({ type }) => at.length * elements(type.shape) > at.limits.stacked)) return false;
  const { g, operands } = trial(
    node,
    node.operands.map(() => true),
    at,
  );
  const stacks: readonly Value[] = operands.map(({ value }) => value);
  return op.sumOverBatch(g, op, stacks, attrs) !== null;
}

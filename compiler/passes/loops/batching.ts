// Computing a node of a loop body for all iterations in one op: a batch whose members are the iterations.
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

/** A scratch builder in which to batch a node, with stacks for the operands that vary. */
function trial(
  node: Node,
  varying: readonly boolean[],
  { body, length }: Iterations,
): { readonly g: GraphBuilder; readonly operands: readonly BatchValue[] } {
  const g = new GraphBuilder(body.name, body.table);
  const operands = node.operands.map((value, index) =>
    varying[index] === true ? batched(g.input(`x${index}`, batchType(value.type, length))) : unbatched(value),
  );
  return { g, operands };
}

/**
 * Whether to compute a node, some of whose operands vary, for all iterations in one op: if no value that this needs is
 * too large. A nested loop or a branch stays, since a batched branch computes both sides.
 */
export function isBatchable(node: Node, varying: readonly boolean[], at: Iterations): boolean {
  const { op, attrs, regions, results } = node;
  if (regions.length > 0 || results.length !== 1 || !varying.includes(true)) return false;
  const { g, operands } = trial(node, varying, at);
  op.batch(g, op, { operands, attrs, regions, size: at.length });
  return g.nodes.every(
    (made) => isInput(made) || made.results.every(({ type }) => elements(type.shape) <= at.limits.stacked),
  );
}

/** Whether the sum of the results of all iterations is one op on stacks of all operands, none of which is too large. */
export function isSummable(node: Node, at: Iterations): boolean {
  const { op, attrs } = node;
  if (
    op.sumOverBatch === undefined ||
    node.operands.some(({ type }) => at.length * elements(type.shape) > at.limits.stacked)
  )
    return false;
  const { g, operands } = trial(
    node,
    node.operands.map(() => true),
    at,
  );
  const stacks: readonly Value[] = operands.map(({ value }) => value);
  return op.sumOverBatch(g, op, stacks, attrs) !== null;
}

/**
 * Reverse-mode differentiation, from graph to graph (Griewank and Walther, Evaluating Derivatives, 2008, chapter 3).
 *
 * A node `gradient(loss, ...targets)` is replaced by the nodes that compute d loss / d target. Gradients flow backwards over the nodes that lie on a way
 * from a target to the loss, along floating-point values only; what several users contribute to a value is added in the reverse order of the nodes.
 * The rules are made of ops, so a gradient differentiates again: nodes are expanded in order, an inner `gradient` before the one that looks at it.
 * New nodes bear the span of the forward node whose gradient they are.
 */
import { invariant, present } from "../support/invariant.ts";
import { isFloat } from "../types/tensor-type.ts";
import type { GraphBuilder } from "./build.ts";
import type { Graph, Node, Value } from "./ir.ts";
import { rebuild, topological } from "./rebuild.ts";

/** True for the op that asks for gradients. */
export const isGradient = (node: Node): boolean => node.op.name === "gradient";

/** The graph without `gradient` nodes. */
export function expandGradients(graph: Graph): Graph {
  if (!graph.nodes.some(isGradient)) return graph;
  return rebuild(graph, (builder, node, operands) => {
    if (!isGradient(node)) return null;
    const [loss, ...targets] = operands;
    return gradients(builder, present(loss, "a gradient has no loss"), targets);
  });
}

/** Appends the nodes that compute the gradient of a scalar loss with respect to each target; zeros for a target that the loss does not use. */
export function gradients(builder: GraphBuilder, loss: Value, targets: readonly Value[]): readonly Value[] {
  invariant(isFloat(loss.type.dtype) && loss.type.shape.length === 0, "a loss is a floating-point scalar");
  const before = builder.nodes.length;
  const active = activeValues(loss, targets);
  const grads = new Map<Value, Value>([[loss, builder.constant(loss.type, 1)]]);
  for (const node of topological([loss]).toReversed()) if (node.results.some((value) => active.has(value))) pull(builder, node, active, grads);
  const results = targets.map((target) => grads.get(target) ?? builder.zeros(target.type));
  keepNeeded(builder, before, results);
  return results;
}

/**
 * Nodes on a way from a target to the loss whose op has no gradient, for the check before `gradient` is asked. What an inner `gradient` node expands to is
 * not looked at, and neither is whether a rule further on stops the flow anyway.
 */
export function gradientBlockers(loss: Value, targets: readonly Value[]): readonly Node[] {
  const active = activeValues(loss, targets);
  return topological([loss]).filter(
    (node) => !isGradient(node) && node.op.gradient.kind === "none" && node.results.some((r) => active.has(r)) && node.operands.some((o) => active.has(o)),
  );
}

/** Floating-point values that depend on a target, targets included; of these the loss uses all that `topological([loss])` reaches. */
function activeValues(loss: Value, targets: readonly Value[]): ReadonlySet<Value> {
  const active = new Set<Value>(targets.filter((target) => isFloat(target.type.dtype)));
  for (const node of topological([loss])) {
    if (!node.operands.some((value) => active.has(value))) continue;
    for (const value of node.results) if (isFloat(value.type.dtype)) active.add(value);
  }
  return active;
}

/** Adds what one node contributes to the gradients of its operands. */
function pull(builder: GraphBuilder, node: Node, active: ReadonlySet<Value>, grads: Map<Value, Value>): void {
  const dys = node.results.map((value) => grads.get(value) ?? null);
  if (dys.every((dy) => dy === null) || !node.operands.some((value) => active.has(value))) return;
  builder.span = node.span;
  for (const [index, dx] of rule(builder, node, dys).entries()) {
    const operand = present(node.operands[index], `the gradient rule of ${node.op.name} gives more gradients than the op has operands`);
    if (dx === null || !active.has(operand)) continue;
    invariant(dx.type.dtype === operand.type.dtype, `the gradient rule of ${node.op.name} gives ${dx.type.dtype} for ${operand.type.dtype}`);
    const sum = grads.get(operand);
    grads.set(operand, sum === undefined ? dx : builder.add(sum, dx));
  }
}

function rule(builder: GraphBuilder, node: Node, grads: readonly (Value | null)[]): readonly (Value | null)[] {
  const { op, operands, results, attrs, regions } = node;
  invariant(op.gradient.kind === "rule", `${op.name} has no gradient: ${op.gradient.kind === "none" ? op.gradient.why : ""}`);
  return op.gradient.rule(builder, { operands, results, grads, attrs, regions });
}

/** Takes the nodes from `start` on that none of the values need out again: rules give a gradient for every operand, wanted or not. */
function keepNeeded(builder: GraphBuilder, start: number, values: readonly Value[]): void {
  const made = builder.nodes.splice(start);
  const needed = new Set<Node>(values.map((value) => value.node));
  for (const node of made.toReversed()) if (needed.has(node)) node.operands.forEach((value) => needed.add(value.node));
  for (const node of made) if (needed.has(node)) builder.nodes.push(node);
}

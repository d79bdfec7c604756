/**
 * Reverse-mode differentiation, from graph to graph (Griewank and Walther, Evaluating Derivatives, 2008, chapter 3).
 *
 * A node `gradient(loss, ...targets)` is replaced by the nodes that compute d loss / d target. Gradients flow backwards
 * over the nodes on a path from a target to the loss, along floating-point values only; the contributions of several
 * users are added in the reverse order of the nodes. Rules consist of ops, so a gradient can be differentiated again:
 * nodes are expanded in order, an inner `gradient` before the outer one. New nodes are derived from the forward node
 * whose gradient they compute.
 */
import { DiagnosticError } from "../../dsl/diagnostic-error.ts";
import { invariant, present } from "../support/invariant.ts";
import { at } from "../support/lists.ts";
import { isFloat } from "../types/tensor-type.ts";
import type { GraphBuilder } from "./build.ts";
import type { Graph, Node, Value } from "./ir.ts";
import { spanOf } from "./provenance.ts";
import { mapRegions, rebuild, topological } from "./rebuild.ts";

/** Whether the node requests gradients. */
export const isGradient = (node: Node): boolean => node.op.name === "gradient";

/** Appends the node that requests the gradients of the loss with respect to the targets. */
export const requestGradients = (builder: GraphBuilder, loss: Value, targets: readonly Value[]): readonly Value[] =>
  builder.attributed({ ...builder.attribution, role: "backward", forward: loss.node.provenance }, () =>
    builder.callAll("gradient", [loss, ...targets]),
  );

/** Whether the graph or one of its regions has a `gradient` node. */
export const asksForGradient = ({ nodes }: Graph): boolean =>
  nodes.some((node) => isGradient(node) || node.regions.some(asksForGradient));

/** Whether the op stops the flow of gradients. */
const stops = (node: Node): boolean => node.op.name === "stop_gradient";

/**
 * The most nodes of an expanded graph. The gradient of a graph has a few times its nodes, and each further order of
 * differentiation a few times as many again.
 */
const mostNodes = (graph: Graph): number => 20_000 + 8 * graph.nodes.length;

/** Expands all `gradient` nodes, also in regions. */
export function expandGradients(graph: Graph): Graph {
  if (!asksForGradient(graph)) return graph;
  const inner = mapRegions(graph, expandGradients);
  return rebuild(inner, (builder, node, operands) => {
    if (!isGradient(node)) return null;
    const [, ...targets] = operands;
    const results = gradients(builder, at(operands, 0), targets);
    if (builder.nodes.length > mostNodes(graph)) reportNodes(node, builder.nodes.length);
    return results;
  });
}

function reportNodes(node: Node, count: number): never {
  const span = spanOf(node);
  throw new DiagnosticError([
    {
      code: "E0407",
      says: `with its gradients the entry has more than ${count - 1} nodes`,
      ...(span !== null && { at: { span, says: "" } }),
      help: "each order of differentiation multiplies the number of nodes",
    },
  ]);
}

/**
 * Appends the nodes that compute the gradient of a scalar loss with respect to each target; zeros for a target that the
 * loss does not use.
 */
export function gradients(builder: GraphBuilder, loss: Value, targets: readonly Value[]): readonly Value[] {
  invariant(isFloat(loss.type.dtype) && loss.type.shape.length === 0, "a loss must be a floating-point scalar");
  return builder.pulling(loss.node.provenance, () => {
    const found = pullBack(builder, [{ value: loss, grad: builder.constant(loss.type, 1) }], targets);
    return found.map((grad, index) => grad ?? builder.zeros(at(targets, index).type));
  });
}

/** A value, and the gradient with respect to it. */
export interface Seed {
  readonly value: Value;
  readonly grad: Value;
}

/**
 * Appends the nodes that compute the vector-Jacobian product from the seeds to each target; null for a target that no
 * seed depends on.
 */
export function pullBack(
  builder: GraphBuilder,
  seeds: readonly Seed[],
  targets: readonly Value[],
): readonly (Value | null)[] {
  const before = builder.nodes.length;
  const roots = seeds.map(({ value }) => value);
  const active = activeValues(topological(roots), targets);
  const grads = new Map<Value, Value>();
  for (const { value, grad } of seeds) contribute(builder, grads, value, grad);
  for (const node of topological(roots).toReversed())
    if (node.results.some((value) => active.has(value))) pull(builder, node, active, grads);
  const results = targets.map((target) => grads.get(target) ?? null);
  keepNeeded(
    builder,
    before,
    results.filter((value) => value !== null),
  );
  return results;
}

/**
 * Nodes on a path from a target to the loss whose op has no gradient, nodes of regions included, for a check before
 * `gradient` is requested. Does not look into the expansion of an inner `gradient`, and takes into account that
 * `stop_gradient` ends the flow, but no other property of gradient rules.
 */
export function gradientBlockers(loss: Value, targets: readonly Value[]): readonly Node[] {
  const nodes = topological([loss]);
  return blockers(reachedFrom(loss, nodes), activeValues(nodes, targets));
}

/** The nodes, in order, that the gradient of the loss may reach. */
function reachedFrom(loss: Value, nodes: readonly Node[]): readonly Node[] {
  const reached = new Set<Node>([loss.node]);
  for (const node of nodes.toReversed())
    if (reached.has(node) && !stops(node))
      for (const { node: before, type } of node.operands) if (isFloat(type.dtype)) reached.add(before);
  return nodes.filter((node) => reached.has(node));
}

function blockers(nodes: readonly Node[], active: ReadonlySet<Value>): readonly Node[] {
  return nodes.flatMap((node) => {
    if (isGradient(node) || !node.results.some((r) => active.has(r)) || !node.operands.some((o) => active.has(o)))
      return [];
    return node.op.gradient.kind === "none"
      ? [node]
      : differentiated(node).flatMap((region) => blockers(region.nodes, activeInside(region)));
  });
}

/** Whether a region of the op defines its gradient. */
export const hasCustomGradient = ({ op }: Node): boolean => op.regions?.includes("backward") ?? false;

/** The regions that are differentiated for the gradient of a node: none if it has a custom gradient. */
const differentiated = (node: Node): readonly Graph[] => (hasCustomGradient(node) ? [] : node.regions);

/** The active values of a region whose floating-point inputs and carries are all active. */
const activeInside = (region: Graph): ReadonlySet<Value> =>
  activeValues(region.nodes, [...region.inputs, ...region.carries.map(({ value }) => value)]);

/** The floating-point results of the nodes that depend on a target, and the targets. The nodes are in order. */
export function activeValues(nodes: readonly Node[], targets: readonly Value[]): ReadonlySet<Value> {
  const active = new Set<Value>(targets.filter((target) => isFloat(target.type.dtype)));
  for (const node of nodes) {
    if (stops(node) || !node.operands.some((value) => active.has(value))) continue;
    for (const value of node.results) if (isFloat(value.type.dtype)) active.add(value);
  }
  return active;
}

/** Adds the contributions of one node to the gradients of its operands. */
function pull(builder: GraphBuilder, node: Node, active: ReadonlySet<Value>, grads: Map<Value, Value>): void {
  const dys = node.results.map((value) => grads.get(value) ?? null);
  const wanted = node.operands.map((value) => active.has(value));
  if (dys.every((dy) => dy === null) || !wanted.includes(true)) return;
  const steps = (): void => {
    for (const [index, dx] of rule(builder, node, dys, wanted).entries()) {
      const operand = present(
        node.operands[index],
        `the gradient rule of ${node.op.name} returns more gradients than the op has operands`,
      );
      if (dx === null || !active.has(operand)) continue;
      invariant(
        dx.type.dtype === operand.type.dtype,
        `the gradient rule of ${node.op.name} returns ${dx.type.dtype} for ${operand.type.dtype}`,
      );
      contribute(builder, grads, operand, dx);
    }
  };
  builder.deriving(node.provenance, () => builder.pulling(node.provenance, steps), `gradient of ${node.op.name}`);
}

function contribute(builder: GraphBuilder, grads: Map<Value, Value>, value: Value, grad: Value): void {
  const sum = grads.get(value);
  grads.set(value, sum === undefined ? grad : builder.add(sum, grad));
}

function rule(
  builder: GraphBuilder,
  node: Node,
  grads: readonly (Value | null)[],
  wanted: readonly boolean[],
): readonly (Value | null)[] {
  const { op, operands, results, attrs, regions } = node;
  invariant(
    op.gradient.kind === "rule",
    `${op.name} has no gradient: ${op.gradient.kind === "none" ? op.gradient.why : ""}`,
  );
  return op.gradient.rule(builder, { operands, results, grads, wanted, attrs, regions });
}

/**
 * Removes the nodes from `start` on that none of the values need: rules return a gradient for every operand, wanted or
 * not.
 */
function keepNeeded(builder: GraphBuilder, start: number, values: readonly Value[]): void {
  const made = builder.nodes.splice(start);
  const needed = new Set<Node>(values.map((value) => value.node));
  for (const node of made.toReversed()) if (needed.has(node)) node.operands.forEach((value) => needed.add(value.node));
  for (const node of made) if (needed.has(node)) builder.nodes.push(node);
}

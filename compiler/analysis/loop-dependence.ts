// Loop dependence: which values of a body change between iterations; and bodies with additional inputs.
import { isConstant, isInput, isLeaf, nameOf } from "../graph/facts.ts";
import { distinct } from "../graph/inline.ts";
import type { Graph, Node, Value } from "../graph/ir.ts";
import { dropDead, rebuild } from "../graph/rebuild.ts";
import { at } from "../support/lists.ts";

/**
 * The strongest dependence of a value in a body: only on constants, on invariants, on the current items of sequences,
 * on earlier iterations.
 */
export type Dependence = "known" | "invariant" | "item" | "iteration";

const order: readonly Dependence[] = ["known", "invariant", "item", "iteration"];

/** Whether such a value may differ between iterations. */
export const varies = (dependence: Dependence): boolean => dependence === "item" || dependence === "iteration";

/**
 * The dependence of each node of a body whose first `sequences` inputs are items of sequences. Nodes for which `stays`
 * is true count as "iteration".
 */
export function dependenceOf(
  body: Graph,
  sequences: number,
  stays: (node: Node) => boolean = () => false,
): (node: Node) => Dependence {
  const dependence = new Map<Node, Dependence>();
  const positions = new Map(body.inputs.map((value, index) => [value.node, index]));
  for (const node of body.nodes) {
    if (isInput(node)) dependence.set(node, (positions.get(node) ?? 0) < sequences ? "item" : "invariant");
    else if (stays(node)) dependence.set(node, "iteration");
    else if (isLeaf(node)) dependence.set(node, isConstant(node) ? "known" : "iteration");
    else
      dependence.set(
        node,
        at(
          order,
          node.operands.reduce(
            (most, value) => Math.max(most, order.indexOf(dependence.get(value.node) ?? "iteration")),
            0,
          ),
        ),
      );
  }
  return (node) => dependence.get(node) ?? "iteration";
}

/**
 * The body with nodes replaced by inputs: those for `items` follow the sequences, those for `invariants` come last, in
 * the order of the lists.
 */
export function withInputs(body: Graph, sequences: number, items: readonly Node[], invariants: readonly Node[]): Graph {
  const taken = new Set([...body.inputs, ...body.carries.map(({ value }) => value)].map(nameOf));
  const moved = new Set([...items, ...invariants]);
  const made = new Map<Node, readonly Value[]>();
  const next = rebuild(body, (builder, node) => {
    if (!moved.has(node)) return null;
    const inputs = node.results.map(({ type }) => builder.input(distinct(taken, node.op.name), type));
    made.set(node, inputs);
    return inputs;
  });
  const old = next.inputs.slice(next.inputs.length - body.inputs.length);
  const values = (nodes: readonly Node[]): readonly Value[] => nodes.flatMap((node) => made.get(node) ?? []);
  return dropDead({
    ...next,
    inputs: [...old.slice(0, sequences), ...values(items), ...old.slice(sequences), ...values(invariants)],
  });
}

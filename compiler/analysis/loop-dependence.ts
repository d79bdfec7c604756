// Loops seen from within: what changes between iterations, and bodies with more inputs.
import { isConstant, isInput, isLeaf, nameOf } from "../graph/facts.ts";
import { distinct } from "../graph/inline.ts";
import type { Graph, Node, Value } from "../graph/ir.ts";
import { dropDead, rebuild } from "../graph/rebuild.ts";
import { at } from "../support/lists.ts";

/** What a value of a body depends on, at most: constants, invariants, items of sequences (of each iteration by itself), earlier iterations. */
export type Reach = "known" | "invariant" | "item" | "iteration";

const order: readonly Reach[] = ["known", "invariant", "item", "iteration"];

/** Whether such a value may differ between iterations. */
export const varies = (reach: Reach): boolean => reach === "item" || reach === "iteration";

/** Answers for the nodes of a body whose first inputs are items of `sequences` sequences. What `stays` counts as new in every iteration. */
export function reachOf(body: Graph, sequences: number, stays: (node: Node) => boolean = () => false): (node: Node) => Reach {
  const reach = new Map<Node, Reach>();
  const positions = new Map(body.inputs.map((value, index) => [value.node, index]));
  for (const node of body.nodes) {
    if (isInput(node)) reach.set(node, (positions.get(node) ?? 0) < sequences ? "item" : "invariant");
    else if (stays(node)) reach.set(node, "iteration");
    else if (isLeaf(node)) reach.set(node, isConstant(node) ? "known" : "iteration");
    else
      reach.set(
        node,
        at(
          order,
          node.operands.reduce((most, value) => Math.max(most, order.indexOf(reach.get(value.node) ?? "iteration")), 0),
        ),
      );
  }
  return (node) => reach.get(node) ?? "iteration";
}

/** The body with the results of some nodes as inputs: those of `items` after the sequences, those of `invariants` last; in the order of the lists. */
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
  return dropDead({ ...next, inputs: [...old.slice(0, sequences), ...values(items), ...old.slice(sequences), ...values(invariants)] });
}

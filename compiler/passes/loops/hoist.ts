import { isWorthStoring } from "../../analysis/worth-storing.ts";
import { asksForGradient, hasCustomGradient, isGradient } from "../../graph/autodiff.ts";
import { GraphBuilder } from "../../graph/build.ts";
import { intAttr, isInput, nameOf } from "../../graph/facts.ts";
import { distinct } from "../../graph/inline.ts";
import type { Graph, Node, Value } from "../../graph/ir.ts";
import { copyNode, kept, rebuild, users } from "../../graph/rebuild.ts";
import { scanParts } from "../../graph/regions.ts";
import { defaultMachine, type SizeLimits } from "../../support/machine.ts";
import { definePass } from "../pass.ts";
import { at } from "../../support/lists.ts";
import { dependenceOf, withInputs, type Dependence } from "../../analysis/loop-dependence.ts";
import { Outside } from "./hoister.ts";
import { isBatchable } from "./batching.ts";
import { trim } from "./dead-carries.ts";

/**
 * Moves work out of a loop that does not depend on the previous iteration. Work on invariants is done once, and its
 * result becomes an invariant. A product of an item with an invariant becomes one product over the whole sequence,
 * whose result becomes the sequence; the arithmetic that computes its operands moves too, and so does arithmetic that
 * only depends on it, such as a bias. In the body of a recurrent cell, only the product with the hidden state remains.
 * An output that is an item of a sequence is replaced by that sequence. The loop of a gradient is treated like any
 * other.
 *
 * Innermost loops come first, since passes run on regions first.
 */
export const hoist = definePass({
  name: "hoist",
  doc: "moves loop-invariant work, and products over whole sequences, out of loops",
  needs: [],
  provides: [],
  exact: false,
  run: (graph, { machine: { limits } = defaultMachine }) => {
    if (!graph.nodes.some(({ op }) => op.form.kind === "scan" || op.form.kind === "while")) return graph;
    const differentiated = !graph.nodes.some(isGradient);
    return trim(
      rebuild(graph, (g, node, operands) => {
        // Values through which a gradient inside the region flows have to stay inside.
        if (node.regions.some(asksForGradient)) return null;
        if (node.op.form.kind === "scan") return hoistScan(g, node, operands, differentiated, limits);
        return node.op.form.kind === "while" ? hoistWhile(g, node, operands) : null;
      }),
    );
  },
});

/** Nodes that depend only on invariants, are worth hoisting, and whose results an iteration needs. */
function invariantNodes(body: Graph, dependence: (node: Node) => Dependence): readonly Node[] {
  const usersOf = users(body);
  const given = kept(body);
  const readers = (node: Node): readonly Node[] => node.results.flatMap((value) => usersOf.get(value) ?? []);
  const moves = new Set(
    body.nodes.filter(
      (node) => !isInput(node) && dependence(node) === "invariant" && isWorthStoring(node, readers(node)),
    ),
  );
  return [...moves].filter(
    (node) => readers(node).some((reader) => !moves.has(reader)) || node.results.some((value) => given.has(value)),
  );
}

/**
 * Products of an item and an invariant, and nodes that depend only on those; of all these, the ones that the rest of
 * the body reads.
 */
function itemNodes(
  body: Graph,
  dependence: (node: Node) => Dependence,
  length: number,
  limits: SizeLimits,
): readonly Node[] {
  const usersOf = users(body);
  const given = kept(body);
  const able = new Set<Node>();
  for (const node of body.nodes) {
    if (dependence(node) !== "item") continue;
    const items = node.operands.map((value) => dependence(value.node) === "item");
    const ready = node.operands.every(
      ({ node: from }, index) => items[index] !== true || isInput(from) || able.has(from),
    );
    if (!isInput(node) && ready && isBatchable(node, items, { body, length, limits })) able.add(node);
  }
  const moves = new Set<Node>();
  for (const node of able) {
    const items = node.operands.filter((value) => dependence(value.node) === "item");
    const follows = items.every(
      (value) => moves.has(value.node) && usersOf.get(value)?.length === 1 && !given.has(value),
    );
    const simple = node.op.form.kind === "pointwise" || node.op.form.kind === "view";
    if ((node.op.form.kind === "contract" && items.length < node.operands.length) || (simple && follows))
      moves.add(node);
  }
  return [...moves].filter((node) =>
    node.results.some((value) => given.has(value) || (usersOf.get(value) ?? []).some((reader) => !moves.has(reader))),
  );
}

/**
 * A custom gradient need not be linear in the incoming gradient (a clipped one is not), so that one per iteration
 * differs from one for the whole sequence.
 */
const hasOwnGradient = (node: Node): boolean =>
  hasCustomGradient(node) || node.regions.some(({ nodes }) => nodes.some(hasOwnGradient));

function hoistScan(
  g: GraphBuilder,
  node: Node,
  operands: readonly Value[],
  differentiated: boolean,
  limits: SizeLimits,
): readonly Value[] | null {
  const { attrs } = node;
  const length = intAttr(attrs, "length");
  const body = at(node.regions, 0);
  const { carries, sequences, invariants } = scanParts(operands, attrs);
  const dependence = dependenceOf(body, sequences.length, differentiated ? undefined : hasOwnGradient);
  const fixed = invariantNodes(body, dependence);
  // A loop of length 0 has nothing to batch, and some ops do not take empty tensors.
  const items = length === 0 ? [] : itemNodes(body, dependence, length, limits);
  const outside = new Outside(
    g,
    new Map(body.inputs.map((value, index) => [value, at(operands, carries.length + index)])),
    dependence,
    length,
  );
  // Only once differentiated: the gradient with respect to the result differs from that with respect to the sequence.
  const same = (value: Value): boolean => differentiated && isInput(value.node) && dependence(value.node) === "item";
  const passed = body.outputs.map(({ value }) => (same(value) ? outside.value(value) : null));
  if (fixed.length === 0 && items.length === 0 && passed.every((value) => value === null)) return null;

  const made = (nodes: readonly Node[]): readonly Value[] =>
    nodes.flatMap(({ results }) => results.map((value) => outside.value(value)));
  const [newItems, newInvariants] = [made(items), made(fixed)];
  const region = withInputs(body, sequences.length, items, fixed);
  const { results } = copyNode(
    g,
    node,
    [...carries, ...sequences, ...newItems, ...invariants, ...newInvariants],
    [region],
    {
      ...attrs,
      sequences: sequences.length + newItems.length,
    },
  );
  return results.map((value, index) => passed[index - carries.length] ?? value);
}

/**
 * Whether a node contains a loop of unknown length. The body of a `while` may never run; outside of it such a loop
 * would run, and might not end.
 */
const mayNotEnd = (node: Node): boolean =>
  node.op.form.kind === "while" || node.regions.some(({ nodes }) => nodes.some(mayNotEnd));

function hoistWhile(g: GraphBuilder, node: Node, operands: readonly Value[]): readonly Value[] | null {
  const count = intAttr(node.attrs, "carries");
  const found = node.regions.map((region, part) => {
    const isCondition = part === 0;
    const dependence = dependenceOf(region, 0, isCondition ? undefined : mayNotEnd);
    const outside = new Outside(
      g,
      new Map(region.inputs.map((value, index) => [value, at(operands, count + index)])),
      dependence,
      0,
    );
    return { region, nodes: invariantNodes(region, dependence), outside };
  });
  if (found.every(({ nodes }) => nodes.length === 0)) return null;
  const extra = found.flatMap(({ nodes, outside }) =>
    nodes.flatMap(({ results }) => results.map((value) => outside.value(value))),
  );
  const first = at(found, 0).nodes.flatMap(({ results }) => results).length;
  const regions = found.map(({ region, nodes }, index) =>
    aligned(g, withInputs(region, 0, [], nodes), region.inputs.length, extra, index * first),
  );
  return copyNode(g, node, [...operands, ...extra], regions).results;
}

/** Both regions of a while get inputs for all values moved out of either; `trim` drops the unused ones. */
function aligned(g: GraphBuilder, region: Graph, count: number, extra: readonly Value[], before: number): Graph {
  const taken = new Set([...region.inputs, ...region.carries.map(({ value }) => value)].map(nameOf));
  const own = region.inputs.slice(count);
  const builder = new GraphBuilder(region.name, g);
  const inputs = extra.map(
    ({ node, type }, index) =>
      own[index - before] ?? builder.deriving(node.provenance, () => builder.input(distinct(taken, "unused"), type)),
  );
  return {
    ...region,
    inputs: [...region.inputs.slice(0, count), ...inputs],
    nodes: [...builder.nodes, ...region.nodes],
  };
}

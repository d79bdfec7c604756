import { fail } from "../support/invariant.ts";
import { at } from "../support/lists.ts";
import { sameType, showType } from "../types/tensor-type.ts";
import { GraphBuilder, makeNode, renewed } from "./build.ts";
import { isArgument } from "./facts.ts";
import type { Attrs, Graph, Node, Notes, Value } from "./ir.ts";
import { exitValues, mapCarries } from "./regions.ts";

/** The replacements of a node's results, one value of the same type for each; null copies the node. */
export type Replace = (builder: GraphBuilder, node: Node, operands: readonly Value[]) => readonly Value[] | null;

/**
 * The graph with every node replaced, in order. `operands` are the new values of the node's operands. New nodes are
 * derived from the old node; a copy keeps its provenance and notes. An unchanged node is shared with the old graph, and
 * if all are unchanged, the result is the old graph.
 */
export function rebuild(graph: Graph, replace: Replace): Graph {
  const builder = new GraphBuilder(graph.name, graph);
  const changed = rebuildInto(builder, graph, replace);
  const { nodes } = builder;
  if (changed.size === 0 && nodes.length === graph.nodes.length && nodes.every((node, i) => node === graph.nodes[i]))
    return graph;
  return withValues(builder, graph, (value) => changed.get(value) ?? value);
}

/** The builder's nodes as a graph with the inputs, outputs and writes of another. */
function withValues(builder: GraphBuilder, graph: Graph, now: (value: Value) => Value): Graph {
  graph.inputs.forEach((value) => builder.inputs.push(now(value)));
  graph.outputs.forEach(({ name, value }) => builder.output(name, now(value)));
  graph.writes.forEach(({ path, value }) => builder.write(path, now(value)));
  builder.carries.push(...mapCarries(graph.carries, now));
  return builder.build();
}

/** Appends the rebuilt nodes to a builder; returns the new value of each old one that has changed. */
function rebuildInto(builder: GraphBuilder, graph: Graph, replace: Replace): ReadonlyMap<Value, Value> {
  const changed = new Map<Value, Value>();
  for (const node of graph.nodes) {
    const same = changed.size === 0 || !node.operands.some((value) => changed.has(value));
    const operands = same ? node.operands : node.operands.map((value) => changed.get(value) ?? value);
    builder.derive(node.provenance);
    const made = replace(builder, node, operands) ?? append(builder, node, operands).results;
    if (made.length !== node.results.length)
      fail(`${node.op.name} has ${node.results.length} results and was replaced by ${made.length}`);
    node.results.forEach((old, index) => {
      const value = at(made, index);
      if (value === old) return;
      if (value.type !== old.type && !sameType(value.type, old.type))
        fail(`${node.op.name} of ${showType(old.type)} was replaced by ${showType(value.type)}`);
      changed.set(old, value);
    });
  }
  builder.derive(null);
  return changed;
}

/**
 * Appends the node itself if its operands are the same, otherwise a copy on the new operands, with its provenance and
 * notes.
 */
export function append(builder: GraphBuilder, node: Node, operands: readonly Value[]): Node {
  const copy = onOperands(node, operands);
  builder.nodes.push(copy);
  return copy;
}

/** The node itself if its operands are the same, otherwise a copy on the new operands. */
export function onOperands(node: Node, operands: readonly Value[]): Node {
  const same = operands === node.operands || operands.every((value, index) => value === node.operands[index]);
  return same ? node : renewed(node, operands);
}

/**
 * The graph with every region of its nodes replaced by one of the same inputs, carries and results; the graph itself if
 * none changes.
 */
export function mapRegions(graph: Graph, change: (region: Graph, node: Node) => Graph): Graph {
  if (graph.nodes.every(({ regions }) => regions.length === 0)) return graph;
  let changed = false;
  const mapped = rebuild(graph, (builder, node, operands) => {
    const regions = node.regions.map((region) => change(region, node));
    if (regions.every((region, index) => region === node.regions[index])) return null;
    changed = true;
    return copyNode(builder, node, operands, regions).results;
  });
  return changed ? mapped : graph;
}

/**
 * Appends the node on other operands, regions or attributes. The copy has the id of the old node, which the caller must
 * drop.
 */
export function copyNode(
  builder: GraphBuilder,
  node: Node,
  operands: readonly Value[],
  regions: readonly Graph[] = node.regions,
  attrs: Attrs = node.attrs,
): Node {
  const copy = makeNode(node.op, operands, attrs, node.provenance, node.notes, regions);
  builder.nodes.push(copy);
  return copy;
}

/** Appends a second copy of a node; it has a new id, and so do the nodes of its regions. */
export function duplicate(builder: GraphBuilder, node: Node, operands: readonly Value[]): Node {
  const copy = duplicateNode(builder, node, operands, node.notes);
  builder.nodes.push(copy);
  return copy;
}

/** `duplicate` with other notes, and without appending. */
export function duplicateNode(home: GraphBuilder, node: Node, operands: readonly Value[], notes: Notes): Node {
  return home.deriving(node.provenance, () => {
    const regions = node.regions.map((region) => duplicateGraph(home, region));
    return makeNode(node.op, operands, node.attrs, home.provenance(), notes, regions);
  });
}

function duplicateGraph(home: GraphBuilder, graph: Graph): Graph {
  const builder = new GraphBuilder(graph.name, home);
  const values = new Map<Value, Value>();
  const now = (value: Value): Value => mapped(values, value);
  for (const node of graph.nodes) {
    const { results } = duplicate(builder, node, node.operands.map(now));
    node.results.forEach((old, index) => values.set(old, at(results, index)));
  }
  return withValues(builder, graph, now);
}

/** The graph with new notes on every node. */
export function annotate(graph: Graph, notes: (node: Node) => Notes): Graph {
  return rebuild(graph, (builder, node, operands) => {
    const copy = renewed(node, operands, notes(node));
    builder.nodes.push(copy);
    return copy.results;
  });
}

/** Nodes on which a result of the graph depends, and all inputs and carries. */
export function live(graph: Graph): ReadonlySet<Node> {
  const needed = new Set<Node>(Array.from(kept(graph), (value) => value.node));
  for (const node of graph.nodes.toReversed()) {
    if (isArgument(node)) needed.add(node);
    if (needed.has(node)) node.operands.forEach((value) => needed.add(value.node));
  }
  return needed;
}

/** Dead-code elimination. */
export function dropDead(graph: Graph): Graph {
  const needed = live(graph);
  return needed.size === graph.nodes.length
    ? graph
    : { ...graph, nodes: graph.nodes.filter((node) => needed.has(node)) };
}

/** Values that leave the graph: outputs, writes, and the next values of carries. */
export const kept = (graph: Graph): ReadonlySet<Value> => new Set(exitValues(graph));

/** The users of each value, in order, once per operand. Unused values have an empty list. */
export function users(graph: Graph): ReadonlyMap<Value, readonly Node[]> {
  const result = new Map<Value, Node[]>();
  for (const node of graph.nodes) {
    node.results.forEach((value) => result.set(value, []));
    node.operands.forEach((value) =>
      (result.get(value) ?? fail(`${node.op.name} takes a value that is not defined before it`)).push(node),
    );
  }
  return result;
}

/** All nodes on which the values depend, operands first; the order depends only on the order of the values. */
export function topological(values: readonly Value[]): readonly Node[] {
  const done = new Set<Node>();
  const open = values.map(({ node }) => ({ node, next: 0 })).toReversed();
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const operand = done.has(top.node) ? undefined : top.node.operands[top.next++];
    if (operand !== undefined) {
      if (!done.has(operand.node)) open.push({ node: operand.node, next: 0 });
    } else {
      done.add(top.node);
      open.pop();
    }
  }
  return [...done];
}

function mapped(values: ReadonlyMap<Value, Value>, value: Value): Value {
  return values.get(value) ?? fail(`a value of ${value.node.op.name} is used before its definition`);
}

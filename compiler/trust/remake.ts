// Copies of a graph with changes that `rebuild` does not allow: other signatures of loops and branches, new inputs,
// replaced values.
import { present } from "../support/invariant.ts";
import { at } from "../support/lists.ts";
import { GraphBuilder, makeNode } from "../graph/build.ts";
import type { Attrs, Graph, Node, Value } from "../graph/ir.ts";
import type { Op } from "../graph/op.ts";
import { append } from "../graph/rebuild.ts";
import { changes, mapCarries } from "../graph/regions.ts";

/** What differs in the copy of a node. */
export interface Change {
  readonly op?: Op;
  /** Of the new graph. */
  readonly operands?: readonly Value[];
  readonly attrs?: Attrs;
  readonly regions?: readonly Graph[];
  /**
   * Maps the results of the copy to replacements of the old results, undefined for a result that must be unused; by
   * default each result replaces its own.
   */
  readonly results?: (results: readonly Value[]) => readonly (Value | undefined)[];
  /** Replaces the results; the node itself is left out. */
  readonly instead?: readonly (Value | undefined)[];
}

/**
 * Copies every node with its change. `operands` are the new values of the node's operands. Types of users are inferred
 * again.
 */
export function remake(
  graph: Graph,
  change: (g: GraphBuilder, node: Node, operands: readonly Value[]) => Change,
): Graph {
  const g = new GraphBuilder(graph.name, graph);
  const values = new Map<Value, Value>();
  const now = (value: Value): Value =>
    present(values.get(value), `a value of ${value.node.op.name} is used but was removed`);
  const nowAll = (list: readonly Value[]): readonly Value[] => list.map(now);
  // Inputs keep their order; new ones come after them.
  for (const node of graph.nodes) {
    g.derive(node.provenance);
    const operands = nowAll(node.operands);
    const { op = node.op, attrs = node.attrs, regions = node.regions, ...other } = change(g, node, operands);
    let results = other.instead;
    if (results === undefined) {
      const isSame =
        op === node.op && attrs === node.attrs && regions.every((region, index) => region === node.regions[index]);
      const made =
        isSame && other.operands === undefined
          ? append(g, node, operands)
          : makeNode(
              op,
              other.operands ?? operands,
              attrs,
              op === node.op ? node.provenance : g.provenance(),
              node.notes,
              regions,
            );
      if (g.nodes.at(-1) !== made) g.nodes.push(made);
      results = other.results?.(made.results) ?? made.results;
    }
    node.results.forEach((old, index) => {
      const value = results[index];
      if (value !== undefined) values.set(old, value);
    });
  }
  return {
    name: graph.name,
    table: graph.table,
    lineage: graph.lineage,
    inputs: [...nowAll(graph.inputs), ...g.inputs],
    nodes: g.nodes,
    outputs: graph.outputs.map(({ name, value }) => ({ name, value: now(value) })),
    writes: graph.writes.map(({ path, value }) => ({ path, value: now(value) })),
    carries: mapCarries(graph.carries, now),
  };
}

/**
 * Replaces values: `change` receives the copy of each value and the old one, and returns the value that the users of
 * the copy take, or null for the copy. Dead copies stay; the caller drops them.
 */
export function substitute(graph: Graph, change: (g: GraphBuilder, value: Value, old: Value) => Value | null): Graph {
  const g = new GraphBuilder(graph.name, graph);
  const values = new Map<Value, Value>();
  const now = (value: Value): Value =>
    present(values.get(value), `a value of ${value.node.op.name} is used before its definition`);
  for (const node of graph.nodes) {
    g.derive(node.provenance);
    const copy = append(g, node, node.operands.map(now));
    node.results.forEach((old, index) => {
      const value = at(copy.results, index);
      values.set(old, change(g, value, old) ?? value);
    });
  }
  return {
    name: graph.name,
    table: graph.table,
    lineage: graph.lineage,
    // Leaves have no operands, so their copies are the nodes themselves.
    inputs: [...graph.inputs, ...g.inputs],
    nodes: g.nodes,
    outputs: graph.outputs.map(({ name, value }) => ({ name, value: now(value) })),
    writes: graph.writes.map(({ path, value }) => ({ path, value: now(value) })),
    carries: graph.carries.map((carry) => (changes(carry) ? { ...carry, next: now(carry.next) } : carry)),
  };
}

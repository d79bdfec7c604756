import { GraphBuilder } from "../../graph/build.ts";
import { pathOf, resultOf, summedAxes } from "../../graph/facts.ts";
import type { Graph, Node, Value } from "../../graph/ir.ts";
import type { AddedRows } from "../../graph/op.ts";
import { dropDead, live, rebuild } from "../../graph/rebuild.ts";
import { changes } from "../../graph/regions.ts";
import { present } from "../../support/invariant.ts";
import { at } from "../../support/lists.ts";
import { definePass } from "../pass.ts";
import { addedCount, atRows, sourcesOf } from "./rows.ts";
import { isZeroWithoutGradient, staysWithoutGradient } from "./unchanged.ts";

/**
 * Training touches only the rows of a table that its lookups use. The gradient of a lookup is a table of zeros to which
 * rows are added at indices; where the next value of a param, state or carry is its old one in every row of zeros, as
 * of plain `sgd` or `lazy_adam`, it is computed for those rows and written over them, in place.
 *
 * A sum of values that are 0 in every row of zeros, such as the squares in the norm of all gradients, is the sum over
 * the other rows, in another order.
 *
 * Rows of one index are summed before, in the order of the table, so each row has the bits that it had. A row without a
 * gradient stays as it is: also where a factor of all rows, such as the learning rate, is not finite, of which 0 times
 * it is NaN.
 */
export const writeRows = definePass({
  name: "write-rows",
  doc: "updates only the rows of a table that have a gradient",
  needs: ["differentiated"],
  provides: [],
  exact: false,
  run: (graph) => {
    let sums = sumsOf(graph);
    while (sums.length > 0) {
      const next = withUpdates(sumsOfRows(graph, sums));
      const needed = live(next);
      // A gradient that something else needs is computed for all rows anyway.
      const useful = sums.filter(({ sources }) => !sources.some((node) => needed.has(node)));
      if (useful.length === sums.length) return dropDead(next);
      sums = useful;
    }
    return withUpdates(graph);
  },
});

/** A sum over a table in which rows without a gradient are 0, such as that of squares in the norm of all gradients. */
interface RowSum {
  readonly node: Node;
  readonly sources: readonly Node[];
}

function sumsOf(graph: Graph): readonly RowSum[] {
  return graph.nodes.flatMap((node) => {
    if (summedAxes(node)?.includes(0) !== true) return [];
    const value = at(node.operands, 0);
    const sources = sourcesOf(value);
    return isWorthwhile(value, sources) && isZeroWithoutGradient(graph, value) ? [{ node, sources }] : [];
  });
}

/** The graph with these sums over the rows that have a gradient. */
function sumsOfRows(graph: Graph, sums: readonly RowSum[]): Graph {
  const chosen = new Set(sums.map(({ node }) => node));
  return rebuild(graph, (g, node, operands) => {
    if (!chosen.has(node)) return null;
    const value = at(operands, 0);
    const sources = sourcesOf(value);
    const { count, once } = rowsOfSources(g, sources);
    const known = new Map(sources.map((source, i) => [resultOf(source), at(once, i)]));
    const whole = (other: Value): Value => other;
    return g.apply(node.op, [atRows(g, value, { count, known, given: whole, whole })], node.attrs).node.results;
  });
}

function withUpdates(graph: Graph): Graph {
  let updates = updatesOf(graph);
  while (updates.length > 0) {
    const next = withRows(graph, updates);
    const needed = live(next);
    // What something else needs is computed for all rows anyway.
    const useful = updates.filter(({ value }) => !needed.has(value.node));
    if (useful.length === updates.length) return dropDead(next);
    updates = useful;
  }
  return graph;
}

/** The next value of a tensor that changes in rows only. */
interface RowUpdate {
  readonly old: Value;
  readonly value: Value;
  /** The sums of rows at indices, on which the value depends. */
  readonly sources: readonly Node[];
}

function updatesOf(graph: Graph): readonly RowUpdate[] {
  const leaves = new Map(graph.nodes.flatMap((node) => node.results.map((value) => [pathOf(node), value] as const)));
  const next = [
    ...graph.writes.map(({ path, value }) => ({ old: leaves.get(path), value })),
    ...graph.carries.filter(changes).map(({ value: old, next: value }) => ({ old, value })),
  ];
  return next.flatMap(({ old, value }) => {
    if (old === undefined) return [];
    const sources = sourcesOf(value);
    return isWorthwhile(value, sources) && staysWithoutGradient(graph, old, value) ? [{ old, value, sources }] : [];
  });
}

/** Sorting the indices, and rows read one by one, cost more than a table that is not much longer. */
function isWorthwhile({ type }: Value, sources: readonly Node[]): boolean {
  const count = sources.reduce((sum, node) => sum + (addedCount(node) ?? 0), 0);
  return count > 0 && 2 * count <= (type.shape[0] ?? 0);
}

/** The graph with the updates written at rows; the old values may be dead. */
function withRows(graph: Graph, updates: readonly RowUpdate[]): Graph {
  const g = new GraphBuilder(graph.name, graph);
  g.nodes.push(...graph.nodes);
  const written = new Map<Value, Value>();
  for (const group of Map.groupBy(updates, keyOf()).values()) {
    const [first] = group;
    if (first === undefined) continue;
    g.derive(first.value.node.provenance);
    const rows = rowsOfSources(g, first.sources);
    const known = new Map(first.sources.map((node, i) => [resultOf(node), at(rows.sums, i)]));
    for (const { old, value } of group) {
      g.derive(value.node.provenance);
      const there = atRows(g, value, { count: rows.count, known, given: rows.take, whole: (other) => other });
      written.set(value, rows.put(old, there));
    }
  }
  const now = (value: Value): Value => written.get(value) ?? value;
  return {
    ...graph,
    nodes: g.nodes,
    writes: graph.writes.map(({ path, value }) => ({ path, value: now(value) })),
    carries: graph.carries.map(({ value, next }) => ({ value, next: now(next) })),
  };
}

function rowsOfSources(g: GraphBuilder, sources: readonly Node[]): AddedRows {
  const { addsRows } = at(sources, 0).op;
  const sites = sources.map(({ operands, results, attrs }) => ({
    operands,
    attrs,
    results: results.map(({ type }) => type),
  }));
  return present(addsRows, "a source adds rows").rows(g, sites);
}

/** Equal for updates with the same sources. */
function keyOf(): (update: RowUpdate) => string {
  const numbers = new Map<Node, number>();
  return ({ sources }) =>
    sources
      .map((node) => numbers.get(node) ?? (numbers.set(node, numbers.size), numbers.size - 1))
      .toSorted((a, b) => a - b)
      .join();
}

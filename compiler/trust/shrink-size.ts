// The order of graphs by size, and the cleanup after every edit.
import { elements } from "../types/tensor-type.ts";
import { isInput, isLeaf, splatValue } from "../graph/facts.ts";
import { isControl } from "../graph/groups.ts";
import type { Graph, Node } from "../graph/ir.ts";
import { annotate, dropDead, kept } from "../graph/rebuild.ts";
import { changes } from "../graph/regions.ts";

/**
 * Drops dead nodes and unused inputs. Renumbers groups; removes memory locations, which belong to the graph before the
 * edit.
 */
export function tidy(graph: Graph): Graph {
  const alive = dropDead(graph);
  const used = new Set([...alive.nodes.flatMap(({ operands }) => operands), ...kept(alive)]);
  const isUsed = (node: Node): boolean => !isInput(node) || node.results.some((value) => used.has(value));
  return withDenseGroups({
    ...alive,
    nodes: alive.nodes.filter(isUsed),
    inputs: alive.inputs.filter(({ node }) => isUsed(node)),
  });
}

function withDenseGroups(graph: Graph): Graph {
  const groups = [...new Set(graph.nodes.flatMap(({ notes: { group } }) => group ?? []))].sort((a, b) => a - b);
  if (
    groups.every((group, index) => group === index) &&
    graph.nodes.every(({ notes: { locations } }) => locations === undefined)
  )
    return graph;
  const number = new Map(groups.map((group, index) => [group, index]));
  return annotate(graph, ({ notes: { stage, group } }) => ({
    ...(stage && { stage }),
    ...(group !== undefined && { group: number.get(group) ?? group }),
  }));
}

/**
 * In lexicographic order: control nodes, their operands and results, computations, results of the graph, dense leaves,
 * leaves, distinct operands, elements.
 */
function measure(graph: Graph): readonly number[] {
  const nodes = usedNodes(graph);
  const leaves = nodes.filter(isLeaf);
  const count = (test: (node: Node) => boolean): number => nodes.filter(test).length;
  const total = (size: (node: Node) => number): number => nodes.reduce((sum, node) => sum + size(node), 0);
  return [
    count((node) => isControl(node) || node.regions.length > 0),
    total(({ regions, operands, results }) => (regions.length === 0 ? 0 : operands.length + results.length)),
    nodes.length - leaves.length,
    graph.outputs.length + 2 * (graph.writes.length + graph.carries.filter(changes).length),
    leaves.filter(({ results: [value] }) => value === undefined || splatValue(value) === null).length,
    leaves.length,
    total(({ operands }) => new Set(operands).size),
    total(({ results }) => results.reduce((sum, { type }) => sum + elements(type.shape), 0)),
  ];
}

export function isSmaller(a: Graph, b: Graph): boolean {
  const [left, right] = [measure(a), measure(b)];
  const first = left.findIndex((x, i) => x !== right[i]);
  return first >= 0 && (left[first] ?? 0) < (right[first] ?? 0);
}

/**
 * All nodes, including those of regions, without unused leaves: an unused input of a region is only the counterpart of
 * an operand.
 */
function usedNodes(graph: Graph): readonly Node[] {
  const used = new Set([...graph.nodes.flatMap(({ operands }) => operands), ...kept(graph)]);
  return graph.nodes
    .filter((node) => !isLeaf(node) || node.results.some((value) => used.has(value)))
    .flatMap((node) => [node, ...node.regions.flatMap(usedNodes)]);
}

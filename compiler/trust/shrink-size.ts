// When a graph counts as smaller than another, and what is swept up after every edit.
import { elements } from "../types/tensor-type.ts";
import { isInput, isLeaf, splatValue } from "../graph/facts.ts";
import { isControl } from "../graph/groups.ts";
import type { Graph, Node } from "../graph/ir.ts";
import { annotate, dropDead, kept } from "../graph/rebuild.ts";
import { changes } from "../graph/regions.ts";

/** Without nodes and inputs that nothing needs. Groups are numbered anew; places in memory were those of another graph and are left out. */
export function tidy(graph: Graph): Graph {
  const alive = dropDead(graph);
  const used = new Set([...alive.nodes.flatMap(({ operands }) => operands), ...kept(alive)]);
  const isUsed = (node: Node): boolean => !isInput(node) || node.results.some((value) => used.has(value));
  return withDenseGroups({ ...alive, nodes: alive.nodes.filter(isUsed), inputs: alive.inputs.filter(({ node }) => isUsed(node)) });
}

function withDenseGroups(graph: Graph): Graph {
  const groups = [...new Set(graph.nodes.flatMap(({ notes: { group } }) => group ?? []))].sort((a, b) => a - b);
  if (groups.every((group, index) => group === index) && graph.nodes.every(({ notes: { places } }) => places === undefined)) return graph;
  const number = new Map(groups.map((group, index) => [group, index]));
  return annotate(graph, ({ notes: { stage, group } }) => ({ ...(stage && { stage }), ...(group !== undefined && { group: number.get(group) ?? group }) }));
}

/** What counts, most weighty first: loops and branches, what they carry and give, computations, results, leaves that are no splats, leaves, elements. */
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
  const at = left.findIndex((x, i) => x !== right[i]);
  return at >= 0 && (left[at] ?? 0) < (right[at] ?? 0);
}

/** Those of regions too; without leaves that nothing takes, which only stand for an operand of the region's node. */
function usedNodes(graph: Graph): readonly Node[] {
  const used = new Set([...graph.nodes.flatMap(({ operands }) => operands), ...kept(graph)]);
  return graph.nodes
    .filter((node) => !isLeaf(node) || node.results.some((value) => used.has(value)))
    .flatMap((node) => [node, ...node.regions.flatMap(usedNodes)]);
}

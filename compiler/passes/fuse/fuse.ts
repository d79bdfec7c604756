import { copyOf, makeNode } from "../../graph/build.ts";
import { isInput, isLeaf, pathOf, resultOf, splatValue } from "../../graph/facts.ts";
import { base } from "../../graph/groups.ts";
import type { Graph, Node, Value } from "../../graph/ir.ts";
import { dropDead, rebuild } from "../../graph/rebuild.ts";
import { invariant, present } from "../../support/invariant.ts";
import { at } from "../../support/lists.ts";
import { findGroups, readsMemory, type Group } from "./groups.ts";
import { definePass } from "../pass.ts";
import { defaultMachine, type Machine } from "../../support/machine.ts";
import { changes, mapCarries } from "../../graph/regions.ts";

/**
 * Partitions the nodes into groups, each of which becomes one kernel, and numbers them in execution order, weights
 * stage first.
 *
 * Pointwise nodes join the reduction, product or copy that reads them, or that computed their operand; updates with the
 * same index space (a param and its optimizer slots) share one loop. Nodes that are free to recompute (broadcasts,
 * iotas, random bits) are cloned into every group that reads them, so that they never reach memory. Reshapes are views
 * and belong to no group.
 *
 * `groups.ts` chooses the groups; the schedule turns a group into loops.
 */
export const fuse = definePass({
  name: "fuse",
  doc: "partitions nodes into groups, each of which becomes one kernel",
  needs: ["differentiated", "chosen", "inlined", "staged"],
  provides: ["fused"],
  exact: true,
  // A dead node would become a kernel that stores nothing.
  run: (graph, { region = false, machine = defaultMachine }) => emit(copyLeaves(dropDead(graph), region), machine),
});

/**
 * Inserts copies of leaves where memory written by a kernel is required: an output or write of the graph, and an
 * operand of a view or a product (a param that is returned, a zero that is written). Inputs, and params that are not
 * written, are in memory already; outputs of a region always need their own memory.
 */
function copyLeaves(graph: Graph, region: boolean): Graph {
  const written = new Set(graph.writes.map(({ path }) => path));
  const copied = new Map<Value, Value>();
  const stable = (value: Value): boolean =>
    isInput(value.node) || (isLeaf(value.node) && splatValue(value) === null && !written.has(pathOf(value.node) ?? ""));
  const inMemory = (leaf: Value, reader: Node): boolean => splatValue(leaf) === null || !readsMemory(reader);
  const inner = rebuild(graph, (builder, node, operands) => {
    if (operands.every((operand) => inMemory(operand, node))) return null;
    const stage = node.notes.stage === undefined ? {} : { stage: node.notes.stage };
    const stored = (operand: Value): Value => (inMemory(operand, node) ? operand : builder.copy(operand, stage));
    return builder.addNode(node.op, operands.map(stored), node.attrs, node.notes, node.regions).results;
  });
  const nodes = [...inner.nodes];
  const leave = (value: Value, write: boolean): Value => {
    const source = base(value);
    if (!isLeaf(source.node) || (!write && !region && stable(source))) return value;
    const known = copied.get(value);
    if (known !== undefined) return known;
    const node = copyOf(graph, value);
    nodes.push(node);
    const made = resultOf(node);
    copied.set(value, made);
    return made;
  };
  const outputs = inner.outputs.map(({ name, value }) => ({ name, value: leave(value, false) }));
  const writes = inner.writes.map(({ path, value }) => ({ path, value: leave(value, true) }));
  const carries = inner.carries.map((carry) => (changes(carry) ? { ...carry, next: leave(carry.next, true) } : carry));
  return { ...inner, nodes, outputs, writes, carries };
}

/** The groups in topological order, close to the order of the program, weights stage before call stage. */
function executionOrder(graph: Graph, groupOf: ReadonlyMap<Node, Group>): Group[] {
  const index = new Map(graph.nodes.map((node, i) => [node, i]));
  const groups = new Set(graph.nodes.flatMap((node) => groupOf.get(node) ?? []));
  const needs = new Map<Group, Set<Group>>();
  for (const group of groups) {
    const found = new Set<Group>();
    const seen = new Set<Node>();
    const visit = (node: Node): void => {
      if (seen.has(node)) return;
      seen.add(node);
      const home = groupOf.get(node);
      if (home !== undefined && home !== group) found.add(home);
      else for (const operand of node.operands) visit(operand.node);
    };
    for (const member of group.members) visit(member);
    needs.set(group, found);
  }
  const last = new Map(
    [...groups].map((group) => [
      group,
      Math.max(...[...group.members].map((node) => present(index.get(node), "a group's node is not in the graph"))),
    ]),
  );
  const first = (group: Group): number => present(last.get(group), "unknown group");
  const staged = (group: Group): number => ([...group.members].some((node) => node.notes.stage === "weights") ? 0 : 1);
  const waiting = [...groups].sort((a, b) => staged(a) - staged(b) || first(a) - first(b));
  const order: Group[] = [];
  const done = new Set<Group>();
  const schedule = (group: Group, path: readonly Group[]): void => {
    if (done.has(group)) return;
    invariant(!path.includes(group), "the dependences of groups form a cycle");
    for (const need of [...present(needs.get(group), "unknown group")].sort((a, b) => first(a) - first(b)))
      schedule(need, [...path, group]);
    done.add(group);
    order.push(group);
  };
  for (const group of waiting) schedule(group, []);
  return order;
}

function emit(graph: Graph, machine: Machine): Graph {
  const { groupOf, free } = findGroups(graph, machine);
  const position = new Map(graph.nodes.map((node, i) => [node, i]));
  const nodes: Node[] = [];
  /** The new node of each old one; free nodes have one per group instead. */
  const shared = new Map<Node, Node>();
  /** Nodes whose id is taken; further copies of a free node have new ids. */
  const copied = new Set<Node>();

  const copy = (
    node: Node,
    operands: readonly Value[],
    group: number | undefined,
    stage: "weights" | undefined,
  ): Node => {
    const provenance = copied.has(node) ? graph.lineage.derived(node.provenance) : node.provenance;
    copied.add(node);
    const made = makeNode(
      node.op,
      operands,
      node.attrs,
      provenance,
      { ...(stage && { stage }), ...(group !== undefined && { group }) },
      node.regions,
    );
    nodes.push(made);
    return made;
  };

  /** A value outside of groups: a leaf, a view, or a result that a group has stored. */
  const outside = (value: Value): Value => {
    const known = shared.get(value.node);
    if (known !== undefined) return at(known.results, value.index);
    const kind = value.node.op.form.kind;
    invariant(kind === "leaf" || kind === "view", `${value.node.op.name} is read before its group has run`);
    const made = copy(value.node, value.node.operands.map(outside), undefined, value.node.notes.stage);
    shared.set(value.node, made);
    return at(made.results, value.index);
  };

  for (const input of graph.inputs) outside(input);

  executionOrder(graph, groupOf).forEach((group, number) => {
    const stage = [...group.members].some((node) => node.notes.stage === "weights") ? "weights" : undefined;
    const inside = new Map<Node, Node>();
    const within = (node: Node, reader: Node): boolean =>
      group.members.has(node) || (free.has(node) && (!readsMemory(reader) || free.has(reader)));
    const read = (value: Value, reader: Node): Value => {
      const { node } = value;
      if (within(node, reader)) {
        const made = inside.get(node) ?? clone(node);
        return at(made.results, value.index);
      }
      return outside(value);
    };
    const clone = (node: Node): Node => {
      const operands = node.operands.map((operand) => read(operand, node));
      const made = copy(node, operands, number, stage);
      inside.set(node, made);
      return made;
    };
    const members = [...group.members].sort(
      (a, b) => present(position.get(a), "unknown node") - present(position.get(b), "unknown node"),
    );
    // Leaves and views that the group reads come before its first node, so that the nodes of a group are contiguous.
    const prepare = (node: Node, seen: Set<Node>): void => {
      if (seen.has(node)) return;
      seen.add(node);
      for (const operand of node.operands) {
        if (within(operand.node, node)) prepare(operand.node, seen);
        else outside(operand);
      }
    };
    const seen = new Set<Node>();
    for (const member of members) prepare(member, seen);
    for (const member of members) if (!inside.has(member)) clone(member);
    for (const member of members) shared.set(member, present(inside.get(member), "a member was not copied"));
  });

  return {
    ...graph,
    inputs: graph.inputs.map(outside),
    nodes,
    outputs: graph.outputs.map(({ name, value }) => ({ name, value: outside(value) })),
    writes: graph.writes.map(({ path, value }) => ({ path, value: outside(value) })),
    carries: mapCarries(graph.carries, outside),
  };
}

import { at } from "../support/lists.ts";
import { resultOf, splatValue, updatedBy } from "./facts.ts";
import type { Graph, MemoryLocation, Node, Value } from "./ir.ts";
import { exitValues } from "./regions.ts";

/** A fused group: the nodes that become one kernel, and how they touch memory. */
export interface GroupView {
  readonly number: number;
  readonly nodes: readonly Node[];
  readonly stage: "weights" | "call";
  /** The node with a separate index space (reduce, contract, scatter, pieces, lines), if any. */
  readonly anchor: Node | null;
  /** Values that other groups need, or that leave the graph: the kernel writes them. In the order of the nodes. */
  readonly stored: readonly Value[];
  /** Values from outside that the kernel loads; splat constants are not loaded. */
  readonly reads: readonly Value[];
  /** The `reads` that the kernel loads only at the index at which it stores. */
  readonly readInPlace: ReadonlySet<Value>;
}

const isAnchor = (node: Node): boolean =>
  isControl(node) || ["reduce", "contract", "scatter", "pieces", "lines"].includes(node.op.form.kind);

/** A loop or a branch: a separate group, whose kernels are those of its regions. */
export const isControl = (node: Node): boolean => ["scan", "while", "cond"].includes(node.op.form.kind);

/** The value whose memory this one shares: the source of a chain of views. */
export function base(value: Value): Value {
  return value.node.op.form.kind === "view" ? base(at(value.node.operands, 0)) : value;
}

/** The operands that a node reads at other indices than that of its result: an update copies its base. */
const operandsElsewhere = (node: Node): readonly Value[] => {
  const { form } = node.op;
  return form.kind === "scatter" && form.base !== null ? node.operands.toSpliced(form.base, 1) : node.operands;
};

/** The tensor whose memory the result of an update takes over, so that nothing is copied; null if there is none. */
export function overwrittenBy({ anchor }: Pick<GroupView, "anchor">): Value | null {
  const updated = anchor === null ? null : updatedBy(anchor);
  if (anchor === null || updated === null || splatValue(updated) !== null) return null;
  const [from, to] = [locationOf(updated), locationOf(resultOf(anchor))];
  return from !== null && to !== null && sameLocation(from, to) ? updated : null;
}

const locationOf = (value: Value): MemoryLocation | null => {
  const { node, index } = base(value);
  return node.notes.locations?.[index] ?? null;
};

const sameLocation = (a: MemoryLocation, b: MemoryLocation): boolean => JSON.stringify(a) === JSON.stringify(b);

const known = new WeakMap<Graph, readonly GroupView[]>();

/** The groups in order of execution; kept for each graph, since planning and code generation ask several times. */
export function groupsOf(graph: Graph): readonly GroupView[] {
  const before = known.get(graph);
  if (before !== undefined) return before;
  const groups = viewsOf(graph);
  known.set(graph, groups);
  return groups;
}

function viewsOf(graph: Graph): readonly GroupView[] {
  const members = new Map<number, Node[]>();
  for (const node of graph.nodes) {
    const { group } = node.notes;
    if (group === undefined) continue;
    const list = members.get(group);
    if (list === undefined) members.set(group, [node]);
    else list.push(node);
  }
  const needed = new Map<Value, Set<number | undefined>>();
  const need = (value: Value, by: number | undefined): void =>
    void needed.set(value, (needed.get(value) ?? new Set()).add(by));
  for (const node of graph.nodes) for (const operand of node.operands) need(operand, node.notes.group);
  for (const value of exitValues(graph)) need(value, undefined);

  return [...members].sort(([a], [b]) => a - b).map(([number, nodes]) => view(number, nodes, needed));
}

function view(
  number: number,
  nodes: readonly Node[],
  needed: ReadonlyMap<Value, ReadonlySet<number | undefined>>,
): GroupView {
  const inside = new Set(nodes);
  const stored = nodes.flatMap((node) =>
    node.results.filter((value) => isControl(node) || [...(needed.get(value) ?? [])].some((by) => by !== number)),
  );
  const reads = new Set(
    nodes.flatMap((node) => node.operands.filter((value) => !inside.has(value.node) && splatValue(value) === null)),
  );

  const atIndex = new Set<Node>();
  const visit = (node: Node): void => {
    if (atIndex.has(node) || !inside.has(node)) return;
    atIndex.add(node);
    if (node.op.form.kind === "pointwise") for (const operand of node.operands) visit(operand.node);
  };
  for (const value of stored) visit(value.node);
  // A value that the group also reads at another index is computed at that index too, and so are its operands.
  const off = new Set<Node>();
  for (const node of nodes.toReversed()) {
    const here = atIndex.has(node) && node.op.form.kind === "pointwise" && !off.has(node);
    if (!here) for (const operand of node.operands) off.add(operand.node);
  }
  const elsewhere = new Set(
    nodes
      .filter((node) => node.op.form.kind !== "pointwise" || off.has(node) || !atIndex.has(node))
      .flatMap((node) => operandsElsewhere(node)),
  );
  return {
    number,
    nodes,
    stage: at(nodes, 0).notes.stage ?? "call",
    anchor: nodes.find(isAnchor) ?? null,
    stored,
    reads: [...reads],
    readInPlace: new Set([...reads].filter((value) => !elsewhere.has(value))),
  };
}

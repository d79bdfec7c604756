import { siteOf, resultOf, updatedBy } from "../../graph/facts.ts";
import { base, isControl } from "../../graph/groups.ts";
import type { Graph, Node, Value } from "../../graph/ir.ts";
import type { FusionLimits, Machine } from "../../support/machine.ts";
import { elements, sameShape } from "../../types/tensor-type.ts";
import { GroupOrder } from "./order.ts";
import { elementCost } from "../../analysis/element-cost.ts";
import { changes, exitValues } from "../../graph/regions.ts";
import type { Form } from "../../graph/op.ts";
import { placesIn, type Places } from "./places.ts";

/**
 * Chooses the groups of `fuse`. There are three kinds of nodes:
 *
 * - *anchors* (contract, reduce, scatter, pieces, lines) have their own index space; a group has at most one;
 * - *elements* (pointwise, map) can be computed at any index, inside a group that reads them;
 * - *free* nodes cost nothing to recompute, so that every reader has its own copy: broadcasts, and generators, which
 *   read at most scalars (an iota, random bits). They belong to no group.
 */
export interface Grouping {
  /**
   * The group of every node that is neither a leaf, nor a view, nor free. Nodes that must be stored though free have a
   * group too.
   */
  readonly groupOf: ReadonlyMap<Node, Group>;
  readonly free: ReadonlySet<Node>;
}

export interface Group {
  readonly members: Set<Node>;
  anchor: Node | null;
}

/** Anchors that finish each result element at one point of the loop nest, where a pointwise epilogue can follow. */
const takesEpilogue: ReadonlySet<Form["kind"]> = new Set(["reduce", "contract"]);

/** Whether the anchor has a longer epilogue than its kind may have. */
function isTooLong(anchor: Node, members: ReadonlySet<Node>, free: ReadonlySet<Node>, limits: FusionLimits): boolean {
  const { form } = anchor.op;
  if (form.kind === "contract") return costOf(members, free, limits) > limits.epilogue;
  if (form.kind !== "reduce" || elements(form.extents(siteOf(anchor))) < limits.reduction.terms) return false;
  return costOf(after(anchor, members), new Set(), limits) > limits.reduction.epilogue;
}

/** The members that depend on the anchor. */
function after(anchor: Node, members: ReadonlySet<Node>): ReadonlySet<Node> {
  const known = new Map<Node, boolean>([[anchor, true]]);
  const depends = (node: Node): boolean => {
    const found = known.get(node) ?? (members.has(node) && node.operands.some((operand) => depends(operand.node)));
    known.set(node, found);
    return found;
  };
  return new Set([...members].filter(depends));
}

/** The cost per element of the members and of the free nodes that they recompute. */
function costOf(members: ReadonlySet<Node>, free: ReadonlySet<Node>, limits: FusionLimits): number {
  const seen = new Set<Node>();
  const visit = (node: Node): number => {
    if (seen.has(node) || !(members.has(node) || free.has(node))) return 0;
    seen.add(node);
    return elementCost(node, limits) + node.operands.reduce((sum, operand) => sum + visit(operand.node), 0);
  };
  return [...members].reduce((sum, node) => sum + visit(node), 0);
}

/** Views, products and control ops read their operands from memory that a kernel has written. */
export const readsMemory = (node: Node): boolean =>
  node.op.form.kind === "view" || node.op.form.kind === "contract" || isControl(node);

type Kind = "leaf" | "view" | "element" | "anchor";

const kindOf = (node: Node): Kind => {
  switch (node.op.form.kind) {
    case "leaf":
      return "leaf";
    case "view":
      return "view";
    case "pointwise":
    case "map":
      return "element";
    default:
      return "anchor";
  }
};

const size = (value: Value): number => elements(value.type.shape);
const pointwise = (node: Node): boolean => node.op.form.kind === "pointwise";

/**
 * Nodes whose recomputation costs no memory traffic: they expand a small tensor to a larger one, or read at most
 * scalars. A view of a free node is free too, unless it must be in memory; then its operand must be.
 */
function freeNodes(graph: Graph, inMemory: (node: Node) => boolean): Set<Node> {
  const row = (value: Value | undefined): boolean =>
    value !== undefined && value.type.shape.length === 1 && generators.has(value.node);
  const free = new Set<Node>();
  const small = (value: Value): boolean =>
    value.node.op.form.kind === "leaf"
      ? size(value) <= 1 || "value" in value.node.attrs
      : free.has(value.node) && generators.has(value.node);
  const generators = new Set<Node>();
  for (const node of graph.nodes) {
    if (kindOf(node) === "view" && row(node.operands[0]) && !inMemory(node)) {
      free.add(node);
      generators.add(node);
    }
    if (kindOf(node) !== "element") continue;
    const inputs = node.operands.reduce((sum, operand) => sum + size(operand), 0);
    const expansion = node.op.form.kind === "map" && size(resultOf(node)) > inputs;
    const fromScalars = node.operands.every((operand) => size(operand) <= 1 || small(operand));
    if (expansion || (fromScalars && size(resultOf(node)) > 1)) free.add(node);
    if (free.has(node) && fromScalars) generators.add(node);
  }
  return free;
}

/** An upper bound of how often, on average, `reader` reads an element of `operand`. */
function repeats(reader: Node, operand: Value): number {
  const form = reader.op.form;
  const site = siteOf(reader);
  let reads = size(resultOf(reader));
  if (form.kind === "reduce") reads *= elements(form.extents(site));
  if (form.kind === "scatter") reads = elements(form.domain(site));
  if (form.kind === "lines") reads *= form.reads(site);
  if (form.kind === "pieces") reads = size(operand);
  if (form.kind === "contract" || isControl(reader)) return Infinity;
  return reads / Math.max(1, size(operand));
}

/** Whether `reader` updates the result of the node, which then has memory of its own that the update takes over. */
const isUpdatedBy = (node: Node, reader: Node): boolean => updatedBy(reader) === node.results[0];

/**
 * Whether the node reads what the group updates: inside the group it would read elements that are already replaced, or
 * the tensor would have to be copied.
 */
function readsUpdated(node: Node, group: Group | undefined): boolean {
  const anchor = group?.anchor ?? null;
  const updated = anchor === null ? null : updatedBy(anchor);
  return updated !== null && node.operands.some((operand) => base(operand) === base(updated));
}

export function findGroups(graph: Graph, { fusion }: Machine): Grouping {
  const users = usersOf(graph);
  const leaving = new Set<Node>(exitValues(graph).map(({ node }) => node));
  const numbers = new Map(graph.nodes.map((node, number) => [node, number]));
  const free = freeNodes(graph, (node) => leaving.has(node) || (users.get(node) ?? []).some(readsMemory));
  const groupOf = new Map<Node, Group>();
  const places = new Map<Node, Places>();
  const alone = (node: Node): void => {
    places.set(node, new Set([""]));
    groupOf.set(node, { members: new Set([node]), anchor: kindOf(node) === "anchor" ? node : null });
  };

  // Consumers first: an element joins the one group that reads it, if that reads every element about once.
  for (const node of graph.nodes.toReversed()) {
    const kind = kindOf(node);
    if (kind === "leaf" || (kind === "view" && !free.has(node))) continue;
    const readers = users.get(node) ?? [];
    const stored = leaving.has(node) || readers.some((reader) => readsMemory(reader) && !free.has(reader));
    if (free.has(node)) {
      if (stored) alone(node);
      continue;
    }
    const homes = new Set(readers.map((reader) => groupOf.get(reader)));
    const [home] = homes;
    const computedAt = placesIn(readers, numbers, places);
    const inlined =
      kind === "element" &&
      !stored &&
      !readers.some((reader) => isUpdatedBy(node, reader)) &&
      !readsUpdated(node, home) &&
      homes.size === 1 &&
      home !== undefined &&
      readers.every(
        (reader) =>
          !free.has(reader) && reader.notes.stage === node.notes.stage && repeats(reader, resultOf(node)) <= 1,
      ) &&
      home.members.size < fusion.members &&
      computedAt.size <= fusion.places;
    if (inlined) {
      places.set(node, computedAt);
      home.members.add(node);
      groupOf.set(node, home);
    } else alone(node);
  }

  mergeAlongIdentity(graph, groupOf, users, free, fusion);
  return { groupOf, free };
}

/** The nodes that read each node, once per operand. */
function usersOf(graph: Graph): ReadonlyMap<Node, readonly Node[]> {
  const users = new Map<Node, Node[]>();
  for (const node of graph.nodes) {
    for (const { node: source } of node.operands) {
      const list = users.get(source);
      if (list === undefined) users.set(source, [node]);
      else list.push(node);
    }
  }
  return users;
}

/**
 * Nodes of the group that are computed at the group's own index: the anchor, its pointwise epilogue, and pointwise
 * ancestors of the group's results.
 */
function atIdentity(group: Group, users: ReadonlyMap<Node, readonly Node[]>): Set<Node> {
  const identity = new Set<Node>();
  const visit = (node: Node): void => {
    if (identity.has(node) || !group.members.has(node)) return;
    identity.add(node);
    if (pointwise(node)) for (const operand of node.operands) visit(operand.node);
  };
  for (const node of group.members)
    if ((users.get(node) ?? []).length === 0 || (users.get(node) ?? []).some((user) => !group.members.has(user)))
      visit(node);
  return identity;
}

/**
 * Merges producer and consumer if the consumer reads the producer at its own index: epilogues, and several results of
 * one loop.
 */
function mergeAlongIdentity(
  graph: Graph,
  groupOf: Map<Node, Group>,
  users: ReadonlyMap<Node, readonly Node[]>,
  free: ReadonlySet<Node>,
  limits: FusionLimits,
): void {
  const order = new GroupOrder(graph, groupOf, users);
  const updates = new Set([
    ...graph.writes.map(({ value }) => value.node),
    ...graph.carries.filter(changes).map(({ next }) => next.node),
  ]);

  for (const consumer of graph.nodes) {
    if (!pointwise(consumer) || free.has(consumer)) continue;
    for (const operand of consumer.operands) {
      const producer = operand.node;
      const a = groupOf.get(producer);
      const b = groupOf.get(consumer);
      if (a === undefined || b === undefined || a === b || free.has(producer)) continue;
      if (!sameShape(operand.type.shape, resultOf(consumer).type.shape)) continue;
      if (consumer.notes.stage !== producer.notes.stage) continue;
      if (!mergeable(a, b, users, updates, free, limits)) continue;
      // If there is a path from one to the other through a third group, that group would have to run in the middle of
      // the merged kernel.
      order.join(a, b, () => {
        for (const node of b.members) {
          a.members.add(node);
          groupOf.set(node, a);
        }
        a.anchor ??= b.anchor;
      });
    }
  }
}

function mergeable(
  a: Group,
  b: Group,
  users: ReadonlyMap<Node, readonly Node[]>,
  updates: ReadonlySet<Node>,
  free: ReadonlySet<Node>,
  limits: FusionLimits,
): boolean {
  if (a.anchor !== null && b.anchor !== null) return false;
  const anchor = a.anchor ?? b.anchor;
  // An update is in place, and a product keeps its partial sums in its result.
  if (anchor?.op.form.kind === "contract" && [...a.members, ...b.members].some((node) => updates.has(node)))
    return false;
  if (anchor !== null && (!takesEpilogue.has(anchor.op.form.kind) || anchor.results.length > 1)) return false;
  if (a.members.size + b.members.size > limits.members) return false;
  const members = new Set([...a.members, ...b.members]);
  const buffers = new Set<Value>();
  for (const node of members) for (const operand of node.operands) if (!members.has(operand.node)) buffers.add(operand);
  if (buffers.size > limits.buffers) return false;
  if (anchor !== null && isTooLong(anchor, members, free, limits)) return false;
  const identityInB = atIdentity(b, users);
  const identityInA = atIdentity(a, users);
  const crossings = [...b.members].flatMap((reader) =>
    reader.operands.filter((operand) => a.members.has(operand.node)).map((operand) => ({ reader, operand })),
  );
  const elsewhere = a.anchor === null ? new Set<Node>() : readElsewhere(b, free);
  return crossings.every(
    ({ reader, operand }) =>
      pointwise(reader) && identityInB.has(reader) && !elsewhere.has(reader) && identityInA.has(operand.node),
  );
}

/**
 * Nodes of the group that are also read at other indices than the group's own (through a reverse, for example): they
 * are computed again there, with all their operands. An anchor is computed only at the group's own index.
 */
function readElsewhere(group: Group, free: ReadonlySet<Node>): Set<Node> {
  const elsewhere = new Set<Node>();
  const inside = (node: Node): boolean => group.members.has(node) || free.has(node);
  const mark = (node: Node): void => {
    if (elsewhere.has(node) || !inside(node)) return;
    elsewhere.add(node);
    for (const operand of node.operands) mark(operand.node);
  };
  const seen = new Set<Node>();
  const visit = (node: Node): void => {
    if (seen.has(node) || !inside(node)) return;
    seen.add(node);
    for (const operand of node.operands) {
      if (!pointwise(node)) mark(operand.node);
      visit(operand.node);
    }
  };
  for (const node of group.members) visit(node);
  return elsewhere;
}

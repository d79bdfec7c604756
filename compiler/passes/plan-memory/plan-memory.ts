import { copyOf } from "../../graph/build.ts";
import { isInput, isPersistent, pathOf, splatValue, isArgument, resultOf, updatedBy } from "../../graph/facts.ts";
import { base, groupsOf, isControl, type GroupView } from "../../graph/groups.ts";
import type { Graph, Node, MemoryLocation, Value } from "../../graph/ir.ts";
import { annotate } from "../../graph/rebuild.ts";
import { kernelScratch } from "../../analysis/contraction-scratch.ts";
import { present } from "../../support/invariant.ts";
import { defaultMachine, roundUp } from "../../support/machine.ts";
import { bytes, sameType } from "../../types/tensor-type.ts";
import { definePass } from "../pass.ts";
import { placeBlocks, type Block } from "./blocks.ts";
import { changes, exitValues } from "../../graph/regions.ts";

/**
 * Assigns a memory location to every value that is stored.
 *
 * Live ranges are known, since the groups run in order, weights stage first. A value that is written to a param or
 * state is computed in place if no later group reads the old value and the group itself reads it only at the index that
 * it writes; otherwise it is copied at the end. Values that the weights stage leaves for the call stage are in the
 * cache. All others share the scratch area: the result of a group reuses the memory of an operand whose live range ends
 * there and that is read only at the index that is written; `blocks.ts` assigns offsets to the remaining blocks by
 * their live ranges. Inputs are live from the start of the call stage, outputs to the end.
 *
 * The regions of a control op are planned before the graph around them; their scratch area is a block of that graph,
 * live while the op runs, and so is the scratch of a kernel. A region reads its inputs from, and writes its outputs to,
 * the memory of the operands and results of the op, and its carries are updated like params.
 */
export const planMemory = definePass({
  name: "plan-memory",
  doc: "assigns a memory location to every value that is stored",
  needs: ["staged", "fused"],
  provides: ["planned"],
  exact: true,
  run: (graph, { region = false, gap = 0 }) => {
    const written = copyLateWrites(graph);
    const complete = region ? copySharedOutputs(written) : written;
    const { locations, frames } = plan(complete, region, gap);
    return annotate(complete, (node) => {
      const mine = node.results.map((value) => locations.get(base(value)) ?? null);
      const frame = frames.get(node);
      if (node.notes.group === undefined && mine.every((location) => location === null)) return node.notes;
      return { ...node.notes, locations: mine, ...(frame !== undefined && { frame }) };
    });
  },
});

const align = (size: number): number => roundUp(size, defaultMachine.alignment);

/** The number of the group that computes a value; -1 for leaves. */
const maker = (value: Value): number => base(value).node.notes.group ?? -1;

/** The groups that read a value or a view of it. */
type Readers = ReadonlyMap<Value, ReadonlySet<GroupView>>;

function readersOf(groups: readonly GroupView[]): Readers {
  const readers = new Map<Value, Set<GroupView>>();
  for (const group of groups) {
    for (const read of group.reads) {
      const known = readers.get(base(read));
      if (known === undefined) readers.set(base(read), new Set([group]));
      else known.add(group);
    }
  }
  return readers;
}

/**
 * Whether the value can be written directly to the tensor that those leaves read, without overwriting an element that
 * is still needed.
 */
function inPlace(olds: readonly Value[], value: Value, readers: Readers): boolean {
  const home = maker(value);
  return olds.every((old) =>
    [...(readers.get(old) ?? [])].every(({ number, reads, readInPlace, anchor }) => {
      if (number < home) return true;
      const touching = reads.filter((read) => base(read) === old);
      // A product may keep partial sums in its result; other loop nests store each element once, after its last read.
      // An update stores again where nothing is read.
      const once = anchor === null || anchor.op.form.kind === "reduce" || updatedBy(anchor) !== null;
      return (
        number === home &&
        once &&
        touching.every((read) => read === old && readInPlace.has(read)) &&
        sameType(old.type, value.type)
      );
    }),
  );
}

/** The values that read each param and state. */
function leavesOf(graph: Graph): ReadonlyMap<string | null, readonly Value[]> {
  const leaves = Map.groupBy(graph.nodes.filter(isPersistent), pathOf);
  return new Map([...leaves].map(([path, nodes]) => [path, nodes.flatMap(({ results }) => results)]));
}

/** Appends a copy for every write that cannot be done where the value is computed, or whose value has two targets. */
function copyLateWrites(graph: Graph): Graph {
  const groups = groupsOf(graph);
  const readers = readersOf(groups);
  const leaves = leavesOf(graph);
  const taken = new Set<Value>();
  const nodes = [...graph.nodes];
  let next = groups.length;
  const written = (olds: readonly Value[], value: Value): Value => {
    const direct =
      base(value).node.notes.group !== undefined && !taken.has(base(value)) && inPlace(olds, value, readers);
    taken.add(base(value));
    if (direct) return value;
    const copy = copyOf(graph, value, { group: next++ });
    nodes.push(copy);
    return resultOf(copy);
  };
  const writes = graph.writes.map(({ path, value }) => ({
    path,
    value: written(leaves.get(path) ?? [], value),
  }));
  const carries = graph.carries.map((carry) =>
    changes(carry) ? { ...carry, next: written([carry.value], carry.next) } : carry,
  );
  return nodes.length === graph.nodes.length ? graph : { ...graph, nodes, writes, carries };
}

/** In a region, appends a copy for every output that is also the next value of a carry or another output. */
function copySharedOutputs(graph: Graph): Graph {
  const taken = new Set(graph.carries.filter(changes).map(({ next }) => base(next)));
  const nodes = [...graph.nodes];
  let next = groupsOf(graph).length;
  const outputs = graph.outputs.map(({ name, value }) => {
    const shared = taken.has(base(value));
    taken.add(base(value));
    if (!shared) return { name, value };
    const copy = copyOf(graph, value, { group: next++ });
    nodes.push(copy);
    return { name, value: resultOf(copy) };
  });
  return nodes.length === graph.nodes.length ? graph : { ...graph, nodes, outputs };
}

function plan(
  graph: Graph,
  region: boolean,
  gap: number,
): { readonly locations: ReadonlyMap<Value, MemoryLocation>; readonly frames: ReadonlyMap<Node, number> } {
  const groups = groupsOf(graph);
  const locations = new Map<Value, MemoryLocation>();
  for (const node of graph.nodes) {
    const path = pathOf(node);
    if (path !== null) for (const value of node.results) locations.set(value, { area: "persistent", path });
  }
  const readers = readersOf(groups);
  const exits = new Set(exitValues(graph).map(base));
  /** A value in the memory of what it replaces, with all that lead to it by updates: each is then in place. */
  const replace = (olds: readonly Value[], value: Value, location: MemoryLocation): void => {
    locations.set(base(value), location);
    const updated = updatedBy(base(value).node);
    if (updated === null || maker(updated) < 0 || base(updated) !== updated || exits.has(updated)) return;
    const isLast = [...(readers.get(updated) ?? [])].every(({ number, readInPlace }) =>
      number === maker(value) ? readInPlace.has(updated) : number < maker(value),
    );
    if (isLast && inPlace(olds, updated, readers)) replace(olds, updated, location);
  };
  const leaves = leavesOf(graph);
  for (const { path, value } of graph.writes) replace(leaves.get(path) ?? [], value, { area: "persistent", path });
  if (region) {
    graph.inputs.forEach((value, index) => locations.set(value, { area: "operand", index }));
    graph.carries.forEach((carry, index) => {
      locations.set(carry.value, { area: "carry", index });
      if (changes(carry)) replace([carry.value], carry.next, { area: "carry", index });
    });
    graph.outputs.forEach(({ value }, index) => locations.set(base(value), { area: "result", index }));
  }

  const end = groups.length;
  const lastUse = new Map<Value, number>();
  for (const { number, reads } of groups) for (const read of reads) lastUse.set(base(read), number);
  for (const { value } of graph.outputs) lastUse.set(base(value), end);

  const room = (size: number): number => align(size) + gap;
  let constants = 0;
  for (const node of graph.nodes) {
    const value = node.results[0];
    if (
      value === undefined ||
      node.op.form.kind !== "leaf" ||
      isArgument(node) ||
      isPersistent(node) ||
      splatValue(value) !== null
    )
      continue;
    locations.set(value, { area: "constant", offset: constants });
    constants += room(bytes(value.type));
  }

  const callStart = groups.find(({ stage }) => stage === "call")?.number ?? end;
  const blocks: Block[] = [];
  const blockOf = new Map<Value, Block>();
  const open = (value: Value, from: number): void => {
    const block: Block = { bytes: room(bytes(value.type)), from, to: lastUse.get(value) ?? from, values: [value] };
    blocks.push(block);
    blockOf.set(value, block);
  };
  if (!region) for (const input of graph.inputs) open(input, callStart);
  const frameBlocks = new Map<Node, Block>();

  let cache = 0;
  for (const group of groups) {
    if (group.anchor !== null && (isControl(group.anchor) || frameBytes(group.anchor) > 0)) {
      const block: Block = { bytes: room(frameBytes(group.anchor)), from: group.number, to: group.number, values: [] };
      blocks.push(block);
      frameBlocks.set(group.anchor, block);
    }
    for (const value of group.stored) {
      if (locations.has(value)) continue;
      if (group.stage === "weights" && (lastUse.get(value) ?? -1) >= callStart) {
        locations.set(value, { area: "cache", offset: cache });
        cache += room(bytes(value.type));
        continue;
      }
      const heir = inheritable(group, value, blockOf, lastUse);
      if (heir === null) open(value, group.number);
      else {
        heir.to = lastUse.get(value) ?? group.number;
        heir.values.push(value);
        blockOf.set(value, heir);
      }
    }
  }

  const offsets = placeBlocks(blocks);
  for (const [value, block] of blockOf)
    locations.set(value, { area: "scratch", offset: present(offsets.get(block), "a block has no offset") });
  return {
    locations,
    frames: new Map(
      [...frameBlocks].map(([node, block]) => [node, present(offsets.get(block), "a block has no offset")]),
    ),
  };
}

/** The flag that a `while` tests is at the start of its frame. */
export const flagBytes = (node: Node): number => (node.op.form.kind === "while" ? 16 : 0);

/** Scratch that the regions of a control op need, of which only one runs at a time, or the kernel of any other op. */
export const frameBytes = (node: Node): number =>
  isControl(node)
    ? flagBytes(node) + Math.max(0, ...node.regions.map((region) => memoryOf(region).planned))
    : kernelScratch(node);

/** The block of an operand whose live range ends in this group and that is read only at the index that is written. */
function inheritable(
  group: GroupView,
  value: Value,
  blockOf: ReadonlyMap<Value, Block>,
  lastUse: ReadonlyMap<Value, number>,
): Block | null {
  if (group.anchor !== null && updatedBy(group.anchor) === null) return null;
  for (const read of group.readInPlace) {
    const source = base(read);
    const block = blockOf.get(source);
    const dies = lastUse.get(source) === group.number && block?.to === group.number;
    const alone = group.reads.every((other) => base(other) !== source || group.readInPlace.has(other));
    if (block !== undefined && dies && alone && sameType(read.type, value.type)) return block;
  }
  return null;
}

/**
 * Bytes of each area that a planned graph uses (regions count for scratch only), and its largest live set, a lower
 * bound for any plan.
 */
export function memoryOf(graph: Graph): { planned: number; live: number; cache: number; constants: number } {
  const groups = groupsOf(graph);
  const lastUse = new Map<Value, number>();
  for (const { number, reads } of groups) for (const read of reads) lastUse.set(base(read), number);
  for (const { value } of graph.outputs) lastUse.set(base(value), groups.length);
  const callStart = groups.find(({ stage }) => stage === "call")?.number ?? groups.length;
  /** Values at one offset whose live ranges touch are one block. */
  const lives: { offset: number; size: number; from: number; to: number }[] = [];
  let planned = 0;
  let cache = 0;
  let constants = 0;
  const count = (node: Node, value: Value): void => {
    const location = node.notes.locations?.[value.index];
    if (location === undefined || location === null || !("offset" in location) || node.op.form.kind === "view") return;
    const size = align(bytes(value.type));
    if (location.area === "cache") cache = Math.max(cache, location.offset + size);
    if (location.area === "constant") constants = Math.max(constants, location.offset + size);
    if (location.area !== "scratch") return;
    planned = Math.max(planned, location.offset + size);
    const from = isInput(node) ? callStart : (node.notes.group ?? 0);
    lives.push({ offset: location.offset, size, from, to: lastUse.get(value) ?? from });
  };
  for (const node of graph.nodes) {
    for (const value of node.results) count(node, value);
    const { frame, group } = node.notes;
    if (frame === undefined || group === undefined) continue;
    const size = align(frameBytes(node));
    planned = Math.max(planned, frame + size);
    lives.push({ offset: frame, size, from: group, to: group });
  }
  return { planned, live: largestLive(lives, groups.length), cache, constants };
}

/** The most bytes live at one step. */
function largestLive(
  lives: readonly { readonly offset: number; readonly size: number; readonly from: number; readonly to: number }[],
  steps: number,
): number {
  const change = new Float64Array(steps + 2);
  for (const sharing of Map.groupBy(lives, ({ offset }) => offset).values()) {
    let end = -1;
    for (const { size, from, to } of sharing.toSorted((a, b) => a.from - b.from)) {
      if (to <= end) continue;
      const start = Math.max(from, end + 1);
      change[start] = (change[start] ?? 0) + size;
      change[to + 1] = (change[to + 1] ?? 0) - size;
      end = to;
    }
  }
  let live = 0;
  return change.reduce((most, step) => Math.max(most, (live += step)), 0);
}

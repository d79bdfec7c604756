import type { TurnNotes } from "../../runtime/guard-notes.ts";
import type { Address } from "../../runtime/address.ts";
import type { Step } from "../../runtime/plan.ts";
import { base, groupsOf, isControl, type GroupView } from "../graph/groups.ts";
import { intAttr } from "../graph/facts.ts";
import type { Graph, Node, Value } from "../graph/ir.ts";
import type { Kernel } from "../kernel/ir.ts";
import { placeOf, type Layout } from "./layout.ts";
import { flagBytes } from "../passes/plan-memory/plan-memory.ts";
import { copyKernel, type LoweredGroup } from "../schedule/lower.ts";
import { carryHandovers, numberOf, operandOf, turnNotes, type Names, type ValueNumbers } from "./guard-notes.ts";
import { fail, present } from "../support/invariant.ts";
import { at } from "../support/lists.ts";
import { bytes } from "../types/tensor-type.ts";

/** Where the places of one graph, or of one run of a region, are. */
interface Frame {
  readonly graph: Graph;
  readonly scratch: number;
  readonly persistent: (path: string) => Address;
  readonly carry: (index: number) => Address;
  readonly operand: (index: number) => Address;
  readonly result: (index: number) => Address;
  /** How many loops are around. */
  readonly depth: number;
  /** What values are called where runs are checked; null in an ordinary build. */
  readonly names: Names | null;
}

/** The kernels of the module. */
export interface Library {
  /** The name under which the kernel can be called. */
  add(kernel: Kernel): string;
  lower(group: GroupView): LoweredGroup;
  /** Notes the nodes that a call computes, first the one whose result it stores. */
  note(call: Step, nodes: readonly Node[]): void;
}

const notInEntry = (): never => fail("only a region has operands, results and carries of a node");
const notInRegion = (): never => fail("a region has neither params nor state");

export const namesOfEntry = (numbers: ValueNumbers): Names => ({
  numbers,
  persistent: (path) => numbers.path(path),
  carry: notInEntry,
  operand: notInEntry,
  result: notInEntry,
});

/** What an entry does in each stage; with names, what a checked run has to know of it too. */
export function stepsOfEntry(
  graph: Graph,
  layout: Layout,
  library: Library,
  names: Names | null = null,
): { readonly weights: readonly Step[]; readonly call: readonly Step[] } {
  const frame: Frame = {
    graph,
    scratch: layout.scratch,
    persistent: (path) => present(layout.persistent.get(path), `there is no param or state ${path}`),
    carry: notInEntry,
    operand: notInEntry,
    result: notInEntry,
    depth: 0,
    names,
  };
  const groups = groupsOf(graph);
  const of = (stage: GroupView["stage"]): readonly Step[] =>
    groups.filter((group) => group.stage === stage).flatMap((group) => stepsOfGroup(group, frame, layout, library));
  return { weights: of("weights"), call: of("call") };
}

/** The address of a value of an entry's graph, outside of any region. */
export function addressOf(value: Value, graph: Graph, layout: Layout): number {
  const place = placeOf(base(value));
  const area = present(layout.areas.get(graph), "the graph has areas");
  switch (place.area) {
    case "persistent":
      return present(layout.persistent.get(place.path), `there is no param or state ${place.path}`);
    case "scratch":
      return layout.scratch + place.offset;
    case "cache":
    case "constant":
      return area[place.area] + place.offset;
    case "carry":
    case "operand":
    case "result":
      return notInEntry();
  }
}

function locate(value: Value, frame: Frame, layout: Layout): Address {
  const place = placeOf(base(value));
  switch (place.area) {
    case "persistent":
      return frame.persistent(place.path);
    case "scratch":
      return frame.scratch + place.offset;
    case "operand":
      return frame.operand(place.index);
    case "result":
      return frame.result(place.index);
    case "carry":
      return frame.carry(place.index);
    case "cache":
    case "constant":
      return present(layout.areas.get(frame.graph), "the graph has areas")[place.area] + place.offset;
  }
}

function stepsOfGroup(group: GroupView, frame: Frame, layout: Layout, library: Library): readonly Step[] {
  if (group.anchor !== null && isControl(group.anchor)) return controlSteps(group.anchor, frame, layout, library);
  const { kernel, args, flops, bytes: moved } = library.lower(group);
  const { names } = frame;
  const guard = names && args.map((value) => operandOf(value, numberOf(value, names), group.stored.includes(value)));
  const call: Step = {
    kind: "call",
    kernel: library.add(kernel),
    args: args.map((value) => locate(value, frame, layout)),
    flops,
    bytes: moved,
    ...(guard && { guard }),
  };
  library.note(call, [group.anchor ?? at(group.nodes, group.nodes.length - 1), ...group.nodes]);
  return [call];
}

/** An address that moves by `stride` with the turn of the loop at `depth`. */
function moving(address: Address, depth: number, stride: number, first = 0): Address {
  const { offset, strides } = typeof address === "number" ? { offset: address, strides: [] } : address;
  const all = Array.from({ length: depth + 1 }, (_, d) => (strides[d] ?? 0) + (d === depth ? stride : 0));
  return { offset: offset + first, strides: all };
}

function controlSteps(node: Node, frame: Frame, layout: Layout, library: Library): readonly Step[] {
  const at = (value: Value | undefined): Address => locate(present(value, `${node.op.name} lacks an operand or result`), frame, layout);
  const start = frame.scratch + present(node.notes.frame, "a control op has a frame");
  const inside = (region: Graph, own: Omit<Frame, "graph" | "scratch" | "persistent">): readonly Step[] => {
    const inner: Frame = { ...own, graph: region, scratch: start + flagBytes(node), persistent: notInRegion };
    return groupsOf(region).flatMap((group) => stepsOfGroup(group, inner, layout, library));
  };
  const region = (i: number): Graph => present(node.regions[i], `${node.op.name} lacks a region`);
  const carries = node.op.form.kind === "cond" ? 0 : intAttr(node.attrs, "carries");
  const carry = (index: number): Address => at(node.results[index]);
  const { depth, names: outer } = frame;
  const number = (value: Value | undefined): number =>
    numberOf(present(value, `${node.op.name} lacks an operand or result`), present(outer, "a frame has names"));
  const begin = node.operands
    .slice(0, carries)
    .map((operand, i): Step => copy(operand, present(node.results[i], "a carry has a result"), frame, layout, library));
  const flagNumber =
    outer &&
    (node.op.form.kind === "cond" ? number(node.operands[0]) : node.op.form.kind === "while" ? outer.numbers.path(`flag of the loop at byte ${start}`) : null);
  /** Names in a region whose inputs begin at that operand, and whose outputs at that result. */
  const namesInside = (firstOperand: number, firstResult: number): Names | null =>
    outer && {
      numbers: outer.numbers,
      persistent: notInRegion,
      carry: (index) => number(node.results[index]),
      operand: (i) => number(node.operands[firstOperand + i]),
      result: (i) => (flagNumber !== null && node.op.form.kind === "while" ? flagNumber : number(node.results[firstResult + i])),
    };
  /** What a checked run has to know of the op whose turns end with that region. */
  const guardOf = (names: Names | null, last: Graph | null): { readonly guard?: TurnNotes } =>
    names === null ? {} : { guard: turnNotes(start, node, last === null ? [] : carryHandovers(last, names, carry), flagNumber) };

  switch (node.op.form.kind) {
    case "scan": {
      const [sequences, turns, reverse] = [intAttr(node.attrs, "sequences"), intAttr(node.attrs, "length"), node.attrs["reverse"] === true];
      const slice = (value: Value | undefined): Address => {
        const step = bytes(present(value, "a sequence").type) / Math.max(1, turns);
        return reverse ? moving(at(value), depth, -step, (turns - 1) * step) : moving(at(value), depth, step);
      };
      const names = namesInside(carries, carries);
      const body = inside(region(0), {
        names,
        carry,
        operand: (i) => (i < sequences ? slice(node.operands[carries + i]) : at(node.operands[carries + i])),
        result: (i) => slice(node.results[carries + i]),
        depth: depth + 1,
      });
      return [...begin, { kind: "loop", turns, body, ...guardOf(names, region(0)) }];
    }
    case "while": {
      const names = namesInside(carries, 0);
      const own = { names, carry, operand: (i: number) => at(node.operands[carries + i]), result: () => start, depth };
      return [...begin, { kind: "while", flag: start, condition: inside(region(0), own), body: inside(region(1), own), ...guardOf(names, region(1)) }];
    }
    case "cond": {
      const names = namesInside(1, 0);
      const own = { names, carry, operand: (i: number) => at(node.operands[1 + i]), result: (i: number) => at(node.results[i]), depth };
      return [{ kind: "branch", flag: at(node.operands[0]), then: inside(region(0), own), otherwise: inside(region(1), own), ...guardOf(names, null) }];
    }
    default:
      return [];
  }
}

/** Copies what a loop begins with to where its carry lies. */
function copy(from: Value, to: Value, frame: Frame, layout: Layout, library: Library): Step {
  const { names } = frame;
  const guard = names && [operandOf(from, numberOf(from, names), false), operandOf(to, numberOf(to, names), true)];
  const call: Step = {
    kind: "call",
    kernel: library.add(copyKernel(from.type)),
    args: [locate(from, frame, layout), locate(to, frame, layout)],
    flops: 0,
    bytes: 2 * bytes(from.type),
    ...(guard && { guard }),
  };
  library.note(call, [to.node]);
  return call;
}

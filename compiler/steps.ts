import type { Address, Step } from "../runtime/plan.ts";
import { base, groupsOf, isControl, type GroupView } from "./graph/groups.ts";
import { intAttr } from "./graph/facts.ts";
import type { Graph, Node, Value } from "./graph/ir.ts";
import type { Kernel } from "./kernel/ir.ts";
import { placeOf, type Layout } from "./layout.ts";
import { flagBytes } from "./passes/plan-memory.ts";
import { copyKernel, type LoweredGroup } from "./schedule/lower.ts";
import { fail, present } from "./support/invariant.ts";
import { bytes } from "./types/tensor-type.ts";

/** Where the places of one graph, or of one run of a region, are. */
interface Frame {
  readonly graph: Graph;
  readonly scratch: number;
  /** Of a param or state; in a region, of a carry. */
  readonly persistent: (path: string) => Address;
  readonly operand: (index: number) => Address;
  readonly result: (index: number) => Address;
  /** How many loops are around. */
  readonly depth: number;
}

/** The kernels of the module. */
export interface Library {
  /** The name under which the kernel can be called. */
  add(kernel: Kernel): string;
  lower(group: GroupView): LoweredGroup;
}

/** What an entry does in each stage. */
export function stepsOfEntry(graph: Graph, layout: Layout, library: Library): { readonly weights: readonly Step[]; readonly call: readonly Step[] } {
  const nowhere = (): never => fail("an entry is no region");
  const frame: Frame = {
    graph,
    scratch: layout.scratch,
    persistent: (path) => present(layout.persistent.get(path), `there is no param or state ${path}`),
    operand: nowhere,
    result: nowhere,
    depth: 0,
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
    case "operand":
    case "result":
      return fail("an entry is no region");
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
      return frame.operand(place.offset);
    case "result":
      return frame.result(place.offset);
    case "cache":
    case "constant":
      return present(layout.areas.get(frame.graph), "the graph has areas")[place.area] + place.offset;
  }
}

function stepsOfGroup(group: GroupView, frame: Frame, layout: Layout, library: Library): readonly Step[] {
  if (group.anchor !== null && isControl(group.anchor)) return controlSteps(group.anchor, frame, layout, library);
  const { kernel, args, flops, bytes: moved } = library.lower(group);
  return [{ kind: "call", kernel: library.add(kernel), args: args.map((value) => locate(value, frame, layout)), flops, bytes: moved }];
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
  const inside = (region: Graph, own: Pick<Frame, "persistent" | "operand" | "result" | "depth">): readonly Step[] => {
    const inner: Frame = { ...own, graph: region, scratch: start + flagBytes(node) };
    return groupsOf(region).flatMap((group) => stepsOfGroup(group, inner, layout, library));
  };
  const region = (i: number): Graph => present(node.regions[i], `${node.op.name} lacks a region`);
  const carries = node.op.form.kind === "cond" ? 0 : intAttr(node.attrs, "carries");
  const carry = (path: string): Address => at(node.results[Number(path.replace("carry", ""))]);
  const begin = node.operands.slice(0, carries).map((operand, i): Step => copy(at(operand), at(node.results[i]), operand, library));
  const { depth } = frame;

  switch (node.op.form.kind) {
    case "scan": {
      const [sequences, turns, reverse] = [intAttr(node.attrs, "sequences"), intAttr(node.attrs, "length"), node.attrs["reverse"] === true];
      const slice = (value: Value | undefined): Address => {
        const step = bytes(present(value, "a sequence").type) / Math.max(1, turns);
        return reverse ? moving(at(value), depth, -step, (turns - 1) * step) : moving(at(value), depth, step);
      };
      const body = inside(region(0), {
        persistent: carry,
        operand: (i) => (i < sequences ? slice(node.operands[carries + i]) : at(node.operands[carries + i])),
        result: (i) => slice(node.results[carries + i]),
        depth: depth + 1,
      });
      return [...begin, { kind: "loop", turns, body }];
    }
    case "while": {
      const own = { persistent: carry, operand: (i: number) => at(node.operands[carries + i]), result: () => start, depth };
      return [...begin, { kind: "while", flag: start, condition: inside(region(0), own), body: inside(region(1), own) }];
    }
    case "cond": {
      const own = { persistent: carry, operand: (i: number) => at(node.operands[1 + i]), result: (i: number) => at(node.results[i]), depth };
      return [{ kind: "branch", flag: at(node.operands[0]), then: inside(region(0), own), otherwise: inside(region(1), own) }];
    }
    default:
      return [];
  }
}

const copy = (from: Address, to: Address, value: Value, library: Library): Step => ({
  kind: "call",
  kernel: library.add(copyKernel(value.type)),
  args: [from, to],
  flops: 0,
  bytes: 2 * bytes(value.type),
});

import type { Address } from "../../runtime/address.ts";
import type { Step } from "../../runtime/plan.ts";
import { base, groupsOf, isControl, overwrittenBy, type GroupView } from "../graph/groups.ts";
import { intAttr } from "../graph/facts.ts";
import type { Graph, Node, Value } from "../graph/ir.ts";
import { bufferSize } from "../kernel/evaluate.ts";
import type { Kernel } from "../kernel/ir.ts";
import { carryCount, entryBoundary, notInEntry, regionBoundary, type Boundary } from "./boundary.ts";
import { ordinaryBuild, type StepNotes } from "./guard-notes.ts";
import { plannedLocation, type Layout } from "./layout.ts";
import { flagBytes } from "../passes/plan-memory/plan-memory.ts";
import { copyKernel, type LoweredGroup } from "../schedule/lower.ts";
import { present } from "../support/invariant.ts";
import { at } from "../support/lists.ts";
import { bytes } from "../types/tensor-type.ts";

/** One graph, or one region inside it, with the addresses of the memory that its steps use. */
interface Frame {
  readonly graph: Graph;
  readonly scratch: number;
  readonly boundary: Boundary<Address>;
  /** The number of enclosing loops. */
  readonly depth: number;
  readonly notes: StepNotes;
}

/** The name of a kernel of the module, and its scalars, which a call gives. */
export type Callee = Pick<Extract<Step, { kind: "call" }>, "kernel" | "scalars">;

/** The kernels of the module. */
export interface Library {
  /** How the kernel is called. */
  add(kernel: Kernel): Callee;
  lower(group: GroupView): LoweredGroup;
  /** Records the nodes that a call computes, beginning with the one whose result it stores. */
  recordOrigin(call: Step, nodes: readonly Node[]): void;
}

/** The steps of an entry, by stage. */
export function stepsOfEntry(
  graph: Graph,
  layout: Layout,
  library: Library,
  notes: StepNotes = ordinaryBuild.steps,
): { readonly weights: readonly Step[]; readonly call: readonly Step[] } {
  const boundary = entryBoundary<Address>((path) =>
    present(layout.persistent.get(path), `unknown param or state ${path}`),
  );
  const frame: Frame = { graph, scratch: layout.scratch, boundary, depth: 0, notes };
  const groups = groupsOf(graph);
  const of = (stage: GroupView["stage"]): readonly Step[] =>
    groups.filter((group) => group.stage === stage).flatMap((group) => stepsOfGroup(group, frame, layout, library));
  return { weights: of("weights"), call: of("call") };
}

/** The address of a value of an entry's graph, outside of any region. */
export function addressOf(value: Value, graph: Graph, layout: Layout): number {
  const location = plannedLocation(base(value));
  const area = present(layout.areas.get(graph), "the graph has areas");
  switch (location.area) {
    case "persistent":
      return present(layout.persistent.get(location.path), `unknown param or state ${location.path}`);
    case "scratch":
      return layout.scratch + location.offset;
    case "cache":
    case "constant":
      return area[location.area] + location.offset;
    case "carry":
    case "operand":
    case "result":
      return notInEntry();
  }
}

function locate(value: Value, { graph, scratch, boundary }: Frame, layout: Layout): Address {
  const location = plannedLocation(base(value));
  switch (location.area) {
    case "persistent":
      return boundary.persistent(location.path);
    case "scratch":
      return scratch + location.offset;
    case "operand":
      return boundary.operand(location.index);
    case "result":
      return boundary.result(location.index);
    case "carry":
      return boundary.carry(location.index);
    case "cache":
    case "constant":
      return present(layout.areas.get(graph), "the graph has areas")[location.area] + location.offset;
  }
}

function stepsOfGroup(group: GroupView, frame: Frame, layout: Layout, library: Library): readonly Step[] {
  if (group.anchor !== null && isControl(group.anchor)) return controlSteps(group.anchor, frame, layout, library);
  const { kernel, args, flops, bytes: moved } = library.lower(group);
  const call: Step = {
    kind: "call",
    ...library.add(kernel),
    args: args.map((value) => (value === null ? scratchOf(group, frame) : locate(value, frame, layout))),
    flops,
    bytes: moved,
    ...frame.notes.call(args, group.stored, {
      overwritten: overwrittenBy(group),
      scratchBytes: scratchBytes(kernel, args),
    }),
  };
  library.recordOrigin(call, [group.anchor ?? at(group.nodes, group.nodes.length - 1), ...group.nodes]);
  return [call];
}

const scratchOf = ({ anchor }: GroupView, frame: Frame): number =>
  frame.scratch + present(anchor?.notes.frame, "a kernel with scratch has a frame");

const scratchBytes = (kernel: Kernel, args: readonly (Value | null)[]): number =>
  kernel.buffers.reduce((sum, buffer, i) => sum + (args[i] === null ? 4 * bufferSize(kernel, buffer) : 0), 0);

/** An address that moves by `stride` with each iteration of the loop at `depth`. */
function moving(address: Address, depth: number, stride: number, first = 0): Address {
  const { offset, strides } = typeof address === "number" ? { offset: address, strides: [] } : address;
  const all = Array.from({ length: depth + 1 }, (_, d) => (strides[d] ?? 0) + (d === depth ? stride : 0));
  return { offset: offset + first, strides: all };
}

function controlSteps(node: Node, frame: Frame, layout: Layout, library: Library): readonly Step[] {
  const { depth } = frame;
  const start = frame.scratch + present(node.notes.frame, "a control op has a frame");
  const outside = regionBoundary(node, (value) => locate(value, frame, layout));
  const notes = frame.notes.control(node, start, outside.carry);
  const regionSteps = (index: number, boundary: Boundary<Address>, innerDepth = depth): readonly Step[] => {
    const graph = at(node.regions, index);
    const inner: Frame = { graph, scratch: start + flagBytes(node), boundary, depth: innerDepth, notes: notes.regions };
    return groupsOf(graph).flatMap((group) => stepsOfGroup(group, inner, layout, library));
  };
  const carries = carryCount(node);
  const initial = node.operands
    .slice(0, carries)
    .map((operand, i) => copyStep(operand, at(node.results, i), frame, layout, library));

  switch (node.op.form.kind) {
    case "scan": {
      const [sequences, iterations, reverse] = [
        intAttr(node.attrs, "sequences"),
        intAttr(node.attrs, "length"),
        node.attrs["reverse"] === true,
      ];
      const slice = (address: Address, { type }: Value): Address => {
        const step = bytes(type) / Math.max(1, iterations);
        return reverse ? moving(address, depth, -step, (iterations - 1) * step) : moving(address, depth, step);
      };
      const boundary: Boundary<Address> = {
        ...outside,
        operand: (i) =>
          i < sequences ? slice(outside.operand(i), at(node.operands, carries + i)) : outside.operand(i),
        result: (i) => slice(outside.result(i), at(node.results, carries + i)),
      };
      return [
        ...initial,
        { kind: "loop", turns: iterations, body: regionSteps(0, boundary, depth + 1), ...notes.step },
      ];
    }
    case "while": {
      // The condition's one output is the flag, which is the first byte of the frame.
      const boundary: Boundary<Address> = { ...outside, result: () => start };
      return [
        ...initial,
        {
          kind: "while",
          flag: start,
          condition: regionSteps(0, boundary),
          body: regionSteps(1, boundary),
          ...notes.step,
        },
      ];
    }
    case "cond": {
      const flag = locate(at(node.operands, 0), frame, layout);
      return [
        { kind: "branch", flag, then: regionSteps(0, outside), otherwise: regionSteps(1, outside), ...notes.step },
      ];
    }
    default:
      return [];
  }
}

/** Copies the initial value of a carry to the carry's address. */
function copyStep(from: Value, to: Value, frame: Frame, layout: Layout, library: Library): Step {
  const call: Step = {
    kind: "call",
    ...library.add(copyKernel(from.type)),
    args: [locate(from, frame, layout), locate(to, frame, layout)],
    flops: 0,
    bytes: 2 * bytes(from.type),
    ...frame.notes.call([from, to], [to]),
  };
  library.recordOrigin(call, [to.node]);
  return call;
}

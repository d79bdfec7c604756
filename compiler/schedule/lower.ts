import { locationOf } from "../../dsl/span.ts";
import { flopsOf } from "../analysis/flops.ts";
import { resultOf, siteOf } from "../graph/facts.ts";
import { groupsOf, isControl, overwrittenBy, type GroupView } from "../graph/groups.ts";
import type { Graph, Node, Value } from "../graph/ir.ts";
import { KernelBuilder } from "../kernel/build.ts";
import { spanOf } from "../graph/provenance.ts";
import type { Kernel } from "../kernel/ir.ts";
import { present } from "../support/invariant.ts";
import { defaultMachine, type Machine } from "../support/machine.ts";
import { bytes, elements, type TensorType } from "../types/tensor-type.ts";
import { tiledContraction } from "./contraction-group.ts";
import { elementOf } from "./evaluator.ts";
import { hoist } from "./hoist.ts";
import { optimizeLoops } from "./loops.ts";
import { contractionOf } from "./nest-parts.ts";
import { scalarNest } from "./scalar-nest.ts";
import { orderedBy } from "./sum-nest.ts";
import { uniqueNames } from "./unique-names.ts";

/** One group as a kernel, with the values in its buffers; null for its scratch. */
export interface LoweredGroup {
  readonly group: GroupView;
  readonly kernel: Kernel;
  readonly args: readonly (Value | null)[];
  /** Multiply-adds count as two. */
  readonly flops: number;
  /** Bytes read and written, counting each buffer once. */
  readonly bytes: number;
}

/** The kernels of a fused graph, in order of execution. Control ops have no kernel. */
export const lowerGroups = (graph: Graph, machine: Machine = defaultMachine): readonly LoweredGroup[] =>
  groupsOf(graph)
    .filter(({ anchor }) => anchor === null || !isControl(anchor))
    .map((group) => lowerGroup(group, machine));

/** Copies one tensor. */
export function copyKernel(type: TensorType, machine: Machine = defaultMachine): Kernel {
  const k = new KernelBuilder();
  const size = elements(type.shape);
  const from = k.buffer("from", elementOf(type), size, "in");
  const to = k.buffer("to", elementOf(type), size, "out");
  k.loop("i", 0, size, 1, (i) => k.store(to, i, k.load(from, i)));
  const plain = k.build(`copy_${type.dtype}_${size}`, "");
  return { ...plain, body: uniqueNames(optimizeLoops(plain.body, { reassociate: false, machine })) };
}

export function lowerGroup(group: GroupView, machine: Machine): LoweredGroup {
  const tiled = group.anchor !== null && isPacked(group.anchor, machine);
  const { kernel, args } = tiled
    ? tiledContraction(group, kernelName(group), originOf(group), machine)
    : loopNest(group, machine);
  return {
    group,
    kernel,
    args,
    flops: flopsOf(group.nodes),
    bytes: args.reduce((sum, value) => sum + (value === null ? 0 : bytesMoved(group, value)), 0),
  };
}

/** The bytes of a tensor, or of the elements alone that indices select and that an update in place writes. */
function bytesMoved(group: GroupView, value: Value): number {
  const whole = bytes(value.type);
  const elementBytes = whole / Math.max(1, elements(value.type.shape));
  const readers = group.nodes.filter(({ operands }) => operands.includes(value));
  const { anchor } = group;
  if (anchor !== null && value.node === anchor && overwrittenBy(group) !== null)
    return Math.min(whole, elementBytes * nodeTargets(anchor));
  const selected = readers.map((node) => (selects(node, value) ? elements(resultOf(node).type.shape) : Infinity));
  const read = readers.length === 0 ? Infinity : selected.reduce((sum, count) => sum + count, 0);
  return Math.min(whole, elementBytes * read);
}

/** Whether a node reads of a value only the elements that its indices select. */
const selects = ({ op, operands, attrs, results }: Node, value: Value): boolean =>
  op.form.kind === "map" &&
  op.indices !== undefined &&
  operands.every((operand, i) => operand !== value || i !== op.indices?.(siteOf({ operands, attrs, results })).operand);

const nodeTargets = (anchor: Node): number =>
  anchor.op.form.kind === "scatter" ? elements(anchor.op.form.domain(siteOf(anchor))) : Infinity;

/** Whether the anchor is a product of a packed operand whose panel width is that of the machine's tiles. */
const isPacked = (anchor: Node, { pack }: Machine): boolean =>
  anchor.op.form.kind === "contract" && contractionOf(anchor).panel === pack.panelWidth;

function loopNest(
  group: GroupView,
  machine: Machine,
): { readonly kernel: Kernel; readonly args: readonly (Value | null)[] } {
  const { builder, buffers } = scalarNest(group);
  const plain = builder.build(kernelName(group), originOf(group));
  const form = group.anchor?.op.form;
  const isOrdered = group.anchor !== null && orderedBy(group.anchor.op, resultOf(group.anchor).type) !== null;
  const reassociate = form?.kind === "reduce" && form.combine !== null && !isOrdered;
  const strided = form?.kind === "contract";
  return {
    kernel: { ...plain, body: hoist(uniqueNames(optimizeLoops(plain.body, { reassociate, strided, machine })), plain) },
    args: buffers.map(([value]) => value),
  };
}

/** `<ops>_<dtype>_<shape>`: the anchor, then the ops fused with it, each once; at most four ops. */
function kernelName(group: GroupView): string {
  const ops = new Set(
    [...(group.anchor ? [group.anchor] : []), ...group.nodes.toReversed()].map((node) => node.op.name),
  );
  const [value] = group.stored;
  const type = present(value, "a group stores something").type;
  const named = [...ops].slice(0, 4).join("_");
  return `${named}_${type.dtype}_${type.shape.length === 0 ? "scalar" : type.shape.join("x")}`;
}

/** Without the folder of the file: the same program is the same module everywhere. */
const originOf = (group: GroupView): string => {
  const span = [group.anchor ?? group.nodes.at(-1), ...group.nodes]
    .flatMap((node) => (node === undefined ? [] : (spanOf(node) ?? [])))
    .at(0);
  return span ? locationOf(span).replace(/^.*[\\/]/, "") : "";
};

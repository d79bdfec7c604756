// Ops on the items of all turns at once: each operand either a stack, with the turns along its first axis, or the same in every turn.
import type { GraphBuilder } from "../../graph/build.ts";
import { listAttr, splatValue } from "../../graph/facts.ts";
import type { Attrs, Node, Value } from "../../graph/ir.ts";
import { at, iota } from "../../support/lists.ts";

export interface Operand {
  readonly value: Value;
  readonly stacked: boolean;
}

type Rule = (g: GraphBuilder, node: Node, operands: readonly Operand[], length: number) => Value | null;

const plus1 = (axes: readonly number[]): number[] => axes.map((axis) => axis + 1);
/** The first result of the op on a single stack, with other attributes. */
const unary =
  (attrs: (attrs: Attrs, length: number) => Attrs): Rule =>
  (g, node, [x], length) =>
    x === undefined || !x.stacked ? null : g.call(node.op.name, [x.value], { ...node.attrs, ...attrs(node.attrs, length) });

const overAxes = unary((attrs) => ({ axes: plus1(listAttr(attrs, "axes")) }));

/** The same in every turn, made a stack. */
export function repeated(g: GraphBuilder, { value, stacked }: Operand, length: number): Value {
  if (stacked) return value;
  const shape = [length, ...value.type.shape];
  const splat = splatValue(value);
  return splat === null ? g.broadcast(value, shape, plus1(iota(value.type.shape.length))) : g.constant({ dtype: value.type.dtype, shape }, splat);
}

/** Two pairs of axis lists: those of a side that is a stack move up by one. */
const shifted = (pairs: readonly (readonly number[])[], operands: readonly Operand[]): number[][] =>
  [0, 1].map((side) => (operands[side]?.stacked === true ? plus1(pairs[side] ?? []) : [...(pairs[side] ?? [])]));

export const axisPairs = (attrs: Attrs, name: string): readonly (readonly number[])[] => {
  const attr = attrs[name];
  return Array.isArray(attr) ? (attr as readonly (readonly number[])[]) : [];
};

const dot: Rule = (g, node, operands) => {
  const [lhs, rhs] = [at(operands, 0), at(operands, 1)];
  const [batch, contract] = [axisPairs(node.attrs, "batch"), axisPairs(node.attrs, "contract")];
  const pairs = { batch: shifted(batch, operands), contract: shifted(contract, operands) };
  if (lhs.stacked && rhs.stacked) return g.call("dot", [lhs.value, rhs.value], { ...pairs, batch: pairs.batch.map((axes) => [0, ...axes]) });
  const product = g.call("dot", [lhs.value, rhs.value], pairs);
  // Batch axes come first, then what is free in lhs, the turns before the others, then what is free in rhs, likewise.
  const shared = at(batch, 0).length;
  const free = lhs.value.type.shape.length - shared - at(contract, 0).length;
  const turns = lhs.stacked ? shared : shared + free;
  const rank = product.type.shape.length;
  return turns === 0 ? product : g.transpose(product, [turns, ...iota(rank).filter((axis) => axis !== turns)]);
};

/** Images of all turns are one batch. */
const conv: Rule = (g, node, [x, w], length) => {
  if (x === undefined || w === undefined || !x.stacked || w.stacked) return null;
  const [turns, batch, ...rest] = x.value.type.shape;
  if (turns === undefined || batch === undefined) return null;
  const y = g.call("conv", [g.reshape(x.value, [turns * batch, ...rest]), w.value], node.attrs);
  return g.reshape(y, [length, batch, ...y.type.shape.slice(1)]);
};

const rules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ["dot", dot],
  ["conv", conv],
  ["reshape", unary((attrs, length) => ({ shape: [length, ...listAttr(attrs, "shape")] }))],
  ["transpose", unary((attrs) => ({ perm: [0, ...plus1(listAttr(attrs, "perm"))] }))],
  ["broadcast", unary((attrs, length) => ({ shape: [length, ...listAttr(attrs, "shape")], dims: [0, ...plus1(listAttr(attrs, "dims"))] }))],
  ["reverse", overAxes],
  ["reduce_sum", overAxes],
  ["reduce_max", overAxes],
  ["reduce_min", overAxes],
  [
    "slice",
    unary((attrs, length) => ({
      start: [0, ...listAttr(attrs, "start")],
      limit: [length, ...listAttr(attrs, "limit")],
      stride: [1, ...listAttr(attrs, "stride")],
    })),
  ],
  ["pad", unary((attrs) => ({ lo: [0, ...listAttr(attrs, "lo")], hi: [0, ...listAttr(attrs, "hi")], interior: [0, ...listAttr(attrs, "interior")] }))],
  [
    "concat",
    (g, node, operands, length) =>
      g.call(
        "concat",
        operands.map((operand) => repeated(g, operand, length)),
        { axis: Number(node.attrs["axis"]) + 1 },
      ),
  ],
  [
    "take",
    (g, node, [x, indices]) =>
      x === undefined || x.stacked || indices === undefined || node.attrs["axis"] !== 0 ? null : g.call("take", [x.value, indices.value], node.attrs),
  ],
]);

/** Whether `stackedResult` has a rule for the node, given which of its operands are stacks. */
export function stackable({ op, attrs, results }: Node, stacked: readonly boolean[]): boolean {
  if (results.length !== 1) return false;
  if (op.form.kind === "pointwise") return true;
  if (op.name === "conv") return stacked[0] === true && stacked[1] === false;
  if (op.name === "take") return stacked[0] === false && attrs["axis"] === 0;
  return rules.has(op.name);
}

/** The node's result in every turn, stacked. At least one operand is a stack. */
export function stackedResult(g: GraphBuilder, node: Node, operands: readonly Operand[], length: number): Value | null {
  if (node.op.form.kind !== "pointwise") return rules.get(node.op.name)?.(g, node, operands, length) ?? null;
  const values = operands.map((operand) => repeated(g, operand, length));
  return g.callAll(node.op.name, values, node.attrs)[0] ?? null;
}

/** The sum over the turns of a result of the node, made at once from stacks alone; null where there is no such op. */
export function summedResult(g: GraphBuilder, node: Node, stacks: readonly Value[]): Value | null {
  const [x, y] = stacks;
  if (x === undefined) return null;
  const contract = axisPairs(node.attrs, "contract");
  switch (node.op.name) {
    case "dot":
      // Batch axes stay in front of the result; the turns are one more axis to sum over.
      if (y === undefined) return null;
      return g.call("dot", [x, y], { batch: axisPairs(node.attrs, "batch").map(plus1), contract: contract.map((axes) => [0, ...plus1(axes)]) });
    case "reduce_sum":
      return g.sum(x, [0, ...plus1(listAttr(node.attrs, "axes"))]);
    case "take_add":
      return y === undefined || node.attrs["axis"] !== 0 ? null : g.call("take_add", [x, y], node.attrs);
    case "conv_kernel_gradient":
      return y === undefined ? null : g.call("conv_kernel_gradient", [oneBatch(g, x), oneBatch(g, y)], node.attrs);
    default:
      return null;
  }
}

function oneBatch(g: GraphBuilder, x: Value): Value {
  const [turns = 1, batch = 1, ...rest] = x.type.shape;
  return g.reshape(x, [turns * batch, ...rest]);
}

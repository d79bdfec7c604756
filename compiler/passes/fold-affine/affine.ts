// Affine maps x * scale + shift, whose scale and shift do not depend on the call, and their absorption into
// contractions.
import type { GraphBuilder } from "../../graph/build.ts";
import type { Node, Value } from "../../graph/ir.ts";
import type { Operator } from "../../graph/op.ts";
import { isFloat } from "../../types/tensor-type.ts";
import { at } from "../../support/lists.ts";
import { loopsOf, matchingAxis, splitAxes, type Loops } from "../../analysis/contraction-axes.ts";
import { broadcastTo, combineVectors, mapAxes, type BroadcastVector } from "../../analysis/broadcast-vector.ts";

export interface Affine {
  readonly base: Value;
  /** The base has other users, so a contraction must not be duplicated with scaled weights. */
  readonly shared: boolean;
  readonly scale: BroadcastVector | null;
  readonly shift: BroadcastVector | null;
  /** The number of operations in the call stage of the current graph. */
  readonly cost: number;
}

/** Whether a value is known before the call. */
type Early = (value: Value) => boolean;

export const plain = (base: Value, shared: boolean): Affine => ({ base, shared, scale: null, shift: null, cost: 0 });

/** The affine map followed by one more step: `x op c`, or `c op x` if op is commutative. */
export function extended(g: GraphBuilder, x: Affine, step: Operator, c: BroadcastVector): Affine {
  const { shape } = x.base.type;
  const { scale, shift, cost } = x;
  if (step === "+")
    return { ...x, shift: shift === null ? c : combineVectors(g, "+", shift, c, shape), cost: cost + 1 };
  if (step === "-")
    return {
      ...x,
      shift: shift === null ? { ...c, value: g.neg(c.value) } : combineVectors(g, "-", shift, c, shape),
      cost: cost + 1,
    };
  const one: BroadcastVector = { value: g.constant({ dtype: c.value.type.dtype, shape: [] }, 1), axes: [] };
  return {
    ...x,
    scale: scale === null && step === "*" ? c : combineVectors(g, step, scale ?? one, c, shape),
    shift: shift === null ? null : combineVectors(g, step, shift, c, shape),
    cost: cost + 1,
  };
}

/**
 * The result of the map, with the scale in the weights if the base is a contraction that can absorb it; null unless
 * that is cheaper than the current graph.
 */
export function emitted(
  g: GraphBuilder,
  x: Affine,
  early: Early,
): { readonly value: Value; readonly affine: Affine } | null {
  const scaled = x.scale === null ? x.base : x.shared ? null : scaledContraction(g, x.base, x.scale, early);
  const scale = scaled === null ? x.scale : null;
  const cost = (scale === null ? 0 : 1) + (x.shift === null ? 0 : 1);
  if (cost >= x.cost) return null;
  const base = scaled ?? x.base;
  const { shape } = base.type;
  const product = scale === null ? base : g.mul(base, broadcastTo(g, scale, shape));
  const value = x.shift === null ? product : g.add(product, broadcastTo(g, x.shift, shape));
  return { value, affine: { ...x, base, scale, cost } };
}

const sides = ["rhs", "lhs"] as const;
type SideName = (typeof sides)[number];

const operand = (node: { readonly operands: readonly Value[] }, side: SideName): Value =>
  at(node.operands, side === "lhs" ? 0 : 1);
const other = (side: SideName): SideName => (side === "lhs" ? "rhs" : "lhs");

/** contract(x, w) * scale = contract(x, w * scale), if the axes of the scale are axes of w. */
function scaledContraction(g: GraphBuilder, { node, type }: Value, scale: BroadcastVector, early: Early): Value | null {
  const loops = isFloat(type.dtype) ? loopsOf(node) : null;
  if (loops === null) return null;
  for (const side of sides) {
    const w = operand(node, side);
    const onWeights = !early(w) ? null : mapAxes(scale, (axis) => matchingAxis(loops, "out", axis, side));
    // A padded axis is longer in the loops than in the image, so a scale along it has elements for the padding, which
    // the image lacks.
    const fits = onWeights?.axes.every((axis) => at(w.type.shape, axis) === at(loops.shapes[side], axis)) ?? false;
    if (onWeights !== null && fits)
      return withOperand(g, node, side, g.mul(w, broadcastTo(g, onWeights, w.type.shape)));
  }
  return null;
}

/** The same contraction, with the same provenance and another operand. */
function withOperand(g: GraphBuilder, node: Node, side: SideName, value: Value): Value {
  const operands = side === "lhs" ? [value, operand(node, "rhs")] : [operand(node, "lhs"), value];
  return g.deriving(node.provenance, () => g.apply(node.op, operands, node.attrs));
}

/**
 * contract(x * scale + shift, w) = contract(x, w * scale) + contract(shift, w). `affine` returns an operand as an
 * affine map, or null if it must not be decomposed.
 */
export function contractionOfAffine(
  g: GraphBuilder,
  node: Node,
  operands: readonly Value[],
  affine: (index: number) => Affine | null,
  early: Early,
): { readonly value: Value; readonly affine: Affine } | null {
  const loops = loopsOf(node);
  if (loops === null) return null;
  for (const side of sides) {
    const w = operand({ operands }, side);
    const x = affine(side === "lhs" ? 1 : 0);
    if (x === null || !early(w)) continue;
    const taken = takenIn(g, node, loops, side, w, x);
    if (taken !== null) return taken;
  }
  return null;
}

function takenIn(
  g: GraphBuilder,
  node: Node,
  loops: Loops,
  side: SideName,
  w: Value,
  x: Affine,
): { value: Value; affine: Affine } | null {
  // Padding is zero, not the shift; and only the lhs is padded.
  if (loops.padded && (side === "lhs" || x.shift !== null)) return null;
  const onWeights = (vector: BroadcastVector): BroadcastVector | null =>
    mapAxes(vector, (axis) => matchingAxis(loops, other(side), axis, side));
  const scale = x.scale === null ? null : onWeights(x.scale);
  const bias = x.shift === null ? null : biasOf(g, loops, side, w, onWeights(x.shift));
  if ((x.scale !== null && scale === null) || (x.shift !== null && bias === null)) return null;
  const weights = scale === null ? w : g.mul(w, broadcastTo(g, scale, w.type.shape));
  const operands = side === "lhs" ? [weights, x.base] : [x.base, weights];
  const base = g.apply(node.op, operands, node.attrs);
  const value = bias === null ? base : g.add(base, broadcastTo(g, bias, base.type.shape));
  return { value, affine: { base, shared: false, scale: null, shift: bias, cost: bias === null ? 0 : 1 } };
}

/**
 * contract(shift, w) for a shift along axes of w: one number for each position in the axes of w that are not summed
 * over.
 */
function biasOf(
  g: GraphBuilder,
  loops: Loops,
  side: SideName,
  w: Value,
  shift: BroadcastVector | null,
): BroadcastVector | null {
  const axes = splitAxes(loops, side);
  if (axes === null || shift === null) return null;
  const sum = g.sum(g.mul(w, broadcastTo(g, shift, w.type.shape)), axes.summed);
  const vector: BroadcastVector = { value: sum, axes: [...axes.kept.keys()] };
  return mapAxes(vector, (axis) => axes.kept.get(axis) ?? null);
}

// Matches the axes of the operands and of the result of a contraction.
import { isSummed } from "../graph/contraction.ts";
import type { Attrs, Node } from "../graph/ir.ts";
import type { ContractionDim } from "../graph/op.ts";
import { axisOfStride, type Shape, type TensorType } from "../types/tensor-type.ts";
import { at } from "../support/lists.ts";
import { pairsAttr } from "../graph/facts.ts";

export type Buffer = "lhs" | "rhs" | "out";

export interface Loops {
  readonly dims: readonly ContractionDim[];
  readonly shapes: Readonly<Record<Buffer, Shape>>;
  /** The first operand is read out of bounds, as zeros. */
  readonly padded: boolean;
}

/**
 * The loops of a contraction; those of a padded convolution refer to the padded image, which has the same axes. Null
 * for any other node, and for a convolution that has no form as a contraction.
 */
export function loopsOf({ op, operands, results, attrs }: Node): Loops | null {
  const [lhs, rhs, out] = [operands[0]?.type, operands[1]?.type, results[0]?.type];
  if (
    op.form.kind !== "contract" ||
    operands.length !== 2 ||
    lhs === undefined ||
    rhs === undefined ||
    out === undefined
  )
    return null;
  const padded = isPadded(attrs);
  const image = padded ? padImage(lhs, attrs) : lhs;
  const unpadded = padded ? { ...attrs, padding: pairsAttr(attrs, "padding").map(() => [0, 0]) } : attrs;
  const contraction = op.form.contraction({ operands: [image, rhs], results: [out], attrs: unpadded });
  if (contraction === null) return null;
  return {
    dims: contraction.dims.filter((dim) => dim.size > 1),
    shapes: { lhs: image.shape, rhs: rhs.shape, out: out.shape },
    padded,
  };
}

const isPadded = (attrs: Attrs): boolean =>
  "padding" in attrs && pairsAttr(attrs, "padding").some(([lo, hi]) => lo !== 0 || hi !== 0);

function padImage(image: TensorType, attrs: Attrs): TensorType {
  const padding = [[0, 0] as const, ...pairsAttr(attrs, "padding"), [0, 0] as const];
  return {
    dtype: image.dtype,
    shape: image.shape.map((size, axis) => size + at(padding, axis)[0] + at(padding, axis)[1]),
  };
}

/**
 * The axis of the buffer that a dim walks, and its step there; null if the dim has stride 0 in the buffer, or walks no
 * single axis.
 */
const walkOf = (dim: ContractionDim, buffer: Buffer, shape: Shape): ReturnType<typeof axisOfStride> =>
  dim[buffer] === 0 ? null : axisOfStride(shape, dim.size, dim[buffer]);

/** The dims that walk one axis of the buffer, with their steps. */
const along = (
  dims: readonly ContractionDim[],
  buffer: Buffer,
  shape: Shape,
  axis: number,
): readonly { readonly dim: ContractionDim; readonly step: number }[] =>
  dims.flatMap((dim) => {
    const walk = walkOf(dim, buffer, shape);
    return walk?.axis === axis ? [{ dim, step: walk.step }] : [];
  });

/** The axis of `to` whose index always equals that of the axis of `from`; null if none does. */
export function matchingAxis({ dims, shapes }: Loops, from: Buffer, axis: number, to: Buffer): number | null {
  const inside = along(dims, from, shapes[from], axis);
  const targets = inside.map(({ dim }) => walkOf(dim, to, shapes[to]));
  const found = targets[0]?.axis;
  if (found === undefined || shapes[from][axis] !== shapes[to][found]) return null;
  return inside.every(({ step }, i) => targets[i]?.axis === found && targets[i]?.step === step) ? found : null;
}

/**
 * The axes of an operand: `kept` maps those that the result has to the result's axes, `summed` has the reduced ones.
 * Null if an axis is neither.
 */
export function splitAxes(
  loops: Loops,
  buffer: "lhs" | "rhs",
): { readonly kept: ReadonlyMap<number, number>; readonly summed: readonly number[] } | null {
  const kept = new Map<number, number>();
  const summed: number[] = [];
  for (const axis of loops.shapes[buffer].keys()) {
    const inside = along(loops.dims, buffer, loops.shapes[buffer], axis);
    const match = matchingAxis(loops, buffer, axis, "out");
    if (match !== null) kept.set(axis, match);
    else if (inside.every(({ dim }) => isSummed(dim))) summed.push(axis);
    else return null;
  }
  return { kept, summed };
}

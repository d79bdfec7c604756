// Which axis of one operand of a contraction goes along with which axis of the other, or of the result.
import type { Attrs, Node } from "../graph/ir.ts";
import type { ContractionDim } from "../graph/op.ts";
import { strides, type Shape, type TensorType } from "../types/tensor-type.ts";
import { at } from "../support/lists.ts";
import { pairsAttr } from "../graph/facts.ts";

export type Buffer = "lhs" | "rhs" | "out";

export interface Loops {
  readonly dims: readonly ContractionDim[];
  readonly shapes: Readonly<Record<Buffer, Shape>>;
  /** The first operand is read past its edges, where it counts as zero. */
  readonly padded: boolean;
}

/**
 * The loops of a contraction; those of a convolution with padding are told for the padded image, which has the same axes. Null for what is no contraction,
 * and where the op gives none.
 */
export function loopsOf({ op, operands, results, attrs }: Node): Loops | null {
  const [lhs, rhs, out] = [operands[0]?.type, operands[1]?.type, results[0]?.type];
  if (op.form.kind !== "contract" || operands.length !== 2 || lhs === undefined || rhs === undefined || out === undefined) return null;
  const padded = isPadded(attrs);
  const image = padded ? padImage(lhs, attrs) : lhs;
  const unpadded = padded ? { ...attrs, padding: pairsAttr(attrs, "padding").map(() => [0, 0]) } : attrs;
  const contraction = op.form.contraction({ operands: [image, rhs], results: [out], attrs: unpadded });
  if (contraction === null) return null;
  return { dims: contraction.dims.filter((dim) => dim.size > 1), shapes: { lhs: image.shape, rhs: rhs.shape, out: out.shape }, padded };
}

const isPadded = (attrs: Attrs): boolean => "padding" in attrs && pairsAttr(attrs, "padding").some(([lo, hi]) => lo !== 0 || hi !== 0);

function padImage(image: TensorType, attrs: Attrs): TensorType {
  const padding = [[0, 0] as const, ...pairsAttr(attrs, "padding"), [0, 0] as const];
  return { dtype: image.dtype, shape: image.shape.map((size, axis) => size + at(padding, axis)[0] + at(padding, axis)[1]) };
}

/** The axis of `to` whose index is always that of the axis of `from`; null if there is none. */
export function matchingAxis({ dims, shapes }: Loops, from: Buffer, axis: number, to: Buffer): number | null {
  const inside = dims.filter((dim) => dim[from] !== 0 && placeOf(shapes[from], dim[from]).axis === axis);
  const places = inside.map((dim) => (dim[to] === 0 ? null : placeOf(shapes[to], dim[to])));
  const found = places[0]?.axis;
  if (found === undefined || shapes[from][axis] !== shapes[to][found]) return null;
  return inside.every((dim, i) => places[i]?.axis === found && places[i]?.step === placeOf(shapes[from], dim[from]).step) ? found : null;
}

/** The axes of an operand: those that the result has too, with its axis, and those that are summed over. Null where an axis is neither. */
export function splitAxes(loops: Loops, buffer: "lhs" | "rhs"): { readonly kept: ReadonlyMap<number, number>; readonly summed: readonly number[] } | null {
  const kept = new Map<number, number>();
  const summed: number[] = [];
  for (const axis of loops.shapes[buffer].keys()) {
    const inside = loops.dims.filter((dim) => dim[buffer] !== 0 && placeOf(loops.shapes[buffer], dim[buffer]).axis === axis);
    const match = matchingAxis(loops, buffer, axis, "out");
    if (match !== null) kept.set(axis, match);
    else if (inside.every((dim) => dim.out === 0)) summed.push(axis);
    else return null;
  }
  return { kept, summed };
}

/** The axis that a stride moves along, and by how many places. */
function placeOf(shape: Shape, stride: number): { axis: number; step: number } {
  const all = strides(shape);
  const axis = shape.findIndex((size, i) => size > 1 && at(all, i) <= stride);
  return { axis, step: stride / (all[axis] ?? 1) };
}

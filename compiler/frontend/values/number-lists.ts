import type { Span } from "../../../dsl/span.ts";
import type { DType } from "../../../runtime/model.ts";
import { product } from "../../support/lists.ts";
import { isFloat, tensor } from "../../types/tensor-type.ts";
import type { DlValue, Env, Tensor } from "../context.ts";
import { report } from "../errors.ts";
import { build } from "../tensors/add-node.ts";
import { isInRange } from "../types/number-range.ts";
import { describe, ERROR, isNumber, makeTensor } from "./values.ts";

/** A longer table belongs into a param, a state or an input. */
const maxElements = 16_384;

/** A list of numbers or bools, nested or not: a tensor, where one is wanted. */
export const isNumberList = (value: DlValue): value is DlValue & { kind: "list" } =>
  value.kind === "list" && value.items.length > 0 && value.items.every((item) => isLeaf(item) || isNumberList(item));

const isLeaf = (value: DlValue): boolean => isNumber(value) || value.kind === "bool";

/** The numbers of a list in row-major order. */
function* leavesOf(value: DlValue): Generator<DlValue> {
  if (value.kind === "list") for (const item of value.items) yield* leavesOf(item);
  else yield value;
}

/** The shape of a list, by its first items. */
const shapeOf = (value: DlValue): number[] =>
  value.kind === "list" && value.items[0] !== undefined ? [value.items.length, ...shapeOf(value.items[0])] : [];

/** The first row that has not the shape of the others, by its indices; null if all have it. */
function raggedRow(value: DlValue, shape: readonly number[], row: readonly number[] = []): RaggedRow | null {
  const [length, ...rest] = shape;
  if (value.kind !== "list") return length === undefined ? null : { row, value, wanted: length };
  if (length !== value.items.length) return { row, value, wanted: length ?? null };
  for (const [k, item] of value.items.entries()) {
    const found = raggedRow(item, rest, [...row, k]);
    if (found !== null) return found;
  }
  return null;
}

interface RaggedRow {
  readonly row: readonly number[];
  readonly value: DlValue;
  /** Its length should be this one; null if it should be a number. */
  readonly wanted: number | null;
}

/** The tensor that a list of numbers is; the error value after a report. */
export function listTensor(env: Env, span: Span, value: DlValue & { kind: "list" }, dtype: DType): DlValue {
  const { context } = env;
  const shape = shapeOf(value);
  const ragged = raggedRow(value, shape);
  if (ragged !== null) {
    const { row, wanted } = ragged;
    const says = `expected ${wanted === null ? "a number" : `a list of ${wanted}`} in row ${row.join(", ")} of the list`;
    return report(context, "E0317", span, `${says}, found ${describe(ragged.value)}`, {
      label: "as a tensor",
      help: "all rows of a tensor have one length, which is that of the first",
    });
  }
  const count = product(shape);
  if (count > maxElements)
    return report(context, "E0317", span, `a list of ${count} numbers is too long for a tensor`, {
      help: `at most ${maxElements} can be written; make longer ones an input, or a param whose values are loaded`,
    });
  const values: number[] = [];
  for (const leaf of leavesOf(value)) {
    const fits =
      dtype === "bool" ? leaf.kind === "bool" : leaf.kind === "int" || (leaf.kind === "float" && isFloat(dtype));
    if (!fits)
      return report(context, "E0303", span, `expected numbers of type ${dtype}, found ${describe(leaf)} in the list`);
    if (isNumber(leaf) && !isInRange(env, span, leaf.value, dtype)) return ERROR;
    values.push(isNumber(leaf) ? leaf.value : Number(leaf.kind === "bool" && leaf.value));
  }
  const type = tensor(dtype, shape);
  return makeTensor(
    context.builder,
    build(env, span, () => context.builder.constant(type, values)),
    span,
  );
}

/** The dtype of a list that nothing else determines. */
export const dtypeOfList = (value: DlValue): DType => {
  for (const leaf of leavesOf(value)) return leaf.kind === "bool" ? "bool" : "f32";
  return "f32";
};

/** A list where a tensor of any dtype is wanted: of ints, it is f32 unless it is used where another dtype is wanted. */
export function openTensor(env: Env, span: Span, value: DlValue): DlValue {
  const made = inDtype(env, span, value, dtypeOfList(value));
  const ofInts = isNumberList(value) && [...leavesOf(value)].every(({ kind }) => kind === "int");
  return ofInts && made.kind === "tensor" ? { ...made, retyped: (dtype) => inDtype(env, span, value, dtype) } : made;
}

/**
 * A value where a tensor of this dtype is wanted: a list of numbers as its tensor, and what only literals determine,
 * such as `select(p, 1, 0)`, in the dtype. Anything else is returned unchanged.
 */
export function inDtype(env: Env, span: Span, value: DlValue, dtype: DType): DlValue {
  if (isNumberList(value)) return listTensor(env, span, value, dtype);
  return value.kind === "tensor" && isSoft(env, value) && value.value.type.dtype !== dtype
    ? value.retyped(dtype)
    : value;
}

/** Whether only literals determine the dtype. */
export const isSoft = (env: Env, value: Tensor): value is Tensor & { retyped: (dtype: DType) => DlValue } =>
  value.retyped !== undefined && value.graph === env.context.builder;

/** Whether the context decides the dtype of a value. */
export const isLiteral = (env: Env, value: DlValue): boolean =>
  isLeaf(value) || isNumberList(value) || (value.kind === "tensor" && isSoft(env, value));

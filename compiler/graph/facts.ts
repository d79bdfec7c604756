import { needsTotals } from "../support/sum-order.ts";
import { invariant, present } from "../support/invariant.ts";
import { at } from "../support/lists.ts";
import { elements, sameShape, type TensorType } from "../types/tensor-type.ts";
import type { Attr, Attrs, Node, Value } from "./ir.ts";
import type { Op, Site } from "./op.ts";

/** The only result of a node, or the first of several. */
export const resultOf = ({ op, results }: Node): Value => present(results[0], `${op.name} has no result`);

/** An input, param, state, carry or constant. */
export const isLeaf = (node: Node): boolean => node.op.form.kind === "leaf" && node.operands.length === 0;
export const isInput = (node: Node): boolean => isLeaf(node) && node.op.name === "input";
export const isCarry = (node: Node): boolean => isLeaf(node) && node.op.name === "carry";
/** A leaf that is part of the graph's signature, and so is kept even if unused. */
export const isArgument = (node: Node): boolean => isInput(node) || isCarry(node);
export const isConstant = (node: Node): boolean => isLeaf(node) && node.op.name === "constant";
/** A param or state. */
export const isPersistent = (node: Node): boolean =>
  isLeaf(node) && (node.op.name === "param" || node.op.name === "state");

/** The name of an input or a carry. */
export const nameOf = ({ node }: Value): string => stringAttr(node.attrs, "name");

/** The path of a param or state; null for any other node. */
export const pathOf = (node: Node): string | null => (isPersistent(node) ? stringAttr(node.attrs, "path") : null);

/** The number that a splat constant repeats; null for any other value. */
export function splatValue(value: Value): number | null {
  if (!isConstant(value.node)) return null;
  const { values, value: splat } = value.node.attrs;
  return Array.isArray(values) || typeof splat !== "number" ? null : splat;
}

/** Whether a value is a splat constant of `n`; 0 differs from -0, NaN equals NaN. */
export const isSplat = (value: Value, n: number): boolean => Object.is(splatValue(value), n);

/** Row-major elements of a constant; null for any other value. */
export function constantData(value: Value): Float64Array | null {
  if (!isConstant(value.node)) return null;
  const splat = splatValue(value);
  if (splat !== null) return new Float64Array(elements(value.type.shape)).fill(splat);
  return new Float64Array(listAttr(value.node.attrs, "values"));
}

export function stringAttr(attrs: Attrs, name: string): string {
  const attr = present(attrs[name], `missing attribute ${name}`);
  invariant(typeof attr === "string", `the attribute ${name} is not a string`);
  return attr;
}

export function intAttr(attrs: Attrs, name: string): number {
  const attr = present(attrs[name], `missing attribute ${name}`);
  invariant(typeof attr === "number", `the attribute ${name} is not a number`);
  return attr;
}

/** A flat list of numbers. */
export function listAttr(attrs: Attrs, name: string): readonly number[] {
  const attr = present(attrs[name], `missing attribute ${name}`);
  invariant(isNumbers(attr), `the attribute ${name} is not a list of numbers`);
  return attr;
}

/** One pair of ints per spatial axis. */
export function pairsAttr(attrs: Attrs, name: string): readonly (readonly [number, number])[] {
  const attr = attrs[name];
  invariant(Array.isArray(attr), `the attribute ${name} is not a list`);
  return attr.map((pair) => {
    invariant(isNumbers(pair), `the attribute ${name} is not a list of lists`);
    return [pair[0] ?? 0, pair[1] ?? 0] as const;
  });
}

export const isNumbers = (attr: Attr): attr is readonly number[] =>
  Array.isArray(attr) && attr.every((x) => typeof x === "number");

/** Equal as attributes: numbers by Object.is, lists element by element. */
export function sameAttr(a: Attr | undefined, b: Attr | undefined): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return Object.is(a, b);
  return a.length === b.length && a.every((x: Attr, i) => sameAttr(x, b[i] as Attr | undefined));
}

/** Equal in any order of keys. */
export function sameAttrs(a: Attrs, b: Attrs): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && sameAttr(a[key], b[key]));
}

/** Equal lists of types. */
export const sameTypes = (a: readonly TensorType[], b: readonly TensorType[]): boolean =>
  a.length === b.length && a.every((type, i) => type.dtype === b[i]?.dtype && sameShape(type.shape, b[i].shape));

/** Sets of operand positions; the node is jointly linear in each set. */
export function linearSets({ op, attrs, operands }: Node): readonly (readonly number[])[] {
  const { linear } = op;
  const types = operands.map(({ type }) => type);
  if (linear === null || (linear.where !== undefined && !linear.where(attrs, types))) return [];
  return linear.sets === "all" ? [[...operands.keys()]] : linear.sets;
}

/** The same elements in the same order. */
export const isView = (node: Node): boolean => node.op.form.kind === "view";

/** Elements repeated along new axes: `dims` has the axis of the result for each axis of the operand. */
export const isRepeat = (node: Node): boolean => node.op.moves === "repeat";

/** Elements `start`, `start + stride`, ... before `limit` along each axis. */
export const isCut = (node: Node): boolean => node.op.moves === "cut";

/** Concatenates operands along `axis`. */
export const isJoin = ({ op, operands, results, attrs }: Node): boolean =>
  op.form.kind === "pieces" && op.form.background(siteOf({ operands, results, attrs })) === null;

/** The fill value of a pad (`lo`, `hi`, `interior`); null for any other node. */
export function padding({ op, operands, results, attrs }: Node): number | null {
  return op.form.kind === "pieces" && operands.length === 1
    ? op.form.background(siteOf({ operands, results, attrs }))
    : null;
}

/** Whether all elements of the result are elements of the operands, apart from a pad's fill value. */
export const movesElements = ({ op }: Node): boolean =>
  op.form.kind === "view" || op.form.kind === "pieces" || op.moves !== undefined;

/** Reductions over the `axes` of an operand. */
export const reducesAxes = ({ form, attrs }: Op): boolean => form.kind === "reduce" && attrs["axes"] === "ints";

/** A maximum or minimum, for which repeated elements have no effect. */
export const isExtreme = ({ form }: Op): boolean =>
  form.kind === "reduce" && (form.combine === "max" || form.combine === "min");

/** Whether the node adds terms to compensated totals, whose second numbers its kernel keeps in scratch. */
export function keepsTotals(node: Pick<Node, "op" | "operands" | "results" | "attrs">): boolean {
  const { form } = node.op;
  const type = node.results[0]?.type;
  if (form.kind !== "scatter" || form.combine !== "add" || type?.dtype !== "f32" || elements(type.shape) === 0)
    return false;
  return needsTotals(form.mostTerms(siteOf(node)));
}

/** The operand that a node copies to its result before it overwrites some of its elements; null if it does not. */
export function updatedBy({ op, operands }: Node): Value | null {
  const { form } = op;
  return form.kind === "scatter" && form.base !== null ? at(operands, form.base) : null;
}

/** The axes that a node sums over; null if it is not a sum. */
export const summedAxes = ({ op, attrs }: Node): readonly number[] | null =>
  reducesAxes(op) && op.form.kind === "reduce" && op.form.combine === "add" ? listAttr(attrs, "axes") : null;

/** The types and attributes of a node. */
export const siteOf = ({ operands, results, attrs }: Pick<Node, "operands" | "results" | "attrs">): Site => ({
  operands: operands.map(({ type }) => type),
  results: results.map(({ type }) => type),
  attrs,
});

import type { Span } from "../../../dsl/span.ts";
import { at, product } from "../../support/lists.ts";
import { sameShape } from "../../types/tensor-type.ts";
import {
  axisPattern,
  restOf,
  withoutRest,
  type AxisPattern,
  type Group,
  type Side,
  type Word,
} from "./axis-pattern.ts";
import type { Arg, DlValue, Env, Tensor } from "../context.ts";
import { build } from "./add-node.ts";
import { report } from "../errors.ts";
import { describe, ERROR, makeTensor, showTensor } from "../values/values.ts";
import { notTensor } from "../values/not-tensor.ts";

interface Use {
  readonly pattern: Arg;
  readonly x: Arg;
  /** A record of sizes by name. */
  readonly sizes: Arg | null;
}

/** One elementary axis: its key on both sides, and its size. */
interface Axis {
  readonly key: string;
  readonly size: number;
  readonly symbol: string | null;
}

/**
 * Splits, permutes and joins axes: a reshape, a transpose and a reshape. Sizes on the left match equal sizes on the
 * right in order; axes of size 1 may be added and dropped. A. Rogozhnikov, "Einops: clear and reliable tensor
 * manipulations with Einstein-like notation", 2022.
 */
export function rearrange(env: Env, use: Use, span: Span): DlValue {
  const { value } = use.x;
  if (value.kind === "error") return ERROR;
  if (value.kind !== "tensor") return notTensor(env, use.x.span, "expected a tensor for `rearrange`", value);
  const pattern = axisPattern(env, use.pattern);
  const known = sizesOf(env, use.sizes);
  if (pattern === null || known === null) return ERROR;
  const [written, second] = pattern.operands;
  if (written === undefined || second !== undefined)
    return pattern.mistakeAt({ at: 0, end: 1 }, "`rearrange` takes one tensor") ?? ERROR;
  const side = withoutRest(written, value.value.type.shape.length);
  if (side === null)
    return (
      pattern.mistakeAt(
        { at: written[0]?.[0]?.at ?? 0, end: written.at(-1)?.at(-1)?.end ?? 1 },
        `the pattern has ${written.length} ${written.length === 1 ? "axis" : "axes"}, but the tensor is ${showTensor(value)}`,
        "name every axis, or write `..` for the others",
      ) ?? ERROR
    );
  const left = split(pattern, side, value, known);
  const count = side.filter(([word]) => word?.text.startsWith("..")).length;
  const right = left && matched(pattern, restOf(pattern.result, count), left);
  if (left === null || right === null) return ERROR;
  const { builder } = env.context;
  const axes = left.filter((axis) => axis.size !== 1 || right.flat().includes(axis));
  const perm = right.flat().map((axis) => axes.indexOf(axis));
  const shape = right.map((group) => product(group.map(({ size }) => size)));
  const made = build(env, span, () => {
    const sizes = axes.map((axis) => axis.size);
    const apart = sameShape(sizes, value.value.type.shape) ? value.value : builder.reshape(value.value, sizes);
    const moved = perm.every((axis, k) => axis === k) ? apart : builder.transpose(apart, perm);
    return sameShape(moved.type.shape, shape) ? moved : builder.reshape(moved, shape);
  });
  return makeTensor(
    builder,
    made,
    span,
    right.map((group) => (group.length === 1 ? (group[0]?.symbol ?? null) : null)),
  );
}

/** Null after a report. */
function sizesOf(env: Env, arg: Arg | null): ReadonlyMap<string, number> | null {
  if (arg === null) return new Map();
  const fields = arg.value.kind === "record" ? [...arg.value.fields] : [];
  const sizes = new Map(
    fields.flatMap(([name, field]) => (field.kind === "int" && field.value > 0 ? [[name, field.value] as const] : [])),
  );
  if (arg.value.kind === "record" && sizes.size === fields.length) return sizes;
  if (arg.value.kind !== "error")
    report(
      env.context,
      "E0501",
      arg.span,
      `expected a record of ints for \`sizes\`, such as { h: 8 }, found ${describe(arg.value)}`,
    );
  return null;
}

/** The elementary axes of the tensor, with their sizes; null after a report. */
function split({ mistakeAt }: AxisPattern, side: Side, t: Tensor, known: ReadonlyMap<string, number>): Axis[] | null {
  const counts = new Map<string, number>();
  const axes: Axis[] = [];
  for (const [k, group] of side.entries()) {
    const whole = at(t.value.type.shape, k);
    const given = group.map((word) => (word.kind === "size" ? Number(word.text) : (known.get(word.text) ?? null)));
    const open = group.filter((_, i) => given[i] === null);
    const product = given.reduce<number>((a, size) => a * (size ?? 1), 1);
    const [first, second] = open;
    if (second !== undefined)
      return mistakeAt(
        second,
        `cannot infer the sizes of axes ${open.map((word) => `\`${word.text}\``).join(" and ")}; give all but one`,
        `as in sizes: { ${second.text}: 2 }`,
      );
    if (product === 0 || (first === undefined ? product !== whole : whole % product !== 0))
      return mistakeAt(
        rangeOf(group),
        `cannot split axis ${k} of ${showTensor(t)} into ${group.map((word, i) => (given[i] === null ? word.text : String(given[i]))).join(" * ") || "1"}`,
      );
    group.forEach((word, i) => {
      const size = given[i] ?? whole / product;
      axes.push({ key: keyOf(word, counts), size, symbol: group.length === 1 ? (t.symbols[k] ?? null) : null });
    });
  }
  return axes;
}

/** The axes of the result, in groups; null after a report. */
function matched({ mistakeAt }: AxisPattern, side: Side, left: readonly Axis[]): readonly (readonly Axis[])[] | null {
  const counts = new Map<string, number>();
  const byKey = new Map(left.map((axis) => [axis.key, axis]));
  const groups: Axis[][] = [];
  for (const group of side) {
    const axes: Axis[] = [];
    for (const word of group) {
      const key = keyOf(word, counts);
      const axis = byKey.get(key);
      if (axis !== undefined) axes.push(axis);
      else if (word.kind !== "size" || word.text !== "1")
        return mistakeAt(
          word,
          `\`${word.text}\` does not occur on the left side${(counts.get(word.text) ?? 0) > 1 ? " as often" : ""}`,
          "write 1 for a new axis",
        );
      byKey.delete(key);
    }
    groups.push(axes);
  }
  const [lost] = [...byKey.values()].filter((axis) => axis.size !== 1);
  if (lost === undefined) return groups;
  const last = side.at(-1);
  return mistakeAt(
    last === undefined ? { at: 0, end: 1 } : rangeOf(last),
    `axis \`${lost.key.split("#")[0]}\` is missing on the right side`,
    "use `sum` or `mean` to drop an axis",
  );
}

/** The k-th 2 on the left is the k-th 2 on the right. */
function keyOf(word: Word, counts: Map<string, number>): string {
  if (word.kind !== "size") return word.text;
  const count = (counts.get(word.text) ?? 0) + 1;
  counts.set(word.text, count);
  return `${word.text}#${count}`;
}

const rangeOf = (group: Group): { at: number; end: number } => ({ at: group[0]?.at ?? 0, end: group.at(-1)?.end ?? 1 });

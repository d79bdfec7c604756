import type { DType } from "../../runtime/model.ts";
import { batched } from "../graph/batch.ts";
import type { GraphBuilder } from "../graph/build.ts";
import type { Attrs, Value } from "../graph/ir.ts";
import type {
  AttrKind,
  BatchRule,
  BatchValue,
  Condition,
  Draw,
  Example,
  Gradient,
  Indices,
  Linearity,
  NdArray,
  Op,
  Reference,
  Sample,
  Site,
} from "../graph/op.ts";
import type { OpNames } from "../graph/form.ts";
import type { Round } from "../support/sum-order.ts";
import { at } from "../support/lists.ts";
import { type Interval, fitted } from "../types/interval.ts";
import { type Shape, type TensorType, tensor } from "../types/tensor-type.ts";
import { type Shift, noOperands, shiftAxes } from "./batching.ts";
import { alikeDraw } from "./draw.ts";

/** An op without its name, which the family adds. */
export type Entry = Omit<Op, "name">;

/** The ops of a family, by name: exactly one entry for each name that the family declares. */
export const family = <F extends keyof OpNames>(entries: Readonly<Record<OpNames[F], Entry>>): readonly Op[] =>
  Object.entries<Entry>(entries).map(([name, entry]) => ({ name: name as OpNames[F], ...entry }));

// The arguments of an entry's functions: operands by name and attributes by kind, so that a misspelt name is a compile
// error.

export type Names = readonly string[];
export type Named<O extends Names, T> = { readonly [K in O[number]]: T };
export type Kinds = Readonly<Record<string, AttrKind>>;

interface AttrTypes {
  readonly int: number;
  readonly ints: readonly number[];
  readonly float: number;
  readonly floats: readonly number[];
  readonly bool: boolean;
  readonly string: string;
  readonly dtype: DType;
  readonly pairs: readonly (readonly number[])[];
}
export type AttrsOf<A extends Kinds> = { readonly [K in keyof A]: AttrTypes[A[K]] };

/** One use of an op: the types of its operands and of its result, and its attributes. */
export interface Use<O extends Names, A extends Kinds> {
  readonly types: Named<O, TensorType>;
  readonly out: TensorType;
  readonly attrs: AttrsOf<A>;
}

export interface Backward<A extends Kinds> {
  readonly out: Value;
  /** The gradient with respect to the result. */
  readonly dout: Value;
  readonly attrs: AttrsOf<A>;
}

/** Gradients by operand; no gradient flows to an operand that is omitted. */
export type Rule<O extends Names, A extends Kinds> = (
  g: GraphBuilder,
  operands: Named<O, Value>,
  at: Backward<A>,
) => { readonly [K in O[number]]?: Value };

/** A `Condition` with operands and attributes by name. */
interface Requirement<O extends Names, A extends Kinds> {
  readonly message: string;
  readonly about: readonly NoInfer<O[number] | (keyof A & string)>[];
  readonly holds: (operands: Named<O, TensorType>, attrs: AttrsOf<A>) => boolean;
  readonly breaks: readonly Example[];
}
export type Requires<O extends Names, A extends Kinds> = Readonly<Record<string, Requirement<O, A>>>;

/** By attribute; those that do not refer to axes are omitted. */
export type Shifts<A extends Kinds> = { readonly [K in keyof A]?: Shift };

export interface Batching<A extends Kinds> {
  readonly op: Op;
  readonly attrs: AttrsOf<A>;
  /** The number of members. */
  readonly size: number;
}

/** The batched result of an op with one result. */
export type BatchOf<O extends Names, A extends Kinds> = (
  g: GraphBuilder,
  operands: Named<O, BatchValue>,
  at: Batching<A>,
) => Value;

export type SumOf<O extends Names, A extends Kinds> = (
  g: GraphBuilder,
  operands: Named<O, Value>,
  at: Omit<Batching<A>, "size">,
) => Value | null;

/** A name is an operand in which the op is linear; a list is a set of operands in which it is jointly linear. */
export type LinearIn<O extends Names> = readonly (O[number] | readonly O[number][])[];
export type None = Extract<Gradient, { kind: "none" }>;
export type ArrayReference<O extends Names, A extends Kinds> = (
  operands: Named<O, NdArray>,
  use: Use<O, A>,
  /** To the precision of intermediate results. */
  round: Round,
) => Float64Array;

export type RangeOf<O extends Names, A extends Kinds> = (operands: Named<O, Interval>, use: Use<O, A>) => Interval;

export type IndicesOf<O extends Names, A extends Kinds> = (
  use: Use<O, A>,
) => Omit<Indices, "operand"> & { readonly operand: NoInfer<O[number]> };

export interface Signature<O extends Names, A extends Kinds> {
  readonly doc: string;
  readonly operands: O;
  readonly attrs?: A;
  readonly defaults?: Partial<AttrsOf<A>>;
  readonly requires: Requires<O, A>;
  readonly type: (operands: Named<O, TensorType>, attrs: AttrsOf<A>) => TensorType;
  readonly gradient: Rule<O, A> | None;
  /** How the attributes change if all operands gain a first axis, or a rule. */
  readonly batch: Shifts<A> | BatchOf<O, A>;
  readonly linear?: LinearIn<O>;
  /** When `linear` holds, if not for all attributes and types. */
  readonly linearWhere?: (attrs: AttrsOf<A>, operands: Named<O, TensorType>) => boolean;
  /** See `Op`. */
  readonly sumOverBatch?: SumOf<O, A>;
  readonly addsRows?: Op["addsRows"];
  readonly moves?: Op["moves"];
  /** See `Op`; the operand is named. */
  readonly indices?: IndicesOf<O, A>;
  readonly lower?: Op["lower"];
  readonly samples: readonly Sample[];
  /** See `Op`. Derived by some forms. */
  readonly range: RangeOf<O, A>;
  /** Derived if all operands have the same shape and the attributes are flags or axes of the operand. */
  readonly draw?: Draw;
  /** True if omitted. */
  readonly exact?: boolean;
}

/** The op has no gradient, for the given reason. */
export const none = (why: string): None => ({ kind: "none", why });

export function named<O extends Names, T>(names: O, items: readonly T[]): Named<O, T> {
  const result: Record<string, T | undefined> = {};
  for (let i = 0; i < names.length; i++) result[names[i] ?? ""] = items[i];
  return result as Named<O, T>;
}
export const typed = <A extends Kinds>(attrs: Attrs): AttrsOf<A> => attrs as AttrsOf<A>;
export const only = <T>(items: readonly T[]): T => at(items, 0);

export const useOf = <O extends Names, A extends Kinds>(names: O, site: Site): Use<O, A> => ({
  types: named(names, site.operands),
  out: only(site.results),
  attrs: typed<A>(site.attrs),
});

/** All fields of an op with fixed operands and one result, except its form and reference. */
export function signature<O extends Names, A extends Kinds>(
  spec: Omit<Signature<O, A>, "range"> & Partial<Pick<Signature<O, A>, "range">>,
): Omit<Entry, "form" | "reference"> {
  const { operands: names, sumOverBatch, addsRows, moves, indices, lower, range } = spec;
  const draw = spec.draw ?? alikeDraw(names, spec.attrs ?? {});
  return {
    doc: spec.doc,
    operands: names,
    attrs: spec.attrs ?? {},
    defaults: (spec.defaults ?? {}) as Attrs,
    requires: Object.fromEntries(
      Object.entries(spec.requires).map(([label, { holds, ...rest }]): [string, Condition] => [
        label,
        { ...rest, holds: (types, attrs) => holds(named(names, types), typed<A>(attrs)) },
      ]),
    ),
    type: (types, attrs) => [spec.type(named(names, types), typed<A>(attrs))],
    gradient: gradientOf(names, spec.gradient),
    batch: batchOf(names, spec.batch),
    linear: linearity(names, spec),
    ...(sumOverBatch && {
      sumOverBatch: (g, op, operands, attrs) => sumOverBatch(g, named(names, operands), { op, attrs: typed<A>(attrs) }),
    }),
    ...(addsRows && { addsRows }),
    ...(moves && { moves }),
    ...(indices && {
      indices: (site) => {
        const found = indices(useOf<O, A>(names, site));
        return { ...found, operand: names.indexOf(found.operand) };
      },
    }),
    ...(lower && { lower }),
    samples: spec.samples,
    ...(range && {
      range: (operands, site) =>
        fitted(range(named(names, operands), useOf<O, A>(names, site)), only(site.results).dtype),
    }),
    ...(draw && { draw }),
    exact: spec.exact ?? true,
  };
}

function batchOf<O extends Names, A extends Kinds>(names: O, spec: Shifts<A> | BatchOf<O, A>): BatchRule {
  if (names.length === 0) return noOperands;
  if (typeof spec !== "function") return shiftAxes(spec);
  return (g, op, { operands, attrs, size }) => [
    batched(spec(g, named(names, operands), { op, attrs: typed<A>(attrs), size })),
  ];
}

function linearity<O extends Names, A extends Kinds>(
  names: O,
  { linear, linearWhere }: Pick<Signature<O, A>, "linear" | "linearWhere">,
): Linearity | null {
  if (linear === undefined) return null;
  const sets = linear.map((set: O[number] | readonly O[number][]) =>
    (typeof set === "string" ? [set] : set).map((name) => names.indexOf(name)),
  );
  return { sets, ...(linearWhere && { where: (attrs, types) => linearWhere(typed<A>(attrs), named(names, types)) }) };
}

function gradientOf<O extends Names, A extends Kinds>(names: O, spec: Rule<O, A> | None): Gradient {
  if (typeof spec !== "function") return spec;
  return {
    kind: "rule",
    rule: (g, { operands, results, grads, attrs }) => {
      const dout = only(grads);
      if (dout === null) return operands.map(() => null);
      const flows: Readonly<Record<string, Value | undefined>> = spec(g, named(names, operands), {
        out: only(results),
        dout,
        attrs: typed<A>(attrs),
      });
      return names.map((name) => flows[name] ?? null);
    },
  };
}

export const arrayReference = <O extends Names, A extends Kinds>(names: O, apply: ArrayReference<O, A>): Reference => ({
  kind: "array",
  apply: (args, site, round) => [apply(named(names, args), useOf<O, A>(names, site), round)],
});

// Sets of dtypes in conditions.

export const floats: readonly DType[] = ["f32", "f64"];
export const numbers: readonly DType[] = ["f32", "f64", "i32"];
export const bits: readonly DType[] = ["bool", "i32"];

/** `f32 or i32`. Programs have no f64, which only the reference interpreter computes. */
export const anyOf = (dtypes: readonly DType[]): string =>
  dtypes
    .filter((dtype) => dtype !== "f64")
    .join(", ")
    .replace(/, (?=[^,]*$)/, " or ");

// Types of samples.

type TypeOf = (...shape: Shape) => TensorType;
export const f32: TypeOf = (...shape) => tensor("f32", shape);
export const f64: TypeOf = (...shape) => tensor("f64", shape);
export const i32: TypeOf = (...shape) => tensor("i32", shape);
export const u8: TypeOf = (...shape) => tensor("u8", shape);
export const i8: TypeOf = (...shape) => tensor("i8", shape);
export const bool: TypeOf = (...shape) => tensor("bool", shape);

/** Examples that break the condition that `axis` is an axis of the only operand. */
export const notAnAxis: readonly Example[] = [
  [[f32()], { axis: 0 }],
  [[f32(2)], { axis: 1 }],
  [[f32(2)], { axis: -1 }],
];

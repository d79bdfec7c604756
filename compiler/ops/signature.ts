import type { DType } from "../../runtime/dtype.ts";
import type { GraphBuilder } from "../graph/build.ts";
import type { Attrs, Value } from "../graph/ir.ts";
import type { AttrKind, Condition, Example, Gradient, NdArray, Op, Reference, Sample, Site } from "../graph/op.ts";
import { present } from "../support/invariant.ts";
import { type Shape, type TensorType, tensor } from "../types/tensor-type.ts";

/** An op without its name, which the family gives. */
export type Entry = Omit<Op, "name">;

/** The ops of a family, each under its name. */
export const family = (entries: Readonly<Record<string, Entry>>): readonly Op[] => Object.entries(entries).map(([name, entry]) => ({ name, ...entry }));

// What an entry's functions are given: operands by name and attributes by kind, so that a misspelt one is a compile error.

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

/** Gradients by operand; none flows to an operand that is left out. */
export type Rule<O extends Names, A extends Kinds> = (g: GraphBuilder, operands: Named<O, Value>, at: Backward<A>) => { readonly [K in O[number]]?: Value };
export type Requires<O extends Names, A extends Kinds> = Readonly<
  Record<string, readonly [says: string, holds: (operands: Named<O, TensorType>, attrs: AttrsOf<A>) => boolean, breaks: readonly Example[]]>
>;
export type None = Extract<Gradient, { kind: "none" }>;
export type ArrayReference<O extends Names, A extends Kinds> = (operands: Named<O, NdArray>, use: Use<O, A>) => Float64Array;

export interface Signature<O extends Names, A extends Kinds> {
  readonly doc: string;
  readonly operands: O;
  readonly attrs?: A;
  readonly defaults?: Partial<AttrsOf<A>>;
  readonly requires: Requires<O, A>;
  readonly type: (operands: Named<O, TensorType>, attrs: AttrsOf<A>) => TensorType;
  readonly gradient: Rule<O, A> | None;
  readonly samples: readonly Sample[];
  /** True where left out. */
  readonly exact?: boolean;
}

/** No gradient flows, and why. */
export const none = (why: string): None => ({ kind: "none", why });

export function named<O extends Names, T>(names: O, items: readonly T[]): Named<O, T> {
  const result: Record<string, T | undefined> = {};
  for (let i = 0; i < names.length; i++) result[names[i] ?? ""] = items[i];
  return result as Named<O, T>;
}
export const typed = <A extends Kinds>(attrs: Attrs): AttrsOf<A> => attrs as AttrsOf<A>;
export const only = <T>(items: readonly T[]): T => present(items[0], "an op without result");

export const useOf = <O extends Names, A extends Kinds>(names: O, site: Site): Use<O, A> => ({
  types: named(names, site.operands),
  out: only(site.results),
  attrs: typed<A>(site.attrs),
});

/** Everything of an op with fixed operands and one result, but its form and reference. */
export function signature<O extends Names, A extends Kinds>(spec: Signature<O, A>): Omit<Entry, "form" | "reference"> {
  const { operands: names } = spec;
  return {
    doc: spec.doc,
    operands: names,
    attrs: spec.attrs ?? {},
    defaults: (spec.defaults ?? {}) as Attrs,
    requires: Object.fromEntries(
      Object.entries(spec.requires).map(([label, [says, holds, breaks]]): [string, Condition] => [
        label,
        [says, (types, attrs) => holds(named(names, types), typed<A>(attrs)), breaks],
      ]),
    ),
    type: (types, attrs) => [spec.type(named(names, types), typed<A>(attrs))],
    gradient: gradientOf(names, spec.gradient),
    samples: spec.samples,
    exact: spec.exact ?? true,
  };
}

function gradientOf<O extends Names, A extends Kinds>(names: O, spec: Rule<O, A> | None): Gradient {
  if (typeof spec !== "function") return spec;
  return {
    kind: "rule",
    rule: (g, { operands, results, grads, attrs }) => {
      const dout = only(grads);
      if (dout === null) return operands.map(() => null);
      const flows: Readonly<Record<string, Value | undefined>> = spec(g, named(names, operands), { out: only(results), dout, attrs: typed<A>(attrs) });
      return names.map((name) => flows[name] ?? null);
    },
  };
}

export const arrayReference = <O extends Names, A extends Kinds>(names: O, apply: ArrayReference<O, A>): Reference => ({
  kind: "array",
  apply: (args, site) => [apply(named(names, args), useOf<O, A>(names, site))],
});

// Sets of dtypes that conditions speak of.

export const floats: readonly DType[] = ["f32", "f64"];
export const numbers: readonly DType[] = ["f32", "f64", "i32"];
export const bits: readonly DType[] = ["bool", "i32"];

/** `f32, f64 or i32` */
export const anyOf = (dtypes: readonly DType[]): string => dtypes.join(", ").replace(/, (?=[^,]*$)/, " or ");

// Types of samples.

type TypeOf = (...shape: Shape) => TensorType;
export const f32: TypeOf = (...shape) => tensor("f32", shape);
export const f64: TypeOf = (...shape) => tensor("f64", shape);
export const i32: TypeOf = (...shape) => tensor("i32", shape);
export const u8: TypeOf = (...shape) => tensor("u8", shape);
export const i8: TypeOf = (...shape) => tensor("i8", shape);
export const bool: TypeOf = (...shape) => tensor("bool", shape);

/** What breaks the condition that `axis` is an axis of the only operand. */
export const notAnAxis: readonly Example[] = [
  [[f32()], { axis: 0 }],
  [[f32(2)], { axis: 1 }],
  [[f32(2)], { axis: -1 }],
];

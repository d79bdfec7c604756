// The constructors of entries, one per form. They derive the fields that an entry omits.
import { dtypes } from "../../runtime/dtype.ts";
import type { DType } from "../../runtime/model.ts";
import type { Contraction, Example, Form, Line, Op, Piece, Read, Sample, Site } from "../graph/op.ts";
import type { KernelBuilder } from "../kernel/build.ts";
import type { ExprBuilder } from "../kernel/builder-types.ts";
import type { Expr } from "../kernel/ir.ts";
import { present } from "../support/invariant.ts";
import { type Interval, hull, interval, limits } from "../types/interval.ts";
import { type TensorType, elements, sameShape, tensor } from "../types/tensor-type.ts";
import {
  type ArrayReference,
  type AttrsOf,
  type Entry,
  type Kinds,
  type LinearIn,
  type Named,
  type Names,
  type None,
  type RangeOf,
  type Requires,
  type Rule,
  type Signature,
  type Use,
  anyOf,
  arrayReference,
  named,
  only,
  signature,
  typed,
  useOf,
} from "./signature.ts";

/** Reads an element of each operand at a multi-index. */
export type Reads<O extends Names> = Named<O, (at: readonly Expr[]) => Expr>;

const reads = <O extends Names>(names: O, read: Read): Reads<O> =>
  named(
    names,
    names.map((_, i) => (at: readonly Expr[]) => read(i, at)),
  );

interface Plain<O extends Names, A extends Kinds> extends Signature<O, A> {
  readonly reference: ArrayReference<O, A>;
}

interface Map<O extends Names, A extends Kinds> extends Plain<O, A> {
  readonly element: (k: ExprBuilder, at: readonly Expr[], reads: Reads<O>, use: Use<O, A>) => Expr;
}

/** Each element is an expression of its index. */
export function map<const O extends Names, const A extends Kinds = {}>(spec: Map<O, A>): Entry {
  const { operands: names } = spec;
  const form: Form = {
    kind: "map",
    element: (k, at, read, site) => spec.element(k, at, reads(names, read), useOf<O, A>(names, site)),
  };
  return { ...signature(spec), form, reference: arrayReference(names, spec.reference) };
}

/** The same elements in the same order under another shape. */
export function view<const O extends Names, const A extends Kinds = {}>(spec: Omit<Plain<O, A>, "range">): Entry {
  return {
    ...signature<O, A>({ range: (x) => hull(...Object.values<Interval>(x)), ...spec }),
    form: { kind: "view" },
    reference: arrayReference(spec.operands, spec.reference),
  };
}

interface Contracting<O extends Names, A extends Kinds> extends Plain<O, A> {
  readonly contraction: (use: Use<O, A>) => Contraction | null;
  /** The number of multiply-adds; by default the product of the contraction's dims, which then is never null. */
  readonly products?: (use: Use<O, A>) => number;
}

/** A sum of products of the first two operands. */
export function contracting<const O extends Names, const A extends Kinds = {}>(spec: Contracting<O, A>): Entry {
  const { operands: names, contraction } = spec;
  const { products = (use) => elements(present(contraction(use), "a contraction").dims.map(({ size }) => size)) } =
    spec;
  const form: Form = {
    kind: "contract",
    contraction: (site) => contraction(useOf<O, A>(names, site)),
    products: (site) => products(useOf<O, A>(names, site)),
  };
  return {
    ...signature<O, A>({ exact: false, ...spec }),
    form,
    reference: arrayReference(spec.operands, spec.reference),
  };
}

interface Placing<O extends Names, A extends Kinds> extends Omit<Plain<O, A>, "range"> {
  readonly background: (use: Use<O, A>) => number | null;
  readonly pieces: (use: Use<O, A>) => readonly Piece[];
}

/** A union of boxes, each filled from one operand. */
export function placing<const O extends Names, const A extends Kinds = {}>(spec: Placing<O, A>): Entry {
  const use = (site: Parameters<Extract<Form, { kind: "pieces" }>["pieces"]>[0]): Use<O, A> =>
    useOf<O, A>(spec.operands, site);
  const form: Form = {
    kind: "pieces",
    background: (site) => spec.background(use(site)),
    pieces: (site) => spec.pieces(use(site)),
  };
  const range: RangeOf<O, A> = (x, site) => {
    const background = spec.background(site);
    return hull(...Object.values<Interval>(x), ...(background === null ? [] : [interval(background, background)]));
  };
  return { ...signature<O, A>({ range, ...spec }), form, reference: arrayReference(spec.operands, spec.reference) };
}

interface Folding<O extends Names, A extends Kinds> extends Plain<O, A> {
  readonly extents: (use: Use<O, A>) => readonly number[];
  readonly init: (use: Use<O, A>) => number;
  readonly step: (
    k: ExprBuilder,
    acc: Expr,
    at: readonly Expr[],
    r: readonly Expr[],
    reads: Reads<O>,
    use: Use<O, A>,
  ) => Expr;
  readonly combine: Extract<Form, { kind: "reduce" }>["combine"];
  /** See `Form`; false if omitted. */
  readonly alongLast?: (use: Use<O, A>) => boolean;
}

/** Each element folds a step over an index space. */
export function folding<const O extends Names, const A extends Kinds = {}>(spec: Folding<O, A>): Entry {
  const { operands: names } = spec;
  const form: Form = {
    kind: "reduce",
    extents: (site) => spec.extents(useOf<O, A>(names, site)),
    init: (site) => [spec.init(useOf<O, A>(names, site))],
    step: (k, acc, at, r, read, site) => [spec.step(k, only(acc), at, r, reads(names, read), useOf<O, A>(names, site))],
    combine: spec.combine,
    alongLast: (site) => spec.alongLast?.(useOf<O, A>(names, site)) ?? false,
  };
  return { ...signature(spec), form, reference: arrayReference(names, spec.reference) };
}

export interface Scattering<O extends Names, A extends Kinds> extends Plain<O, A> {
  readonly domain: (use: Use<O, A>) => readonly number[];
  readonly target: (k: ExprBuilder, d: readonly Expr[], reads: Reads<O>, use: Use<O, A>) => readonly Expr[];
  readonly value: (k: ExprBuilder, d: readonly Expr[], reads: Reads<O>, use: Use<O, A>) => Expr;
  /** See `Form`; added to zeros if omitted. */
  readonly combine?: Scatter["combine"];
  readonly base?: NoInfer<O[number]>;
  readonly init?: (use: Use<O, A>) => number;
  /** See `Form`; Infinity if omitted. */
  readonly mostTerms?: (use: Use<O, A>) => number;
}

type Scatter = Extract<Form, { kind: "scatter" }>;

/** A value is brought to a target for each index of a domain. */
export function scattering<const O extends Names, const A extends Kinds = {}>(spec: Scattering<O, A>): Entry {
  const { operands: names } = spec;
  const form: Form = {
    kind: "scatter",
    combine: spec.combine ?? "add",
    base: spec.base === undefined ? null : names.indexOf(spec.base),
    init: (site) => spec.init?.(useOf<O, A>(names, site)) ?? 0,
    domain: (site) => spec.domain(useOf<O, A>(names, site)),
    target: (k, d, read, site) => ({ at: spec.target(k, d, reads(names, read), useOf<O, A>(names, site)), when: null }),
    value: (k, d, read, site) => spec.value(k, d, reads(names, read), useOf<O, A>(names, site)),
    mostTerms: (site) => spec.mostTerms?.(useOf<O, A>(names, site)) ?? Infinity,
  };
  return { ...signature(spec), form, reference: arrayReference(names, spec.reference) };
}

interface Lining<O extends Names, A extends Kinds> extends Plain<O, A> {
  readonly axis: (use: Use<O, A>) => number;
  readonly line: (k: KernelBuilder, line: Line, reads: Named<O, (at: Expr) => Expr>, use: Use<O, A>) => void;
  readonly reads: (size: number) => number;
}

/** Each line along an axis is computed independently. */
export function lining<const O extends Names, const A extends Kinds = {}>(spec: Lining<O, A>): Entry {
  const { operands: names } = spec;
  const axis = (site: Site): number => spec.axis(useOf<O, A>(names, site));
  const readers = (line: Line): Named<O, (at: Expr) => Expr> =>
    named(
      names,
      names.map((_, i) => (at: Expr) => line.read(i, at)),
    );
  const form: Form = {
    kind: "lines",
    axis,
    line: (k, line, site) => spec.line(k, line, readers(line), useOf<O, A>(names, site)),
    reads: (site) => spec.reads(only(site.results).shape[axis(site)] ?? 1),
  };
  return { ...signature(spec), form, reference: arrayReference(names, spec.reference) };
}

interface Elementwise<O extends Names, A extends Kinds> extends Omit<Signature<O, A>, "batch"> {
  readonly scalar: (k: ExprBuilder, args: Named<O, Expr>, use: Use<O, A>) => Expr;
  readonly reference: (args: Named<O, number>, attrs: AttrsOf<A>, types: Named<O, TensorType>) => number;
}

/** Each element from the elements at the same index, where operands differ in dtype or there are attributes. */
export function elementwise<const O extends Names, const A extends Kinds = {}>(spec: Elementwise<O, A>): Entry {
  const { operands: names } = spec;
  return {
    ...signature<O, A>({ ...spec, batch: {} }),
    form: {
      kind: "pointwise",
      scalar: (k, args, site) => spec.scalar(k, named(names, args), useOf<O, A>(names, site)),
    },
    reference: {
      kind: "scalar",
      apply: (args, attrs, types) => spec.reference(named(names, args), typed<A>(attrs), named(names, types)),
    },
  };
}

type Tuple<O extends Names, T> = { readonly [K in keyof O]: T };

interface Pointwise<O extends Names> {
  readonly doc: string;
  readonly operands: O;
  /** Dtypes of the operands, which all have the same; any if omitted. */
  readonly on?: readonly DType[];
  /** The dtype of the result, if it differs from that of the operands. */
  readonly to?: DType;
  readonly gradient: Rule<O, {}> | None;
  readonly linear?: LinearIn<O>;
  readonly linearWhere?: Signature<O, {}>["linearWhere"];
  readonly operator?: Op["operator"];
  readonly commutative?: true;
  readonly scalar: (k: ExprBuilder, ...args: Tuple<O, Expr>) => Expr;
  readonly reference: (...args: Tuple<O, number>) => number;
  /** For i32, if it is not `reference` modulo 2^32. */
  readonly integer?: (...args: Tuple<O, number>) => number;
  /** See `Op`. Derived if the op is monotone in its only operand, or if the result is bool. */
  readonly range?: "monotone" | ((operands: Tuple<O, Interval>, dtype: DType, operandDType: DType) => Interval);
  /** See `Op`. */
  readonly between?: readonly [least: number, most: number];
  readonly exact?: boolean;
  /** See `Op`; of the first two arguments. */
  readonly steps?: (x: number, y: number) => number;
}

const everyDType = Object.keys(dtypes) as readonly DType[];

/** Conditions of operands of one shape and one of those dtypes; none for a single operand of any dtype. */
function sameTypeConditions<O extends Names>(names: O, on: readonly DType[]): Requires<O, {}> {
  const [first, ...rest] = names;
  const types = (operands: Named<O, TensorType>): TensorType[] => Object.values(operands);
  const sameDType = (x: Named<O, TensorType>): boolean => {
    const all = types(x);
    const { dtype } = only(all);
    return on.includes(dtype) && all.every((type) => type.dtype === dtype);
  };
  const oneShape = (x: Named<O, TensorType>): boolean => {
    const all = types(x);
    const { shape } = only(all);
    return all.every((type) => type.shape === shape || sameShape(type.shape, shape));
  };
  const refused = everyDType
    .filter((dtype) => !on.includes(dtype))
    .map((dtype): Example => [names.map(() => tensor(dtype, [2]))]);
  if (rest.length === 0)
    return on === everyDType
      ? {}
      : { c1: { message: `${first} is ${anyOf(on)}`, about: names, holds: sameDType, breaks: refused } };
  const all = names.join(" and ");
  const [one = "f32"] = on;
  const other = everyDType.find((dtype) => dtype !== one) ?? one;
  const mixed: Example = [names.map((_, i) => tensor(i === 0 ? one : other, [2]))];
  const stretched: Example = [names.map((_, i) => tensor(one, [i + 1]))];
  return {
    c1: {
      message: `${all} have the same dtype, ${anyOf(on)}`,
      about: names,
      holds: sameDType,
      breaks: [...refused, mixed],
    },
    c2: { message: `${all} have the same shape`, about: names, holds: oneShape, breaks: [stretched] },
  };
}

function pointwiseRange<O extends Names>({
  operands,
  to,
  range,
  reference,
  integer = reference,
}: Pointwise<O>): RangeOf<O, {}> | undefined {
  const tuple = <T>(x: Named<O, T>): Tuple<O, T> =>
    operands.map((name) => x[name as O[number]]) as unknown as Tuple<O, T>;
  if (range === undefined) return to === "bool" ? () => limits.bool : undefined;
  if (range !== "monotone")
    return (x, { types, out }) => range(tuple(x), out.dtype, only(Object.values<TensorType>(types)).dtype);
  return (x, { out }) => {
    const ends = only(Object.values<Interval>(x));
    const [a, b] = [ends.lo, ends.hi].map((end) =>
      (out.dtype === "i32" ? integer : reference)(...([end] as unknown as Tuple<O, number>)),
    ) as [number, number];
    return interval(Math.min(a, b), Math.max(a, b));
  };
}

/** Each element from the elements at the same index of operands of one shape and dtype. */
export function pointwise<const O extends Names>(spec: Pointwise<O>): Entry {
  const { operands: names, on = everyDType, to, steps, operator, commutative } = spec;
  const types = (operands: Named<O, TensorType>): TensorType[] => Object.values(operands);
  const range = pointwiseRange(spec);
  const base = signature<O, {}>({
    doc: spec.doc,
    operands: names,
    requires: sameTypeConditions(names, on),
    type: (x) => tensor(to ?? only(types(x)).dtype, only(types(x)).shape),
    gradient: spec.gradient,
    batch: {},
    ...(range && { range }),
    ...(spec.linear && { linear: spec.linear }),
    ...(spec.linearWhere && { linearWhere: spec.linearWhere }),
    samples: samplesOf(names.length, on, spec.between ?? null),
    ...(spec.exact !== undefined && { exact: spec.exact }),
  });
  const apply = (args: readonly number[], dtype: DType): number => {
    const tuple = args as unknown as Tuple<O, number>;
    if (dtype !== "i32") return spec.reference(...tuple);
    return (spec.integer ?? spec.reference)(...tuple) | 0;
  };
  return {
    ...base,
    form: { kind: "pointwise", scalar: (k, args) => spec.scalar(k, ...(args as unknown as Tuple<O, Expr>)) },
    reference: { kind: "scalar", apply: (args, _, operands) => apply(args, only(operands).dtype) },
    ...(operator && { operator }),
    ...(commutative && { commutative }),
    ...(steps && { steps: ([x = 0, y = 0]) => steps(x, y) }),
    ...(spec.between && { between: spec.between }),
  };
}

/** One shape per dtype and a few more for the first: rank 0, size 1, odd, tail of a vector. */
function samplesOf(arity: number, on: readonly DType[], between: readonly [number, number] | null): Sample[] {
  const shapes = [[5], [], [1], [3, 7], [2, 1, 4]];
  const sample = (type: TensorType): Sample => ({
    operands: Array.from({ length: arity }, () => type),
    ...(between && { values: Array.from({ length: arity }, (_, i) => spread(elements(type.shape), i, between)) }),
  });
  return [
    ...shapes.map((shape) => sample(tensor(on[0] ?? "f32", shape))),
    ...on.slice(1).map((dtype) => sample(tensor(dtype, [2, 3]))),
  ];
}

/**
 * Numbers evenly distributed over an interval, a different sequence for each operand (the additive recurrence of the
 * golden ratio).
 */
function spread(count: number, row: number, [least, most]: readonly [number, number]): number[] {
  return Array.from(
    { length: count },
    (_, i) => least + (most - least) * ((0.5 + (i + 1) * 0.6180339887498949 + row * 0.3819) % 1),
  );
}

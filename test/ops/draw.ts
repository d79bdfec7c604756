// Uses of ops as their entries draw them: shapes and attributes by `draw`, dtypes by the conditions.
import fc from "fast-check";
import type { DType } from "../../runtime/model.ts";
import { dtypes } from "../../runtime/dtype.ts";
import { brokenCondition } from "../../compiler/graph/build.ts";
import type { Attrs } from "../../compiler/graph/ir.ts";
import type { Choices, Draw, DrawnUse, Op, Sample } from "../../compiler/graph/op.ts";
import { invariant, present } from "../../compiler/support/invariant.ts";
import { elements, isFloat, type Shape, tensor } from "../../compiler/types/tensor-type.ts";
import { entryFile } from "./entry-files.ts";
import { random } from "./values.ts";

/** Dtypes of the operands, and of the attribute that names one. */
export interface DTypes {
  readonly operands: readonly DType[];
  readonly attr: DType | null;
}

const every = Object.keys(dtypes) as readonly DType[];

const tuples = (length: number): readonly (readonly DType[])[] =>
  length === 0 ? [[]] : tuples(length - 1).flatMap((rest) => every.map((dtype) => [...rest, dtype]));

/** All combinations of dtypes for this number of operands, valid or not. */
export function dtypeChoices(op: Op, arity: number): DTypes[] {
  const attrs = Object.values(op.attrs).includes("dtype") ? every : [null];
  return tuples(arity).flatMap((operands) => attrs.map((attr) => ({ operands, attr })));
}

export const complete = (op: Op, attrs: Attrs = {}): Attrs => ({ ...op.defaults, ...attrs });

export const sampleOf = ({ shapes, attrs }: DrawnUse, { operands, attr }: DTypes): Sample => ({
  operands: shapes.map((shape, i) => tensor(operands[i] ?? "f32", shape)),
  attrs: { ...attrs, ...(attr !== null && { dtype: attr }) },
});

/** The label of the condition that a sample violates; null if it is valid. */
export const violatedCondition = (op: Op, sample: Sample): string | null =>
  brokenCondition(op, sample.operands, complete(op, sample.attrs))?.code.slice(op.name.length + 1) ?? null;

/** A generator of numbers in [0, 1) that depends only on the name of the op. */
export const randomOf = ({ name }: Op): (() => number) =>
  random([...name].reduce((hash, letter) => Math.imul(hash, 31) + letter.charCodeAt(0), 7));

/** Choices by a generator of numbers in [0, 1). */
export const choicesFrom = (next: () => number): Choices => ({
  int: (least, most) => least + Math.floor(next() * (Math.max(most, least) - least + 1)),
});

/** Choices by a list of numbers; zeros select the smallest values, to which fast-check shrinks. */
export function choicesOf(numbers: readonly number[]): Choices {
  let next = 0;
  return { int: (least, most) => least + ((numbers[next++] ?? 0) % (Math.max(most, least) - least + 1)) };
}

export const drawOf = (op: Op): Draw =>
  present(op.draw, `${op.name} (${entryFile(op)}): the entry needs the field \`draw\``);

const admitted = new Map<string, readonly DTypes[]>();

/** The valid combinations of dtypes for this number of operands, determined by a use that is valid for some. */
export function admittedFor(op: Op, use: DrawnUse): readonly DTypes[] {
  const key = `${op.name} ${use.shapes.length}`;
  const known = admitted.get(key) ?? [];
  if (known.length > 0) return known;
  const found = dtypeChoices(op, use.shapes.length).filter(
    (choice) => violatedCondition(op, sampleOf(use, choice)) === null,
  );
  admitted.set(key, found);
  return found;
}

/**
 * Values evenly distributed over the entry's interval `between`, different for each operand (the additive recurrence of
 * the golden ratio).
 */
function valuesWithin(op: Op, { operands }: Sample): Pick<Sample, "values"> {
  const { between } = op;
  if (between === undefined) return {};
  const [least, most] = between;
  const spread = (count: number, row: number): number[] =>
    Array.from(
      { length: count },
      (_, i) => least + (most - least) * ((0.5 + (i + 1) * 0.6180339887498949 + row * 0.3819) % 1),
    );
  return { values: operands.map(({ dtype, shape }, row) => (isFloat(dtype) ? spread(elements(shape), row) : null)) };
}

const size = fc.integer({ min: 1, max: 4 });
/** Small, since every element may be differentiated. */
const smallShape: fc.Arbitrary<Shape> = fc.array(size, { maxLength: 3 });
/** One axis is longer than vectors and unrolled steps. */
const longShape: fc.Arbitrary<Shape> = fc
  .tuple(fc.integer({ min: 1, max: 40 }), fc.array(size, { maxLength: 1 }), fc.boolean())
  .map(([long, rest, first]) => (first ? [long, ...rest] : [...rest, long]));

const choiceList = fc.array(fc.nat(999), { minLength: 64, maxLength: 64 });

/** Random uses on small shapes, with `long` also on long ones, with dtypes that satisfy `of`. */
export function uses(op: Op, of: (dtypes: DTypes) => boolean, { long = false } = {}): fc.Arbitrary<Sample> {
  const draw = drawOf(op);
  return fc
    .tuple(long ? fc.oneof(smallShape, longShape) : smallShape, choiceList)
    .map(([shape, numbers]): Sample | null => {
      const c = choicesOf(numbers);
      const use = draw(c, shape);
      const choices = admittedFor(op, use).filter(of);
      const choice = choices[c.int(0, choices.length - 1)];
      const sample = choice === undefined ? null : sampleOf(use, choice);
      return sample === null || violatedCondition(op, sample) !== null
        ? null
        : { ...sample, ...valuesWithin(op, sample) };
    })
    .filter((sample) => sample !== null);
}

export const inKernels = ({ operands, attr }: DTypes): boolean => !operands.includes("f64") && attr !== "f64";

/** Combinations of f32 with indices and bools. */
export const singles = ({ operands, attr }: DTypes): boolean =>
  operands.includes("f32") &&
  operands.every((dtype) => dtype === "f32" || dtype === "i32" || dtype === "bool") &&
  (attr === null || attr === "f32");

/** At most `most` distinct uses of the op on an operand of this shape; deterministic. */
export function someUses(op: Op, shape: Shape, most: number, next = randomOf(op)): readonly DrawnUse[] {
  const c = choicesFrom(next);
  const found = new Map(
    Array.from({ length: 8 * most }, () => drawOf(op)(c, shape)).map((use) => [JSON.stringify(use), use]),
  );
  return [...found.values()].slice(0, most);
}

/** Uses on hundreds of f32 elements. */
export function largeUses(op: Op): readonly Sample[] {
  const samples = [
    [9, 8, 7],
    [4, 7, 9, 3],
  ].flatMap((shape) => {
    const use = someUses(op, shape, 1)[0];
    const choice = use && admittedFor(op, use).find(singles);
    return use === undefined || choice === undefined ? [] : [sampleOf(use, choice)];
  });
  invariant(samples.length > 0, `${op.name} (${entryFile(op)}): \`draw\` returns no use of an f32 of shape [9, 8, 7]`);
  return samples.map((sample) => ({ ...sample, ...valuesWithin(op, sample) }));
}

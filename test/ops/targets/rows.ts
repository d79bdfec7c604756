// Rows of the table of ops: an op with a choice of dtypes that it admits, and its uses of every size. The op itself is asked what it admits.
import type { DType } from "../../../runtime/dtype.ts";
import { dtypes } from "../../../runtime/dtype.ts";
import { brokenCondition } from "../../../compiler/graph/build.ts";
import type { Attrs } from "../../../compiler/graph/ir.ts";
import type { Example, Op, Sample } from "../../../compiler/graph/op.ts";
import { type Shape, tensor } from "../../../compiler/types/tensor-type.ts";
import { type Size, sizes } from "./sizes.ts";
import { type Use, usesOf } from "./uses.ts";

export interface Row {
  readonly op: Op;
  /** `f32`, or `bool,i32,i32`, or `f32 to i8`. */
  readonly says: string;
  readonly samples: readonly Sample[];
  /** Those of them in which there is nothing. */
  readonly empty: readonly Sample[];
}

const every = Object.keys(dtypes) as readonly DType[];
const allSizes = Object.keys(sizes) as readonly Size[];

const tuples = (length: number): readonly (readonly DType[])[] =>
  length === 0 ? [[]] : tuples(length - 1).flatMap((rest) => every.map((dtype) => [...rest, dtype]));

/** Dtypes of the operands, and of the attribute that names one. */
interface Choice {
  readonly operands: readonly DType[];
  readonly attr: DType | null;
}

function choices(op: Op, arity: number): Choice[] {
  const attrs = Object.values(op.attrs).includes("dtype") ? every : [null];
  return tuples(arity).flatMap((operands) => attrs.map((attr) => ({ operands, attr })));
}

const sampleOf = ({ shapes, attrs }: Use, { operands, attr }: Choice): Sample => ({
  operands: shapes.map((shape, i) => tensor(operands[i] ?? "f32", shape)),
  attrs: { ...attrs, ...(attr !== null && { dtype: attr }) },
});

const complete = (op: Op, attrs: Attrs = {}): Attrs => ({ ...op.defaults, ...attrs });

/** The label of the condition that a sample breaks; null where the op admits it. */
export const refusal = (op: Op, sample: Sample): string | null =>
  brokenCondition(op, sample.operands, complete(op, sample.attrs))?.code.slice(op.name.length + 1) ?? null;

export interface Table {
  readonly rows: readonly Row[];
  /** Ops, and sizes at ops, for which there is nothing to try. */
  readonly missing: readonly string[];
  /** Sizes that a condition of an op refuses, for some dtypes that the op admits in other sizes. */
  readonly refused: readonly Refused[];
}

interface Refused {
  readonly op: Op;
  readonly size: Size;
  /** Of the condition. */
  readonly label: string;
}

/** Whether an example that breaks a condition is of that size: only scalars and empty tensors may be refused for their size. */
export function isOfSize([operands, attrs = {}]: Example, size: Size): boolean {
  const shapes = [...operands.map(({ shape }) => shape), ...(Array.isArray(attrs["shape"]) ? [attrs["shape"] as Shape] : [])];
  if (size === "rank 0") return shapes.some((shape) => shape.length === 0);
  return size === "nothing" && shapes.some((shape) => shape.includes(0));
}

export function tableOf(ops: readonly Op[]): Table {
  const rows: Row[] = [];
  const missing: string[] = [];
  const refused: Refused[] = [];
  for (const op of ops) {
    const bySize = allSizes.map((size) => ({ size, uses: usesOf(op, sizes[size]) ?? [] }));
    if (bySize.every(({ uses }) => uses.length === 0)) {
      missing.push(op.name);
      continue;
    }
    const arities = [...new Set(bySize.flatMap(({ uses }) => uses.map(({ shapes }) => shapes.length)))];
    const admitted = arities.flatMap((arity) =>
      choices(op, arity).flatMap((choice) => {
        const tried = bySize.map(({ size, uses }) => ({
          size,
          samples: uses.filter(({ shapes }) => shapes.length === arity).map((use) => sampleOf(use, choice)),
        }));
        const good = tried.map(({ size, samples }) => ({ size, samples: samples.filter((sample) => refusal(op, sample) === null) }));
        return good.some(({ samples }) => samples.length > 0) ? [{ choice, tried, good }] : [];
      }),
    );
    if (admitted.length === 0) missing.push(`${op.name} of any dtype`);
    for (const { choice, tried, good } of admitted) {
      const says = [choice.operands.join(), choice.attr ?? ""].filter((part) => part !== "").join(" to ");
      const empty = good.flatMap(({ size, samples }) => (size === "nothing" ? samples : []));
      rows.push({ op, says, samples: good.flatMap(({ samples }) => samples), empty });
      good.forEach(({ size, samples }, i) => {
        if (samples.length > 0) return;
        const labels = new Set((tried[i]?.samples ?? []).map((sample) => refusal(op, sample) ?? ""));
        for (const label of labels) refused.push({ op, size, label });
      });
    }
  }
  return { rows, missing, refused };
}

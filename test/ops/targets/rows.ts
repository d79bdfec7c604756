// Rows of the table of ops: an op with a choice of dtypes that it admits, and its uses of every size. The op itself is asked what it admits.
import type { Example, Op, Sample } from "../../../compiler/graph/op.ts";
import type { Shape } from "../../../compiler/types/tensor-type.ts";
import { dtypeChoices, refusal, sampleOf, someUses } from "../draw.ts";
import { type Size, sizes } from "./sizes.ts";

export interface Row {
  readonly op: Op;
  /** `f32`, or `bool,i32,i32`, or `f32 to i8`. */
  readonly says: string;
  readonly samples: readonly Sample[];
  /** Those of them in which there is nothing. */
  readonly empty: readonly Sample[];
}

const allSizes = Object.keys(sizes) as readonly Size[];

/** How many uses of one size. */
const most = 4;

export interface Table {
  readonly rows: readonly Row[];
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
  const refused: Refused[] = [];
  for (const op of ops) {
    const bySize = allSizes.map((size) => ({ size, uses: someUses(op, sizes[size], most) }));
    const arities = [...new Set(bySize.flatMap(({ uses }) => uses.map(({ shapes }) => shapes.length)))];
    const admitted = arities.flatMap((arity) =>
      dtypeChoices(op, arity).flatMap((choice) => {
        const tried = bySize.map(({ size, uses }) => ({
          size,
          samples: uses.filter(({ shapes }) => shapes.length === arity).map((use) => sampleOf(use, choice)),
        }));
        const good = tried.map(({ size, samples }) => ({ size, samples: samples.filter((sample) => refusal(op, sample) === null) }));
        return good.some(({ samples }) => samples.length > 0) ? [{ choice, tried, good }] : [];
      }),
    );
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
  return { rows, refused };
}

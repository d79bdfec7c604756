// Test rows: an op with a valid combination of dtypes, and its uses of every size. Validity is decided by the op's
// conditions.
import type { Example, Op, Sample } from "../../../compiler/graph/op.ts";
import type { Shape } from "../../../compiler/types/tensor-type.ts";
import { dtypeChoices, violatedCondition, sampleOf, someUses } from "../draw.ts";
import { type Size, sizes } from "./sizes.ts";

export interface Row {
  readonly op: Op;
  /** `f32`, or `bool,i32,i32`, or `f32 to i8`. */
  readonly dtypes: string;
  readonly samples: readonly Sample[];
  /** The samples with empty tensors. */
  readonly empty: readonly Sample[];
}

const allSizes = Object.keys(sizes) as readonly Size[];

/** The maximum number of uses per size. */
const most = 4;

export interface Table {
  readonly rows: readonly Row[];
  /** Sizes that a condition of an op rejects, for dtypes that are valid with other sizes. */
  readonly rejected: readonly Rejected[];
}

interface Rejected {
  readonly op: Op;
  readonly size: Size;
  /** The label of the condition. */
  readonly label: string;
}

/**
 * Whether an example that violates a condition has this size; only scalars and empty tensors may be rejected for their
 * size.
 */
export function isOfSize([operands, attrs = {}]: Example, size: Size): boolean {
  const shapes = [
    ...operands.map(({ shape }) => shape),
    ...(Array.isArray(attrs["shape"]) ? [attrs["shape"] as Shape] : []),
  ];
  if (size === "rank 0") return shapes.some((shape) => shape.length === 0);
  return size === "nothing" && shapes.some((shape) => shape.includes(0));
}

export function tableOf(ops: readonly Op[]): Table {
  const rows: Row[] = [];
  const rejected: Rejected[] = [];
  for (const op of ops) {
    const bySize = allSizes.map((size) => ({ size, uses: someUses(op, sizes[size], most) }));
    const arities = [...new Set(bySize.flatMap(({ uses }) => uses.map(({ shapes }) => shapes.length)))];
    const admitted = arities.flatMap((arity) =>
      dtypeChoices(op, arity).flatMap((choice) => {
        const tried = bySize.map(({ size, uses }) => ({
          size,
          samples: uses.filter(({ shapes }) => shapes.length === arity).map((use) => sampleOf(use, choice)),
        }));
        const good = tried.map(({ size, samples }) => ({
          size,
          samples: samples.filter((sample) => violatedCondition(op, sample) === null),
        }));
        return good.some(({ samples }) => samples.length > 0) ? [{ choice, tried, good }] : [];
      }),
    );
    for (const { choice, tried, good } of admitted) {
      const dtypes = [choice.operands.join(), choice.attr ?? ""].filter((part) => part !== "").join(" to ");
      const empty = good.flatMap(({ size, samples }) => (size === "nothing" ? samples : []));
      rows.push({ op, dtypes, samples: good.flatMap(({ samples }) => samples), empty });
      good.forEach(({ size, samples }, i) => {
        if (samples.length > 0) return;
        const labels = new Set((tried[i]?.samples ?? []).map((sample) => violatedCondition(op, sample) ?? ""));
        for (const label of labels) rejected.push({ op, size, label });
      });
    }
  }
  return { rows, rejected };
}

// Uses of ops on the corner values of their dtypes.
import type { DType } from "../../../runtime/model.ts";
import { GraphBuilder } from "../../../compiler/graph/build.ts";
import type { Graph, Value } from "../../../compiler/graph/ir.ts";
import type { Op, Sample } from "../../../compiler/graph/op.ts";
import { ops } from "../../../compiler/ops/table.ts";
import { tensor } from "../../../compiler/types/tensor-type.ts";
import type { Row } from "./rows.ts";
import type { Data } from "./run.ts";
import { corners, withCorners } from "./values.ts";

/** Beyond these arguments the kernels' functions guarantee only a value in [-1, 1]. */
const reach: Readonly<Record<string, number>> = { sin: 12_000, cos: 12_000 };

function cornersOf(op: Op, dtype: DType): readonly number[] {
  const most = reach[op.name] ?? Infinity;
  return corners[dtype === "f64" ? "f32" : dtype].filter((x) => !(Number.isFinite(x) && Math.abs(x) > most));
}

/** Operands with all combinations of corner values, and three more elements, so that the last vector is partial. */
function allCombinations(op: Op, dtypes: readonly DType[]): readonly number[][] {
  const lists = dtypes.map((dtype) => cornersOf(op, dtype));
  const size = lists.reduce((n, list) => n * list.length, 1) + 3;
  let step = 1;
  return lists.map((list) => {
    const every = step;
    step *= list.length;
    return Array.from({ length: size }, (_, i) => list[Math.floor(i / every) % list.length] ?? 0);
  });
}

export interface Special {
  readonly graph: Graph;
  readonly data: Data;
}

/**
 * An output `lanes` on contiguous elements, and an output `single` on the same elements read by a `take`, which is not
 * vectorized.
 */
export function pointwiseSpecial({ op, samples }: Row, name: string): Special {
  const attrs = [...new Map(samples.map((sample) => [JSON.stringify(sample.attrs), sample.attrs ?? {}])).values()];
  const operands = samples[0]?.operands ?? [];
  const values = allCombinations(
    op,
    operands.slice(0, 3).map(({ dtype }) => dtype),
  );
  const g = new GraphBuilder(name, ops);
  const data = new Map<string, Float64Array>();
  const size = values[0]?.length ?? 0;
  const input = (label: string, type: Value["type"], list: Iterable<number>): Value => {
    data.set(label, Float64Array.from(list));
    return g.input(label, type);
  };
  const inputs = operands.map(({ dtype }, k) =>
    input(`x${k}`, tensor(dtype, [size]), values[k] ?? values[0]?.toReversed() ?? []),
  );
  const indices = input(
    "indices",
    tensor("i32", [size]),
    Array.from({ length: size }, (_, i) => i),
  );
  const taken = inputs.map((x) => g.call("take", [x, indices], { axis: 0 }));
  attrs.forEach((each, i) => {
    g.output(`lanes_${i}`, g.call(op.name, inputs, each));
    g.output(`single_${i}`, g.call(op.name, taken, each));
  });
  return { graph: g.build(), data };
}

/** Values for sums and products that neither overflow nor underflow in any order of evaluation. */
const harmless = [0, -0, 0.5, -1, 3, Infinity, -Infinity, Number.NaN];
const accumulates = ({ name, form, exact }: Op): boolean =>
  form.kind === "contract" ||
  form.kind === "scatter" ||
  name === "gradient" ||
  (!exact && (form.kind === "reduce" || form.kind === "lines"));

/**
 * Whether an operand must not contain infinities or NaN, because the op may or may not multiply it with padding zeros:
 * see the docs of the ops.
 */
const plainOperands = (op: Op, { attrs = {} }: Sample, operand: number): boolean => {
  if (!["conv", "conv_input_gradient", "conv_kernel_gradient"].includes(op.name) || operand === 0) return false;
  return (
    op.name === "conv_input_gradient" || (attrs["padding"] as readonly (readonly number[])[]).flat().some((n) => n > 0)
  );
};

/** Data for `graphOf` with the given share of corner values, except for operands that must not have them. */
export function specialData(
  { op, samples }: Row,
  name: string,
  leaves: ReadonlyMap<string, Value>,
  share: number,
): Data {
  const list = accumulates(op) ? harmless : undefined;
  return new Map(
    [...leaves].map(([leaf, { type }], i) => {
      const [, use, operand] = leaf.slice(name.length - 1).split("_");
      const sample = samples[Number(use)];
      const often = sample !== undefined && plainOperands(op, sample, Number(operand)) ? 0 : share;
      return [leaf, withCorners(type, i + Math.round(1000 * share), often, list)];
    }),
  );
}

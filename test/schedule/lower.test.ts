import { expect, test } from "vitest";
import { GraphBuilder } from "../../compiler/graph/build.ts";
import { evaluate } from "../../compiler/graph/evaluate.ts";
import type { Graph } from "../../compiler/graph/ir.ts";
import type { Op, Sample } from "../../compiler/graph/op.ts";
import { ops } from "../../compiler/ops/table.ts";
import { elements } from "../../compiler/types/tensor-type.ts";
import { planned, runLowered } from "./run-lowered.ts";

/** A reproducible sequence of numbers in [-2, 2), or of small integers. */
function values(size: number, dtype: string, seed: number): Float64Array {
  let state = seed * 2654435761 + 1;
  return Float64Array.from({ length: size }, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    const unit = state / 2 ** 32;
    if (dtype === "bool") return unit < 0.5 ? 0 : 1;
    return dtype === "f32" ? Math.fround(unit * 4 - 2) : Math.floor(unit * 4);
  });
}

function sampleGraph(op: Op, sample: Sample): Graph {
  const builder = new GraphBuilder("sample", ops);
  const operands = sample.operands.map((type, i) => builder.input(`x${i}`, type));
  builder.callAll(op.name, operands, sample.attrs ?? {}).forEach((value, i) => builder.output(`y${i}`, value));
  return builder.build();
}

/** Ops with regions have separate tests. */
const runnable = (op: Op): boolean => op.form.kind !== "leaf" && op.name !== "gradient" && op.regions === undefined;
/** Kernels do not support f64, and read panels of 8 columns. */
const supported = (op: Op, { operands, attrs }: Sample): boolean => {
  const packed = op.operands.includes("packed") && attrs?.["width"] !== 8;
  return operands.every((t) => t.dtype !== "f64" && elements(t.shape) > 0) && attrs?.["dtype"] !== "f64" && !packed;
};

for (const op of [...ops.values()].filter(runnable))
  test(`${op.name}: kernels compute the values of the reference`, () => {
    const samples = op.samples.filter((sample) => supported(op, sample));
    expect(samples.length).toBeGreaterThan(0);
    for (const [n, sample] of samples.entries()) {
      const graph = sampleGraph(op, sample);
      const inputs = new Map(
        sample.operands.map((type, i) => {
          const given = sample.values?.[i];
          return [
            `x${i}`,
            given
              ? Float64Array.from(given, type.dtype === "f32" ? Math.fround : (x) => x)
              : values(elements(type.shape), type.dtype, n * 7 + i + 1),
          ] as const;
        }),
      );
      const expected = evaluate(graph, { inputs, persistent: new Map(), precision: "f32" });
      const { outputs } = runLowered(planned(graph), inputs, new Map());
      for (const [name, { data }] of expected.outputs) {
        const got = outputs.get(name) ?? new Float64Array();
        expect(got.length).toBe(data.length);
        data.forEach((want, i) => {
          const is = got[i] ?? NaN;
          if (op.exact) expect(is, `${op.name} #${n} [${i}]`).toBe(want);
          else
            expect(Math.abs(is - want), `${op.name} #${n} [${i}]: ${is} for ${want}`).toBeLessThanOrEqual(
              1e-5 + 1e-5 * Math.abs(want),
            );
        });
      }
    }
  });

import { describe, expect, test } from "vitest";
import { evaluateWithBounds, type Bounded } from "../../compiler/trust/error-bound.ts";
import { evaluate } from "../../compiler/graph/evaluate.ts";
import { parseGraph } from "../../compiler/graph/parse.ts";
import { ops } from "../../compiler/ops/table.ts";
import { randomData } from "../../compiler/trust/sample-data.ts";
import { present } from "../../compiler/support/invariant.ts";
import { generate } from "../fuzz/generator/index.ts";

const u = 2 ** -24;

/** The output `y` of a graph, given as its lines. */
function boundOf(lines: string, inputs: Readonly<Record<string, readonly number[]>>): Bounded {
  const params = Object.entries(inputs).map(([name, { length }]) => `%${name}: f32[${length}]`);
  const graph = parseGraph(`graph f(${params.join(", ")})\n${lines}\n  return y=%y\n`, ops);
  const data = {
    inputs: new Map(Object.entries(inputs).map(([name, list]) => [name, Float64Array.from(list)])),
    persistent: new Map(),
  };
  return present(evaluateWithBounds(graph, data).outputs.get("y"), "an output");
}

describe("the bound of one op", () => {
  test("a result that f32 represents exactly has no error", () => {
    expect([...boundOf("  %y = add %a, %b : f32[2]", { a: [1, 0.5], b: [2, 4] }).error]).toEqual([0, 0]);
    expect([...boundOf("  %y = max %a, 0 : f32[2]", { a: [-1, 3] }).error]).toEqual([0, 0]);
  });

  test("one rounding is half a unit in the last place (ulp)", () => {
    const { error, value } = boundOf("  %y = div %a, %b : f32[1]", { a: [1], b: [3] });
    expect(error[0]).toBeGreaterThanOrEqual(Math.abs(Math.fround(1 / 3) - 1 / 3));
    expect(error[0]).toBeLessThan(1.01 * u * (value.data[0] ?? 0));
  });

  test("cancellation keeps the absolute error, and so loses digits", () => {
    const { error } = boundOf(
      "  %0 = div %a, %b : f32[1]\n  %1 = add %0, 1000 : f32[1]\n  %y = sub %1, 1000 : f32[1]",
      { a: [1], b: [3] },
    );
    expect(error[0]).toBeGreaterThan(500 * u);
    expect(error[0]).toBeLessThan(3000 * u);
  });

  test("a sum has one rounding error per term", () => {
    const { error } = boundOf("  %y = reduce_sum %a {axes=[0]} : f32[]", { a: [0.1, 0.2, 0.3, 0.4].map(Math.fround) });
    expect(error[0]).toBeGreaterThan(2 * u);
    expect(error[0]).toBeLessThan(6 * u);
  });

  test("the error is infinite if the operand's error reaches a jump, and unaffected otherwise", () => {
    const third = "  %0 = div %a, 3 : f32[1]\n  %1 = mul %0, 3 : f32[1]\n";
    expect(boundOf(`${third}  %y = floor %1 : f32[1]`, { a: [1] }).error[0]).toBe(Infinity);
    expect(boundOf(`${third}  %y = floor %1 : f32[1]`, { a: [1.5] }).error[0]).toBe(0);
    expect(boundOf(`${third}  %y = lt %1, %a : bool[1]`, { a: [1] }).error[0]).toBe(Infinity);
    expect(boundOf(`${third}  %y = convert %1 {dtype=i32} : i32[1]`, { a: [1] }).error[0]).toBe(Infinity);
    expect(boundOf("  %0 = div %a, 3 : f32[3]\n  %y = argmax %0 {axis=0} : i32[]", { a: [1, 2, 3] }).error[0]).toBe(0);
    expect(boundOf("  %0 = div %a, 3 : f32[3]\n  %y = argmax %0 {axis=0} : i32[]", { a: [1, 2, 2] }).error[0]).toBe(
      Infinity,
    );
  });

  test("the error of a result outside the range of f32 is infinite", () => {
    expect(boundOf("  %y = mul %a, %a : f32[1]", { a: [Math.fround(3e19)] }).error[0]).toBe(Infinity);
  });

  test("a value that may be NaN leaves no maximum and no index of one certain", () => {
    const [large, nan] = [Math.fround(3e38), Number.NaN];
    const sums =
      "  %0 = mul %a, 1.5 : f32[6]\n  %1 = reshape %0 {shape=[3,2]} : f32[3,2]\n  %2 = reduce_sum %1 {axes=[1]} : f32[3]\n";
    // In f32 the first sum is inf - inf.
    const bound = (op: string, a: readonly number[]): number | undefined => boundOf(`${sums}  ${op}`, { a }).error[0];
    expect(bound("%y = argmax %2 {axis=0} : i32[]", [large, -large, 1, 2, nan, 0])).toBe(Infinity);
    expect(bound("%y = argmax %2 {axis=0} : i32[]", [1, 2, 3, 4, nan, 0])).toBe(0);
    expect(bound("%y = reduce_max %2 {axes=[0]} : f32[]", [large, -large, 1, 2, Infinity, 0])).toBe(Infinity);
  });
});

test("evaluations in f32 are within the bound, and the bound is tight", () => {
  let closest = 0;
  let certain = 0;
  let all = 0;
  for (let seed = 0; seed < 300; seed++) {
    const graph = generate(seed, { trains: seed % 5 === 0, special: false });
    const data = randomData(graph, seed);
    const rounded = evaluate(graph, { ...data, precision: "f32" });
    for (const [name, { value, error }] of evaluateWithBounds(graph, data).outputs) {
      const got = present(rounded.outputs.get(name), name).data;
      value.data.forEach((x, i) => {
        const [e, y] = [error[i] ?? 0, got[i] ?? Number.NaN];
        all++;
        if (e === Infinity) return;
        certain++;
        if (Object.is(x, y) || (Number.isNaN(x) && Number.isNaN(y))) return;
        expect(Math.abs(x - y), `seed ${seed}, ${name}[${i}]: ${y} for ${x}`).toBeLessThanOrEqual(e);
        closest = Math.max(closest, Math.abs(x - y) / e);
      });
    }
  }
  expect(certain / all).toBeGreaterThan(0.9);
  expect(closest).toBeGreaterThan(0.5);
});

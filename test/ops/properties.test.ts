// Properties that entries declare for passes: that they hold, and that no entry omits one that holds.
import { expect, test } from "vitest";
import { GraphBuilder } from "../../compiler/graph/build.ts";
import { evaluate } from "../../compiler/graph/evaluate.ts";
import { movesElements, padding } from "../../compiler/graph/facts.ts";
import type { Op, Operator } from "../../compiler/graph/op.ts";
import { ops } from "../../compiler/ops/table.ts";
import { f32 } from "../../compiler/ops/signature.ts";
import { elements, type TensorType } from "../../compiler/types/tensor-type.ts";
import { apply, caseOf, isLeaf, random, reference, sampled, valuesOf } from "./values.ts";

const problemOf = (op: Op, field: string, problem: string): string =>
  `${op.name}: ${problem}; see the field \`${field}\` of its entry in compiler/ops`;
const every: readonly Op[] = sampled.filter((op) => !isLeaf(op));

/** Operands whose order may affect the result: both zeros, NaN, infinities. */
const corners: readonly number[] = [0, -0, Number.NaN, Infinity, -Infinity, 1, -2.5];

test("commutative: swapping the operands changes no bit", () => {
  const binary = every.filter(({ form, operands }) => form.kind === "pointwise" && operands.length === 2);
  const pairs = corners.flatMap((x) => corners.map((y) => [x, y] as const));
  for (const op of binary) {
    const [type] = op.samples[0]?.operands ?? [];
    if (type === undefined) continue;
    const of = (values: readonly number[]): readonly [TensorType, readonly number[]] => [
      { dtype: type.dtype, shape: [values.length] },
      values,
    ];
    const [xs, ys] = [pairs.map(([x]) => x), pairs.map(([, y]) => y)];
    const [forth, back] = [apply(op.name, [of(xs), of(ys)]), apply(op.name, [of(ys), of(xs)])];
    const same = forth.every((value, i) => Object.is(value, back[i]));
    expect(
      op.commutative === true,
      problemOf(
        op,
        "commutative",
        same ? "swapping its operands changes no bit" : "swapping its operands changes the result",
      ),
    ).toBe(same);
  }
  for (const op of ops.values()) if (op.commutative === true) expect(binary, op.name).toContain(op);
});

test("operator: each operator belongs to exactly one op, which computes it", () => {
  const meanings: Readonly<Record<Operator, number>> = { "+": 8, "-": 4, "*": 12, "/": 3 };
  for (const [sign, result] of Object.entries(meanings)) {
    const found = every.filter(({ operator }) => operator === sign);
    expect(
      found.map(({ name }) => name),
      `ops whose operator is ${sign}`,
    ).toHaveLength(1);
    for (const { name } of found)
      expect(
        apply(name, [
          [f32(1), [6]],
          [f32(1), [2]],
        ]),
      ).toEqual([result]);
  }
});

test("moves: the result contains only elements of the operands and the padding value", () => {
  for (const op of every) {
    for (const at of op.samples.map((sample) => caseOf(op, sample))) {
      if (!movesElements(at.node)) continue;
      const around = padding(at.node);
      const given = new Set([...at.operands.flatMap(({ data }) => [...data]), ...(around === null ? [] : [around])]);
      const [result] = reference(at, "f64");
      expect(
        [...(result?.data ?? [])].every((x) => given.has(x)),
        problemOf(op, "moves", `it computes other elements, ${at.description}`),
      ).toBe(true);
      const count = elements(result?.type.shape ?? []);
      const before = at.operands.reduce((sum, { data }) => sum + data.length, 0);
      if (op.moves === "order")
        expect(count, problemOf(op, "moves", "an order keeps the number of elements")).toBe(before);
      if (op.moves === "cut")
        expect(count, problemOf(op, "moves", "a cut must not increase the number of elements")).toBeLessThanOrEqual(
          before,
        );
    }
  }
});

test("lower: the lowered graph computes the same, and needs no further lowering", () => {
  const lowered = every.filter(({ lower }) => lower !== undefined);
  for (const op of every) {
    if (op.form.kind !== "contract") continue;
    const without = op.samples
      .map((sample) => caseOf(op, sample))
      .filter(({ node }) => {
        const types = {
          operands: node.operands.map(({ type }) => type),
          results: node.results.map(({ type }) => type),
          attrs: node.attrs,
        };
        return op.form.kind === "contract" && op.form.contraction(types) === null;
      });
    if (without.length > 0)
      expect(lowered, problemOf(op, "lower", "some uses have neither a contraction nor a lowering")).toContain(op);
  }
  for (const op of lowered) {
    const next = random(2);
    for (const { operands, attrs = {} } of op.samples) {
      const g = new GraphBuilder("lowered", ops);
      const inputs = operands.map((type, index) => g.input(`x${index}`, type));
      const wanted = g.addNode(op, inputs, attrs);
      const start = g.nodes.length;
      const made =
        op.lower?.(g, op, { operands: inputs, results: wanted.results.map(({ type }) => type), attrs: wanted.attrs }) ??
        null;
      if (made === null) continue;
      wanted.results.forEach((value, index) => g.output(`wanted${index}`, value));
      made.forEach((value, index) => g.output(`found${index}`, value));
      for (const node of g.nodes.slice(start))
        expect(
          node.op.lower?.(new GraphBuilder("again", ops), node.op, {
            operands: node.operands,
            results: node.results.map(({ type }) => type),
            attrs: node.attrs,
          }) ?? null,
          problemOf(op, "lower", `it leaves ${node.op.name} to be lowered`),
        ).toBeNull();
      const data = new Map(
        inputs.map(({ type }, index): [string, Float64Array] => [`x${index}`, valuesOf(type, next)]),
      );
      const { outputs } = evaluate(g.build(), { inputs: data, persistent: new Map(), precision: "f64" });
      const [a, b] = [outputs.get("wanted0")?.data ?? [], outputs.get("found0")?.data ?? []];
      expect(b.length).toBe(a.length);
      a.forEach((x, i) => expect(b[i], problemOf(op, "lower", "it computes a different function")).toBeCloseTo(x, 9));
    }
  }
});

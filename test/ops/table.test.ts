import { expect, test } from "vitest";
import type { Op } from "../../compiler/graph/op.ts";
import { ops } from "../../compiler/ops/table.ts";
import { elements } from "../../compiler/types/tensor-type.ts";
import { controlDraws } from "../fuzz/generator/draw-control.ts";
import { typesOf } from "../fuzz/generator/types.ts";
import { entryFile } from "./entry-files.ts";
import { allCases, caseOf, isLeaf, reference, sampled } from "./values.ts";

/** Messages about missing fields of an entry. */
function missing(op: Op): string[] {
  const at = `${op.name} (${entryFile(op)})`;
  const noRegions = op.regions === undefined;
  return [
    ...(noRegions && op.draw === undefined
      ? [`${at}: the entry needs the field \`draw\`: its attributes do not determine how to draw them`]
      : []),
    ...(noRegions && !isLeaf(op) && op.range === undefined ? [`${at}: the entry needs the field \`range\``] : []),
    ...(op.doc === "" ? [`${at}: the entry needs the field \`doc\``] : []),
    ...(noRegions && op.samples.length === 0 ? [`${at}: the entry needs the field \`samples\``] : []),
    ...Object.entries(op.requires)
      .filter(([, { breaks }]) => noRegions && breaks === undefined)
      .map(([label]) => `${at}: \`requires.${label}\` needs examples that violate it, in \`breaks\``),
    ...Object.entries(op.requires).flatMap(([label, { about }]) => {
      const unknown = about.filter((name) => !named(op).has(name));
      if (about.length === 0) return [`${at}: \`requires.${label}.about\` names nothing`];
      return unknown.map(
        (name) =>
          `${at}: \`requires.${label}.about\` has ${name}, which is neither an operand, an attribute nor a region of the op`,
      );
    }),
    ...(typesOf(op) === null
      ? [`${op.name}: test/fuzz/generator/types.ts needs a type rule in \`byName\`: its class has none`]
      : []),
    ...(!noRegions && !drawnWithRegions.has(op.name)
      ? [`${op.name}: test/fuzz/generator/draw-control.ts needs a draw: the op has regions`]
      : []),
  ];
}

/** The names that a condition can be about. */
const named = ({ operands, attrs, regions = [] }: Op): ReadonlySet<string> =>
  new Set([...(operands === "variadic" ? ["operands"] : operands), ...Object.keys(attrs), ...regions]);

const drawnWithRegions = new Set(controlDraws.map(([name]) => name));

test("no entry lacks a field that tests and passes need", () => {
  expect([...ops.values()].flatMap(missing)).toEqual([]);
});

for (const op of sampled) {
  test(`the entry of ${op.name} is well formed`, () => {
    expect(op.doc).toMatch(/^\S.*[^.\s]$/);
    // Control ops are sampled by the graphs of their own tests.
    expect(op.samples.length > 0).toBe(op.regions === undefined);
    for (const { message } of Object.values(op.requires)) expect(message).toMatch(/^\S.*[^.\s]$/);
    if (op.gradient.kind === "none") expect(op.gradient.why).not.toBe("");
    for (const name of Object.keys(op.defaults)) expect(Object.keys(op.attrs)).toContain(name);
    for (const { attrs = {} } of op.samples)
      for (const name of Object.keys(attrs)) expect(Object.keys(op.attrs)).toContain(name);
  });
}

test("results of the reference have the inferred type", () => {
  for (const at of allCases()) {
    const results = reference(at, "f64");
    expect(results.length).toBe(at.node.results.length);
    results.forEach(({ data, type }) => {
      expect(data.length, at.description).toBe(elements(type.shape));
      if (type.dtype !== "f32" && type.dtype !== "f64")
        for (const x of data) expect(Number.isInteger(x), at.description).toBe(true);
    });
  }
});

test("the samples of an op have results of more than one size", () => {
  for (const op of sampled) {
    if (isLeaf(op) || op.regions !== undefined) continue;
    const sizes = op.samples
      .map((sample) => caseOf(op, sample))
      .map(({ node }) => elements(node.results[0]?.type.shape ?? []));
    expect(new Set(sizes).size, `${op.name} (${entryFile(op)}): \`samples\` need more than one size`).toBeGreaterThan(
      1,
    );
  }
});

import { expect, test } from "vitest";
import { brokenCondition } from "../../compiler/graph/build.ts";
import { ops } from "../../compiler/ops/table.ts";
import { broken } from "./broken.ts";
import { sampled } from "./values.ts";

for (const op of [...ops.values()].filter(({ regions }) => regions === undefined)) {
  for (const label of Object.keys(op.requires)) {
    test(`${op.name}-${label} is broken by something`, () => {
      const uses = broken[op.name]?.[label] ?? [];
      expect(uses.length).toBeGreaterThan(0);
      for (const [operands, attrs] of uses) {
        const found = brokenCondition(op, operands, { ...op.defaults, ...attrs });
        expect(found, JSON.stringify([operands, attrs])).toEqual({ code: `${op.name}-${label}`, says: op.requires[label]?.[0] });
      }
    });
  }
}

test("no label is broken that is not there", () => {
  for (const [name, labels] of Object.entries(broken)) expect(Object.keys(ops.get(name)?.requires ?? {}), name).toEqual(Object.keys(labels));
});

test("every sample holds the conditions", () => {
  for (const op of sampled) for (const { operands, attrs } of op.samples) expect(brokenCondition(op, operands, { ...op.defaults, ...attrs })).toBe(null);
});

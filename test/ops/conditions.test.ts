// The examples in each entry's `requires`: a violated condition is reported with its message.
import { expect, test } from "vitest";
import { brokenCondition } from "../../compiler/graph/build.ts";
import { entryFile } from "./entry-files.ts";
import { sampled } from "./values.ts";

for (const op of sampled) {
  for (const [label, { message, about, breaks = [] }] of Object.entries(op.requires)) {
    test(`the examples of ${op.name}-${label} violate it`, () => {
      expect(
        breaks.length,
        `${op.name} (${entryFile(op)}): \`requires.${label}\` has no examples that violate it`,
      ).toBeGreaterThan(0);
      for (const [operands, attrs] of breaks) {
        const found = brokenCondition(op, operands, { ...op.defaults, ...attrs });
        expect(
          found,
          `${op.name} (${entryFile(op)}): \`requires.${label}\`, the example ${JSON.stringify([operands, attrs])}`,
        ).toEqual({
          code: `${op.name}-${label}`,
          message,
          about,
        });
      }
    });
  }
}

test("every sample satisfies the conditions", () => {
  for (const op of sampled)
    for (const { operands, attrs } of op.samples)
      expect(brokenCondition(op, operands, { ...op.defaults, ...attrs })).toBe(null);
});

import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ops } from "../../compiler/ops/table.ts";
import { present } from "../../compiler/support/invariant.ts";
import { isFloat } from "../../compiler/types/tensor-type.ts";
import { drawn } from "./library/drawn.ts";
import { items } from "./library/items.ts";

// Nothing that has a gradient goes without a test of it.

/** Differentiated by the tests of control flow. */
const control = ["scan", "cond", "checkpoint", "custom_gradient"];

test("an op of floating-point numbers has a gradient rule, or says why not; no other has a rule", () => {
  for (const op of ops.values()) {
    const smooth =
      op.regions !== undefined ||
      op.samples.some(
        ({ operands, attrs = {} }) =>
          operands.some(({ dtype }) => isFloat(dtype)) && op.type(operands, { ...op.defaults, ...attrs }, []).some(({ dtype }) => isFloat(dtype)),
      );
    if (op.gradient.kind === "none") expect(op.gradient.why, op.name).toMatch(/\w+ \w+/);
    else expect(smooth, `${op.name} has a gradient rule, and nothing floating-point goes through it`).toBe(true);
  }
});

test("every op that runs regions and has a gradient rule is differentiated by the tests of control flow", () => {
  const regions = [...ops.values()].filter((op) => op.regions !== undefined && op.gradient.kind === "rule");
  expect(regions.map(({ name }) => name).toSorted()).toEqual(control.toSorted());
});

/** Files of the library in which nothing is to be differentiated, and why. */
const filesWithout: Readonly<Record<string, string>> = {
  "init.dl": "starting values come from draws",
  "logic.dl": "bools do not move",
  "schedules.dl": "rates are functions of the step alone",
  "testing.dl": "an assertion gives a bool",
  "optimizers.dl": "an update is no part of a loss; what clips gradients is on the list",
};

/** Declarations in other files that give nothing smooth, or whose gradient is not that of their value, and why. */
const declarationsWithout: Readonly<Record<string, string>> = {
  one_hot: "of integers",
  eye: "a constant",
  ctc_greedy: "gives integers",
  kmeans_assign: "gives integers",
  accuracy: "counts",
  top_k_accuracy: "counts",
  confusion_matrix: "counts",
  precision: "counts",
  recall: "counts",
  f1: "counts",
  auc: "counts",
  vector_quantiser: "passes gradients straight through; test/std/part6-quantiser.test.ts",
  trained_quantiser: "passes gradients straight through; test/std/part6-quantiser.test.ts",
  nearest_code: "gives integers",
  straight_through: "passes gradients straight through; test/std/part6-quantiser.test.ts",
  ema_rate: "of the step alone",
  distance: "its second model has no gradient; test/std/part5-optimizers.test.ts",
  squared_gap: "a part of `distance`",
};

/** The bodies of all declarations of the library, by name. */
function declarations(): ReadonlyMap<string, { readonly file: string; readonly words: ReadonlySet<string> }> {
  const folder = new URL("../../dsl/std/", import.meta.url);
  const found = new Map<string, { file: string; words: ReadonlySet<string> }>();
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".dl"))) {
    const text = readFileSync(new URL(file, folder), "utf8").replaceAll(/^\s*\/\/.*$/gm, "");
    const starts = [...text.matchAll(/^(fn|layer|model|optimizer|test)\b (\w+)?/gm)];
    starts.forEach((start, i) => {
      const name = start[2];
      if (start[1] === "test" || name === undefined) return;
      found.set(name, { file, words: new Set(text.slice(start.index, starts[i + 1]?.index).match(/\w+/g)) });
    });
  }
  return found;
}

test("every declaration of the library is differentiated by an item, itself or as a part, or it is on a list that says why not", () => {
  const all = declarations();
  expect(all.size).toBeGreaterThan(200);
  const texts = [...items.flatMap(({ value, declare = "" }) => [value, declare]), ...Object.keys(drawn)];
  const open = texts.flatMap((text) => text.match(/\w+/g) ?? []);
  const reached = new Set<string>();
  for (let word = open.pop(); word !== undefined; word = open.pop()) {
    if (reached.has(word) || !all.has(word)) continue;
    reached.add(word);
    open.push(...present(all.get(word), word).words);
  }
  const missing = [...all].filter(([name, { file }]) => !reached.has(name) && !(file in filesWithout) && !(name in declarationsWithout));
  expect(missing.map(([name, { file }]) => `${file} ${name}`)).toEqual([]);
  for (const name of Object.keys(declarationsWithout)) expect(all.has(name), `${name} is on the list, and nothing of the library`).toBe(true);
});

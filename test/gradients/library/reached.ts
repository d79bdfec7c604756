// Finds the declarations of the library that no item differentiates.
import { readdirSync, readFileSync } from "node:fs";
import type { Callable } from "../../../dsl/ast.ts";
import { outline } from "../../../dsl/outline.ts";
import { present } from "../../../compiler/support/invariant.ts";
import { drawn } from "./drawn.ts";
import { items } from "./items.ts";

/** Files of the library without differentiable declarations, with the reason. */
const filesWithout: Readonly<Record<string, string>> = {
  "init.dl": "initial values are random draws",
  "logic.dl": "bools have no derivative",
  "schedules.dl": "rates are functions of the step only",
  "testing.dl": "an assertion returns a bool",
  "optimizers.dl": "an update is not part of a loss; the functions that clip gradients have items",
};

/**
 * Declarations in other files that are not smooth, or whose gradient is deliberately not the derivative, with the
 * reason.
 */
export const declarationsWithout: Readonly<Record<string, string>> = {
  one_hot: "of integers",
  eye: "a constant",
  TestFlow: "a model of the tests in its file",
  TestSteps: "a model of the tests in its file",
  TestActnorm: "a model of the tests in its file",
  zeros_like: "a constant",
  ones_like: "a constant",
  full_like: "a constant",
  searchsorted: "returns integers",
  histogram: "counts",
  categorical: "draws integers",
  randint: "draws integers",
  permutation: "draws integers",
  dirichlet: "its parameter has no gradient",
  ctc_greedy: "returns integers",
  kmeans_assign: "returns integers",
  accuracy: "counts",
  top_k_accuracy: "counts",
  confusion_matrix: "counts",
  precision: "counts",
  recall: "counts",
  f1: "counts",
  auc: "counts",
  counted: "counts",
  binary_counts: "counts",
  vector_quantiser: "passes gradients straight through; test/std/part6-quantiser.test.ts",
  trained_quantiser: "passes gradients straight through; test/std/part6-quantiser.test.ts",
  spectral_norm: "its singular vectors have no gradient, as in PyTorch; test/golden-vectors/layers.test.ts",
  power_step: "a part of `spectral_norm`",
  nearest_code: "returns integers",
  gradient_reversal: "has the opposite gradient on purpose; dsl/std/layers.dl tests it",
  straight_through: "passes gradients straight through; test/std/part6-quantiser.test.ts",
  ema_rate: "a function of the step only",
  distance: "its second model has no gradient; test/std/part5-optimizers.test.ts",
  squared_gap: "a part of `distance`",
};

interface Declared {
  readonly file: string;
  readonly declaration: () => Callable;
}

const folder = new URL("../../../dsl/std/", import.meta.url);

/** All declarations of the library, by name. */
export const declarations: ReadonlyMap<string, Declared> = new Map(
  readdirSync(folder)
    .filter((name) => name.endsWith(".dl"))
    .flatMap((file) =>
      outline({ name: `std/${file}`, text: readFileSync(new URL(file, folder), "utf8") }).map(
        ({ name, declaration }) => [name, { file, declaration }] as const,
      ),
    ),
);

function wordsOf({ declaration }: Declared): readonly string[] {
  const { source, start, end } = declaration().span;
  return source.text.slice(start, end).match(/\w+/g) ?? [];
}

/** Declarations that no item differentiates, directly or as a part, and that are not on a list of exceptions. */
export function unreached(): readonly (readonly [name: string, Declared])[] {
  const open = [...items.flatMap(({ value, declare = "" }) => [value, declare]), ...Object.keys(drawn)].flatMap(
    (text) => text.match(/\w+/g) ?? [],
  );
  const reached = new Set<string>();
  for (let word = open.pop(); word !== undefined; word = open.pop()) {
    if (reached.has(word) || !declarations.has(word)) continue;
    reached.add(word);
    open.push(...wordsOf(present(declarations.get(word), word)));
  }
  return [...declarations].filter(
    ([name, { file }]) => !reached.has(name) && !(file in filesWithout) && !(name in declarationsWithout),
  );
}

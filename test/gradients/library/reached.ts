// Which declarations of the library the items differentiate.
import { readdirSync, readFileSync } from "node:fs";
import type { Callable } from "../../../dsl/ast.ts";
import { outline } from "../../../dsl/outline.ts";
import { present } from "../../../compiler/support/invariant.ts";
import { drawn } from "./drawn.ts";
import { items } from "./items.ts";

/** Files of the library in which nothing is to be differentiated, and why. */
const filesWithout: Readonly<Record<string, string>> = {
  "init.dl": "starting values come from draws",
  "logic.dl": "bools do not move",
  "schedules.dl": "rates are functions of the step alone",
  "testing.dl": "an assertion gives a bool",
  "optimizers.dl": "an update is no part of a loss; what clips gradients is on the list",
};

/** Declarations in other files that give nothing smooth, or whose gradient is not that of their value, and why. */
export const declarationsWithout: Readonly<Record<string, string>> = {
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

/** Those that no item differentiates, itself or as a part, and that are on no list that says why not. */
export function unreached(): readonly (readonly [name: string, Declared])[] {
  const open = [...items.flatMap(({ value, declare = "" }) => [value, declare]), ...Object.keys(drawn)].flatMap((text) => text.match(/\w+/g) ?? []);
  const reached = new Set<string>();
  for (let word = open.pop(); word !== undefined; word = open.pop()) {
    if (reached.has(word) || !declarations.has(word)) continue;
    reached.add(word);
    open.push(...wordsOf(present(declarations.get(word), word)));
  }
  return [...declarations].filter(([name, { file }]) => !reached.has(name) && !(file in filesWithout) && !(name in declarationsWithout));
}

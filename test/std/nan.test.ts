// No function or layer of the library hides a NaN: a float input of nothing but NaN is seen in the result. A model that
// has diverged must not show finite numbers.
import { expect, test } from "vitest";
import { present } from "../../compiler/support/invariant.ts";
import { elements } from "../../compiler/types/tensor-type.ts";
import { derivedItem } from "../gradients/library/derived.ts";
import type { Item } from "../gradients/library/item.ts";
import { items } from "../gradients/library/items.ts";
import { declarations, declarationsWithout, unreached } from "../gradients/library/reached.ts";
import { closed, nameOf, run } from "../gradients/subject.ts";
import { graphOf, programOf, Runner } from "../frontend/program.ts";
import { random } from "../ops/values.ts";

/** Inputs in which a NaN is without effect, with the reason. */
const exceptions: Readonly<Record<string, string>> = {
  "roi_pool of box": "a box with a NaN covers no pixel",
  "nan_to_num(x) of x": "it is for hiding NaN",
  "histogram of x": "an element outside of the intervals is not counted",
  "cosine_embedding of t": "the target chooses one of two formulas",
};

/** Declarations that have no item, with arguments by their signature. */
const declared: readonly Item[] = [...unreached().map(([name]) => name), ...Object.keys(declarationsWithout)].flatMap(
  (name) => derivedItem(present(declarations.get(name), name).declaration()) ?? [],
);

const uses = [...items, ...declared].flatMap((item) =>
  Object.entries(item.inputs).flatMap(([input, type]) =>
    type.startsWith("f32") ? [{ title: `${item.name} of ${input}`, item, input }] : [],
  ),
);

test.each(uses.filter(({ title }) => exceptions[title] === undefined))("$title shows a NaN", ({ item, input }) => {
  const params = Object.entries(item.inputs).map(([name, type]) => `${name}: ${type}`);
  const text = `dim A, B, C
${item.declare ?? ""}
${item.train ? "train " : ""}entry check(${params.join(", ")}) {
  { result: ${item.value} }
}`;
  // A name of the library, whose helpers must not hide a NaN either.
  const program = programOf({ name: "std/check.dl", text }, [{ A: 3, B: 2, C: 4 }]);
  const next = random(1);
  const source = graphOf(program, "check");
  const draw = (name: string, isInteger: boolean): number => {
    const [low, high] = item.between?.[name] ?? (isInteger ? [0, 1] : [-2, 2]);
    return name === input
      ? Number.NaN
      : isInteger
        ? low + Math.floor(next() * (high - low + 1))
        : low + next() * (high - low);
  };
  const data = new Map([
    ...source.inputs.map((value) => {
      const { dtype, shape } = value.type;
      return [
        nameOf(value),
        Float64Array.from({ length: elements(shape) }, () => draw(nameOf(value), dtype !== "f32")),
      ] as const;
    }),
    ...new Runner(program).persistent,
  ]);
  const [result] = run(closed(source), data);
  expect([...(result ?? [])].filter(Number.isNaN)).not.toEqual([]);
});

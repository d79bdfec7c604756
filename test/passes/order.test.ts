// The order constraints of the pipeline: a list that violates one is rejected, with the reason.
import { expect, test } from "vitest";
import { checkOrder, constraintsOn, nameOf, stageNamesOf } from "../../compiler/passes/order.ts";
import type { Pass } from "../../compiler/passes/pass.ts";
import { sourceFiles } from "../structure/source-files.ts";
import { order, pipeline, type PassName } from "../../compiler/pipeline.ts";

const list: readonly Pass[] = pipeline;
const names = (text: string): readonly Pass[] =>
  text
    .split(" ")
    .map((name): Pass => ({ name, doc: name, needs: [], provides: [], exact: true, run: (graph) => graph }));

const { after, before, every } = constraintsOn<"a" | "b" | "c">();

test("a stage is numbered from the second occurrence of its pass on", () => {
  expect(stageNamesOf(names("a b a c a b"))).toEqual(["a", "b", "a.2", "c", "a.3", "b.2"]);
});

test("a list that violates a constraint is rejected with the reason", () => {
  expect(() => checkOrder(names("a b"), [after("b", "a", "it reads what a makes")])).not.toThrow();
  expect(() => checkOrder(names("b a"), [after("b", "a", "it reads what a makes")])).toThrow(
    "b has to run after a: it reads what a makes",
  );
  expect(() => checkOrder(names("b a"), [before("a", "b", "it makes what b reads")])).toThrow(
    "b has to run after a: it makes what b reads",
  );
});

test("a constraint applies to one occurrence, or to every one", () => {
  expect(() => checkOrder(names("a b a"), [after("b", "a", "why")])).not.toThrow();
  expect(() => checkOrder(names("a b a"), [after("b", "a.2", "why")])).toThrow("b has to run after a.2: why");
  expect(() => checkOrder(names("a b a"), [after("b", every("a"), "why")])).toThrow("b has to run after a.2: why");
});

test("a constraint on an unknown stage is rejected", () => {
  expect(() => checkOrder(names("a b"), [after("b", "a.2", "why")])).toThrow(
    "an order constraint names a.2, which is not in the pipeline",
  );
  expect(() => checkOrder(names("a b"), [after("b", every("c"), "why")])).toThrow(
    "an order constraint names every c, which is not in the pipeline",
  );
});

/** The list with the last occurrence of a pass at another index. */
const moved = (name: PassName, to: number): readonly Pass[] => {
  const from = list.findLastIndex((pass) => pass.name === name);
  return list.toSpliced(from, 1).toSpliced(to, 0, ...list.slice(from, from + 1));
};

test("inline and fold-affine cannot run right after differentiate", () => {
  const behind = list.findIndex(({ name }) => name === "differentiate") + 1;
  expect(() => checkOrder(moved("inline", behind), order)).toThrow(
    "the recomputation in a checkpoint's gradient must not merge with the first computation",
  );
  expect(() => checkOrder(moved("fold-affine", behind), order)).toThrow(
    "it looks for arithmetic that simplify has moved out of broadcasts",
  );
});

const constrained = new Set(order.flatMap(({ earlier, later }) => [earlier, later]).map(nameOf));

test.each(stageNamesOf(list).map((stage, i) => ({ stage, provides: list[i]?.provides.length ?? 0 })))(
  "$stage has a reason for its position",
  ({ stage, provides }) => {
    const found = constrained.has(stage) ? "a constraint" : provides > 0 ? "a fact that others need" : "none";
    expect(found, `add to \`order\` (compiler/pipeline.ts) what ${stage} has to run after or before, and why`).not.toBe(
      "none",
    );
  },
);

const files = sourceFiles().filter(
  ({ path, text }) => path.startsWith("compiler/passes/") && text.includes("= definePass({"),
);

test.each(files)("$path is a pass of the pipeline", ({ path, text }) => {
  const name = /= definePass\(\{\s*name: "([^"]*)"/.exec(text)?.[1];
  expect(path.split("/").at(-1), "a pass and its file have one name").toBe(`${name}.ts`);
  expect(
    list.map((pass) => pass.name),
    `the pass of ${path} is not in the list of compiler/pipeline.ts`,
  ).toContain(name);
});

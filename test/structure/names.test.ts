// Names of ops, math functions and passes are closed sets: every line marked as an error misspells a name, and the type
// checker must reject it.
import { expect, test } from "vitest";
import { GraphBuilder } from "../../compiler/graph/build.ts";
import { opNamed, type OpName } from "../../compiler/graph/op.ts";
import { KernelBuilder } from "../../compiler/kernel/build.ts";
import { functions, mathNames } from "../../compiler/kernel/math.ts";
import { ops } from "../../compiler/ops/table.ts";
import { family } from "../../compiler/ops/signature.ts";
import type { PassName } from "../../compiler/pipeline.ts";
import { tensor } from "../../compiler/types/tensor-type.ts";

test("a misspelt op is a type error, and an error at run time", () => {
  const g = new GraphBuilder("g", ops);
  const x = g.input("x", tensor("f32", [3]));
  // @ts-expect-error: the op is called cos
  expect(() => g.call("coss", [x])).toThrow("coss");
  // @ts-expect-error: the op is called cos
  expect(() => g.op("coss")).toThrow("coss");
  // @ts-expect-error: the op is called broadcast
  expect(x.node.op.name === "brodcast").toBe(false);
  // @ts-expect-error: the op is called copy
  expect(ops.get("copyy")).toBeUndefined();
  expect(opNamed(ops, "coss")).toBeUndefined();
  // @ts-expect-error: the op is called rem
  const names: ReadonlySet<OpName> = new Set(["add", "reminder"]);
  expect(names.size).toBe(2);
});

test("a family has an entry for each of its names, and a name for each entry", () => {
  const [add] = ops.values();
  expect(add).toBeDefined();
  if (add === undefined) return;
  // @ts-expect-error: `gradient` and the other names of the family have no entry
  expect(family<"leaves">({ input: add })).toHaveLength(1);
  // @ts-expect-error: the family is called leaves
  expect(family<"leavess">({ input: add })).toHaveLength(1);
});

test("a misspelt math function is a type error", () => {
  const k = new KernelBuilder();
  const x = k.buffer("x", "f32", 1, "in");
  // @ts-expect-error: the function is called sin
  expect(() => k.loop("i", 0, 1, 1, (i) => void k.call("sinn", k.load(x, i)))).toThrow("sinn");
  expect(mathNames.map((name) => functions.get(name)?.name)).toEqual(mathNames);
});

test("a misspelt pass is a type error", () => {
  // @ts-expect-error: the pass is called drop-dead
  const names: readonly PassName[] = ["fuse", "drop-ded"];
  expect(names).toHaveLength(2);
});

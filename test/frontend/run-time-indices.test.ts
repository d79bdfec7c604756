// Indices that are known at run time: what they select, where they write, and their gradients, against the same
// selection written by hand.
import { expect, test } from "vitest";
import { compile, type Model } from "../../cli/api.ts";
import { elaborateText, rendered } from "./program.ts";

const load = (text: string, target: "wasm" | "js" | "reference" = "reference"): Promise<Model> =>
  compile(`dl 1\n${text}`, { target });
const ints = (...list: number[]): Int32Array => Int32Array.from(list);
const counted = (size: number): Float32Array => Float32Array.from({ length: size }, (_, i) => i);

/** x is f32[3, 4, 2] with the elements 0 to 23; i is 1 and j is 2; label is [0, 2, 1]. */
const selections: readonly (readonly [expression: string, expected: readonly number[]])[] = [
  ["x[i]", [8, 9, 10, 11, 12, 13, 14, 15]],
  ["x[:, j]", [4, 5, 12, 13, 20, 21]],
  ["x[i, j]", [12, 13]],
  ["x[i, .., 0]", [8, 10, 12, 14]],
  ["x[0, i:i + 2]", [2, 3, 4, 5]],
  ["x[0, j - 1:j + 1, 1]", [3, 5]],
  ["x[i:i + 1, 1:3]", [10, 11, 12, 13]],
  ["x[2, j - 1:j + 2, 0]", [18, 20, 22]],
  ["x[i:i + 1, j:j + 1, 0]", [12]],
  ["x[0, 2 * i:2 + 2 * i, 0]", [4, 6]],
  ["x[label, 0, 0]", [0, 16, 8]],
  ["pick_rows(x, label)", [0, 1, 12, 13, 18, 19]],
  ["pick_rows(x, stack([label, label + 1], axis: 1))[:, :, 0]", [0, 2, 12, 14, 18, 20]],
  ["pick_rows(x[0], label)", [0, 1, 4, 5, 2, 3]],
  ["slice_at(x, j, size: 2, axis: 1)[0]", [4, 5, 6, 7]],
  ["slice_at(x, label, size: 2, axis: 1)[:, :, 0]", [0, 2, 12, 14, 18, 20]],
];

for (const target of ["reference", "wasm", "js"] as const)
  test(`indices known at run time select, in ${target}`, async () => {
    const entries = selections.map(
      ([expression], n) => `entry f${n}(x: f32[3, 4, 2], i: i32[], j: i32[], label: i32[3]) { ${expression} }`,
    );
    const model = await load(entries.join("\n"), target);
    selections.forEach(([expression, expected], n) => {
      const { inputs } = model.plan.entries.find(({ name }) => name === `f${n}`) ?? { inputs: [] };
      const all = { x: counted(24), i: ints(1), j: ints(2), label: ints(0, 2, 1) };
      const given = Object.fromEntries(
        Object.entries(all).filter(([name]) => inputs.some((each) => each.name === name)),
      );
      expect([...(model.run(`f${n}`, given)["result"]?.data ?? [])], expression).toEqual(expected);
    });
  });

/** kv is f32[3, 4] of zeros; at is 2. */
const writes: readonly (readonly [statement: string, expected: readonly number[]])[] = [
  ["kv[at] <- row", [0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]],
  ["kv[at] <- 5", [0, 0, 0, 0, 0, 0, 0, 0, 5, 5, 5, 5]],
  ["kv[1] <- row", [0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0]],
  ["kv[:, at] <- row[:3]", [0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0]],
  ["kv[:, at:at + 1] <- row[:3, _]", [0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0]],
  ["kv[at - 1:at + 1] <- 1", [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]],
  ["kv[0, at:at + 2] <- row[:2]", [0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0]],
  ["kv[at, at] <- 7", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0]],
  ["kv[1:, :2] <- 1", [0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0]],
  ["kv[::2] <- 1", [1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1]],
  ["kv[::-1, at] <- row[:3]", [0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0]],
  ["kv[.., 3] <- row[:3]", [0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]],
  ["kv[[0, 2]] <- 1", [1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1]],
  ["kv[at] <- kv[at] + row\n    kv[at] <- 2 * kv[at]", [0, 0, 0, 0, 0, 0, 0, 0, 2, 4, 6, 8]],
];

for (const target of ["reference", "wasm", "js"] as const)
  test(`a state is written at an index, in ${target}`, async () => {
    for (const [statement, expected] of writes) {
      const model = await load(
        `model M(row: f32[4], at: i32[]) {
    state kv: f32[3, 4] = zeros
    ${statement}
    kv + 0 * row + 0 * convert(at, dtype: "f32")
  }
  entry f(row: f32[4], at: i32[]) { M(row, at) }`,
        target,
      );
      const run = model.run("f", { row: Float32Array.of(1, 2, 3, 4), at: ints(2) });
      expect([...(run["result"]?.data ?? [])], statement).toEqual(expected);
    }
  });

test("the gradient of what an index selects goes to where it comes from", async () => {
  const model = await load(`
entry f(x: f32[2, 4], w: f32[2], i: i32[], label: i32[2]) {
  let part = x[:, i:i + 2]
  { part: grad(sum(part * w[:, _]), x), item: grad(sum(x[:, i] * w), x), rows: grad(sum(pick_rows(x[.., _], label)[:, 0] * w), x) }
}`);
  const given = { x: counted(8), w: Float32Array.of(3, 5), i: ints(1), label: ints(3, 0) };
  const { part, item, rows } = model.run("f", given);
  expect([...(part?.data ?? [])]).toEqual([0, 3, 3, 0, 0, 5, 5, 0]);
  expect([...(item?.data ?? [])]).toEqual([0, 3, 0, 0, 0, 5, 0, 0]);
  expect([...(rows?.data ?? [])]).toEqual([0, 0, 0, 3, 5, 0, 0, 0]);
});

test("inputs that are indices are checked, and computed ones clamped", async () => {
  const model = await load(`
entry item(x: f32[4, 2], i: i32[]) { x[i] }
entry part(x: f32[4, 2], i: i32[]) { x[i:i + 3] }
entry computed(x: f32[4, 2], y: f32[]) {
  let i = convert(y, dtype: "i32")
  x[i:i + 3]
}`);
  const x = counted(8);
  expect(() => model.run("item", { x, i: ints(4) })).toThrow(/input `i` of `item` is 4, not 0 to 3/);
  expect(() => model.run("part", { x, i: ints(2) })).toThrow(/input `i` of `part` is 2, not 0 to 1/);
  expect([...(model.run("part", { x, i: ints(1) })["result"]?.data ?? [])]).toEqual([2, 3, 4, 5, 6, 7]);
  expect([...(model.run("computed", { x, y: Float32Array.of(9) })["result"]?.data ?? [])]).toEqual([2, 3, 4, 5, 6, 7]);
  expect([...(model.run("computed", { x, y: Float32Array.of(-9) })["result"]?.data ?? [])]).toEqual([0, 1, 2, 3, 4, 5]);
});

test.each([
  ["x[i:j]", "the length of the range is not known at compile time"],
  ["x[i:]", "the length of the range is not known at compile time"],
  ["x[:i]", "the length of the range is not known at compile time"],
  ["x[i:i + 5]", "a range of 5 does not fit axis 0 of f32[4, 2]"],
  ["x[i:i]", "the range of axis 0 is empty"],
  ["x[y:y + 1]", "expected an i32[] as the bound of a range, found"],
])("%s is refused", (expression, message) => {
  const text = `entry f(x: f32[4, 2], i: i32[], j: i32[], y: f32[]) { ${expression} }`;
  expect(rendered(elaborateText(text))).toContain(message);
});

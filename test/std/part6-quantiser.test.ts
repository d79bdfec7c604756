import { expect, test } from "vitest";
import { run } from "../frontend/program.ts";

const close = (actual: readonly number[] | undefined, wanted: readonly number[], digits = 5): void => {
  expect(actual?.length).toBe(wanted.length);
  wanted.forEach((value, k) => expect(actual?.[k], `element ${k}`).toBeCloseTo(value, digits));
};

const program = (layer: string): string => `
model Book(x: f32[3, 2]) = x |> ${layer}
entry f(x: f32[3, 2]) {
  let q = Book(x)
  { codes: q.codes, index: q.index, loss: q.loss, through: grad(sum(q.codes * q.codes), x), pull: grad(q.loss, x) }
}
train entry step(x: f32[3, 2]) {
  let q = Book(x)
  { loss: q.loss }
}`;

const x = [0.9, 0.2, 3, 4.5, 1.2, -0.1];

test("a quantiser returns the nearest codes, passes gradients straight through, and its loss pulls inputs to the codes", () => {
  const model = run(program("vector_quantiser(3, commitment: 0.5, eps: 0.0)"));
  model.persistent.set("Book.vector_quantiser1.total", Float64Array.from([1, 0, 8, 8, -5, -5]));
  model.persistent.set("Book.vector_quantiser1.uses", Float64Array.from([1, 2, 1]));
  const out = model.call("f", { x });
  expect(out.index).toEqual([0, 1, 0]);
  const codes = [1, 0, 4, 4, 1, 0];
  close(out.codes, codes);
  close(
    out.through,
    codes.map((v) => 2 * v),
  );
  const d = x.map((v, k) => v - (codes[k] ?? NaN));
  close(out.loss, [(0.5 * d.reduce((sum, v) => sum + v * v, 0)) / 6]);
  close(
    out.pull,
    d.map((v) => (0.5 * 2 * v) / 6),
  );
});

test("in train entries codes move to the means of the vectors that chose them", () => {
  const model = run(program("vector_quantiser(3, decay: 0.75)"));
  const [total, uses] = ["Book.vector_quantiser1.total", "Book.vector_quantiser1.uses"] as const;
  model.persistent.set(total, Float64Array.from([1, 0, 8, 8, -5, -5]));
  model.persistent.set(uses, Float64Array.from([1, 2, 1]));
  model.call("f", { x });
  expect(model.state(uses)).toEqual([1, 2, 1]);
  model.call("step", { x });
  close(model.state(uses), [0.75 + 0.25 * 2, 1.5 + 0.25, 0.75]);
  close(model.state(total), [0.75 + 0.25 * 2.1, 0.25 * 0.1, 6 + 0.25 * 3, 6 + 0.25 * 4.5, -3.75, -3.75]);
  for (let call = 0; call < 60; call++) model.call("step", { x });
  close(model.call("f", { x }).codes, [1.05, 0.05, 3, 4.5, 1.05, 0.05], 3);
});

test("a vector that is NaN reaches one code only", () => {
  const model = run(program("vector_quantiser(3, decay: 0.75)"));
  const [total, uses] = ["Book.vector_quantiser1.total", "Book.vector_quantiser1.uses"] as const;
  model.persistent.set(total, Float64Array.from([1, 0, 8, 8, -5, -5]));
  model.persistent.set(uses, Float64Array.from([1, 2, 1]));
  model.call("step", { x: x.map((v, i) => (i === 0 ? NaN : v)) });
  const after = model.state(total).map(Number.isNaN);
  expect(after).toEqual([true, false, false, false, false, false]);
  expect(model.state(uses).some(Number.isNaN)).toBe(false);
});

test("trained codes follow the vectors by their gradient", () => {
  const model = run(`${program("trained_quantiser(2, commitment: 0.5)")}
train entry move(x: f32[3, 2]) {
  let q = Book(x)
  minimize q.loss + sum(q.codes) over Book with sgd(lr: 3)
}`);
  model.persistent.set("Book.trained_quantiser1.table", Float64Array.from([1, 0, 4, 4]));
  const out = model.call("f", { x });
  close(out.codes, [1, 0, 4, 4, 1, 0]);
  close(out.through, [2, 0, 8, 8, 2, 0]);
  model.call("move", { x });
  // The mean over 6 elements of (x - code)^2: each code moves by its distance to the vectors, and the straight-through
  // sum moves none.
  close(model.state("Book.trained_quantiser1.table"), [1 + (-0.1 + 0.2), 0.2 - 0.1, 3, 4.5]);
});

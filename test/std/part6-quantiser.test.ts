import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { compile } from "../../cli/api.ts";
import { at } from "../../compiler/support/lists.ts";
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

test("codes that nothing uses become vectors of the batch, and others do not", () => {
  const model = run(program("vector_quantiser(3, decay: 0.75, restart: 0.9)"));
  const [total, uses] = ["Book.vector_quantiser1.total", "Book.vector_quantiser1.uses"] as const;
  model.persistent.set(total, Float64Array.from([1, 0, 8, 8, -500, -500]));
  model.persistent.set(uses, Float64Array.from([1, 2, 1]));
  model.call("step", { x });
  close(model.state(uses), [1.25, 1.75, 1]);
  const [restarted, kept] = [model.state(total).slice(4), model.state(total).slice(0, 4)];
  close(kept, [0.75 + 0.25 * 2.1, 0.25 * 0.1, 6 + 0.25 * 3, 6 + 0.25 * 4.5]);
  const rows = [x.slice(0, 2), x.slice(2, 4), x.slice(4)].map((vector) => vector.map(Math.fround));
  expect(rows).toContainEqual(restarted);
});

/** Pictures of a disc before a slope of brightness, in colours of their own. */
function pictures(count: number, size: number, next: () => number): Float32Array {
  const data = new Float32Array(count * size * size * 3);
  for (let n = 0; n < count; n++) {
    const [x, y, radius, dx, dy] = [size * next(), size * next(), (size / 2) * next(), next() - 0.5, next() - 0.5];
    const colours = Array.from({ length: 6 }, () => next() - 0.5);
    for (let i = 0; i < size * size; i++) {
      const [row, column] = [Math.floor(i / size), i % size];
      const inside = Math.hypot(row - y, column - x) < radius;
      for (let c = 0; c < 3; c++)
        data[(n * size * size + i) * 3 + c] =
          at(colours, inside ? c : c + 3) + (inside ? 0 : (dx * column + dy * row) / size);
    }
  }
  return data;
}

test("the auto-encoder of the examples comes to use more than half of its codes", async () => {
  const [N, size] = [16, 16];
  const file = new URL("../../examples/vq-vae.dl", import.meta.url);
  const count = Number(/vector_quantiser\((\d+)/.exec(readFileSync(file, "utf8"))?.[1]);
  const model = await compile(file, { dims: { N, H: size, W: size }, seed: 2 });
  let state = 1;
  const next = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const used = (): number => {
    const codes = new Set<number>();
    for (let batch = 0; batch < 8; batch++) {
      const { index } = model.run("predict", { image: pictures(N, size, next) });
      for (const code of index?.data ?? []) codes.add(Number(code));
    }
    return codes.size;
  };
  expect(used()).toBeLessThan(count / 4);
  for (let step = 0; step < 20; step++) model.run("step", { image: pictures(N, size, next) });
  expect(used()).toBeGreaterThan(count / 2);
}, 180_000);

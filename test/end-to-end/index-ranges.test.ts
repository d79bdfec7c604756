// Class labels and ids: inputs that become indices are checked when an entry runs; indices computed in an entry follow
// one rule on all targets.
import { expect, test } from "vitest";
import { compile, type Model, type Options } from "../../cli/api.ts";

const load = (entries: string, options: Options = {}): Promise<Model> => compile(`dl 1\n${entries}`, options);

/** The elements of the inputs of an entry that are indices, with the values that each may have. */
const indicesOf = (model: Model, entry: string): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    (model.plan.entries.find(({ name }) => name === entry)?.inputs ?? []).flatMap(({ name, indices }) =>
      indices === undefined ? [] : [[name, indices.map(({ allowed }) => allowed)]],
    ),
  );

const targets = ["wasm", "js", "reference"] as const;

for (const target of targets)
  test(`a label that is not a class is an error that names it, in ${target}`, async () => {
    const model = await load("entry loss(x: f32[4, 3], label: i32[4]) { mean(cross_entropy(x, label)) }", { target });
    const x = new Float32Array(12);
    const run = (...label: number[]) => model.run("loss", { x, label: Int32Array.from(label) });
    expect(run(0, 1, 2, 0)["result"]?.data[0]).toBeCloseTo(Math.log(3), 5);
    expect(() => run(1, 2, 3, 1)).toThrow(
      expect.objectContaining({
        code: "E0817",
        says: "input `label` of `loss` is 3 at [2], not 0 to 2",
        help: "labels start at 0: subtract 1 from those that start at 1",
      }),
    );
    expect(() => run(0, -1, 2, 0)).toThrow(/`label` of `loss` is -1 at \[1\], not 0 to 2.*`ignore_index: -1`/s);
  });

test("a bound entry checks its arrays at every call", async () => {
  const model = await load("entry f(x: f32[2, 3], label: i32[2]) { cross_entropy(x, label) }");
  const label = Int32Array.of(0, 2);
  const bound = model.bind("f", { x: new Float32Array(6), label });
  expect(bound.run()["result"]?.data.length).toBe(2);
  label[1] = 3;
  expect(() => bound.run()).toThrow(/is 3 at \[1\]/);
  label[1] = 1;
  expect(bound.run()["result"]?.data.length).toBe(2);
});

test("ignore_index is allowed, and its rows have the loss 0 and no gradient", async () => {
  const model = await load(`
model M() {
  param w: f32[3, 3] = zeros
  w
}
train entry f(label: i32[3]) {
  let loss = cross_entropy(M(), label, ignore_index: -100)
  { loss, slope: grad(sum(loss), params(M)[0]) }
}`);
  expect(indicesOf(model, "f")).toEqual({
    label: [
      [
        [-100, -100],
        [0, 2],
      ],
    ],
  });
  const { loss, slope } = model.run("f", { label: Int32Array.of(-100, 1, 2) });
  expect(loss?.data[0]).toBe(0);
  expect(loss?.data[1]).toBeCloseTo(Math.log(3), 5);
  expect([...(slope?.data.slice(0, 3) ?? [])].map(Math.abs)).toEqual([0, 0, 0]);
  expect(() => model.run("f", { label: Int32Array.of(-1, 1, 2) })).toThrow(/is -1 at \[0\], not -100 or 0 to 2/);
});

test("the range of an input follows from what it indexes", async () => {
  const model = await load(`
model Net(id: i32[N, T]) { embedding(id, 10, 4) }
entry embed(id: i32[2, 3]) { Net(id) }
entry shifted(label: i32[4], x: f32[4, 3]) { nll(x, label - 1) }
entry padded(id: i32[4]) { Net(select(id == 99, 0, id)[:, _]) }
entry hot(id: i32[4]) { one_hot(id, classes: 7) }
entry bytes(id: u8[4], table: f32[256, 2], small: f32[100, 2]) {
  { all: take(table, convert(id, dtype: "i32"), axis: 0), some: take(small, convert(id, dtype: "i32"), axis: 0) }
}
entry wide(id: u8[4], table: f32[256, 2]) { take(table, convert(id, dtype: "i32"), axis: 0) }
entry clamped(id: i32[4], table: f32[9, 2]) { take(table, min(max(id, 0), 8), axis: 0) }
entry wrapped(id: i32[4], table: f32[9, 2]) { take(table, (id % 9 + 9) % 9, axis: 0) }
entry both(id: i32[4], small: f32[3, 2], large: f32[9, 2]) { take(small, id, axis: 0) + take(large, id, axis: 0) }
entry masked(x: f32[4, 3], label: i32[4], mask: bool[4]) { cross_entropy(x, label, mask: mask) }
entry chosen(x: f32[4, 3], label: i32[4], mask: bool[4]) { nll(x, select(mask, label, 0)) }
entry discarded(x: f32[4, 3], label: i32[4]) { select(label == -1, 0, 2 * nll(x, label)) }
entry outer(id: i32[4], table: f32[9, 2]) { select((id < 9)[:, _], take(table, id, axis: 0), 0) }
entry twice(x: f32[4, 3], label: i32[4]) { let own = nll(x, label)
  { loss: select(label == -1, 0, own), own } }
entry unused(x: f32[4, 3], label: i32[4]) {
  let loss = nll(x, label)
  x
}
entry number(x: f32[4, 3], i: i32) { x[i] }
entry metric(x: f32[4, 3], label: i32[4]) { top_k_accuracy(x, label, k: 2) }
entry matrix(a: i32[4], b: i32[4]) { confusion_matrix(a, b, classes: 5) }
entry weighted(x: f32[4, 3], label: i32[4], w: f32[3]) { cross_entropy(x, label, weights: w) }
entry ctc(logits: f32[2, 5, 4], labels: i32[2, 3], frames: i32[2], lengths: i32[2]) {
  ctc_loss(logits, labels, frames, lengths)
}
`);
  const ranges = Object.fromEntries(model.plan.entries.map(({ name }) => [name, indicesOf(model, name)]));
  expect(ranges).toEqual({
    embed: { id: [[[0, 9]]] },
    shifted: { label: [[[1, 3]]] },
    padded: {
      id: [
        [
          [0, 9],
          [99, 99],
        ],
      ],
    },
    hot: { id: [[[0, 6]]] },
    bytes: { id: [[[0, 99]]] },
    wide: {},
    clamped: {},
    wrapped: {},
    both: { id: [[[0, 2]]] },
    masked: { label: [[[0, 2]]] },
    chosen: {},
    discarded: { label: [[[-1, 2]]] },
    outer: { id: [[[0, 2147483647]]] },
    twice: { label: [[[0, 2]]] },
    unused: {},
    number: { i: [[[0, 3]]] },
    metric: { label: [[[0, 2]]] },
    matrix: { a: [[[0, 4]]], b: [[[0, 4]]] },
    weighted: { label: [[[0, 2]]] },
    ctc: {},
    init: {},
  });
  expect(() => model.run("number", { x: new Float32Array(12), i: 4 })).toThrow(/`i` of `number` is 4, not 0 to 3/);
});

test("each part of an input that is sliced has its own range", async () => {
  const model = await load(`
entry columns(id: i32[2, 3], a: f32[10, 2], b: f32[4, 2]) {
  { a: take(a, id[:, 0], axis: 0), b: take(b, id[:, 2], axis: 0) }
}
entry next(token: i32[2, 4], table: f32[5, 5]) {
  cross_entropy(take(table, token[:, :-1], axis: 0), token[:, 1:])
}
entry first(token: i32[2, 4], table: f32[5, 5]) { take(table, token[:, :-1], axis: 0) }
`);
  const run = (id: readonly number[]) => () =>
    model.run("columns", { id: [...id], a: new Float32Array(20), b: new Float32Array(8) });
  expect(run([9, 77, 3, 0, -5, 0])).not.toThrow();
  expect(run([9, 0, 3, 10, 0, 0])).toThrow(/`id` of `columns` is 10 at \[1, 0\], not 0 to 9/);
  expect(run([9, 0, 3, 0, 0, 4])).toThrow(/`id` of `columns` is 4 at \[1, 2\], not 0 to 3/);
  const table = new Float32Array(25);
  for (const entry of ["next", "first"]) {
    const last = [0, 1, 2, 3, 4, 4, 4, 5];
    if (entry === "first") expect(model.run(entry, { token: last, table })["result"]?.data.length).toBe(30);
    else expect(() => model.run(entry, { token: last, table })).toThrow(/is 5 at \[1, 3\]/);
    expect(() => model.run(entry, { token: last.toReversed(), table })).toThrow(/is 5 at \[0, 0\]/);
  }
});

test("indices are found through loops and checkpoints, and not where a branch decides", async () => {
  const model = await load(`
entry steps(id: i32[4, 2], table: f32[5, 3]) {
  let r = scan i in id along 0 carry h = zeros([2, 3]) { next h = h + take(table, i, axis: 0) }
  r.h
}
entry invariant(x: f32[4], id: i32[2], table: f32[5]) {
  let r = scan v in x along 0 carry h = zeros([2]) { next h = h * v + take(table, id, axis: 0) }
  r.h
}
entry kept(id: i32[2], table: f32[5]) { checkpoint { take(table, id, axis: 0) } }
entry branch(on: bool, id: i32[2], table: f32[5]) {
  cond on { take(table, id, axis: 0) } else { zeros([2]) }
}
`);
  expect(indicesOf(model, "steps")).toEqual({ id: [[[0, 4]]] });
  expect(indicesOf(model, "invariant")).toEqual({ id: [[[0, 4]]] });
  expect(indicesOf(model, "kept")).toEqual({ id: [[[0, 4]]] });
  expect(indicesOf(model, "branch")).toEqual({});
});

test("checks: false runs with the nearest index", async () => {
  const model = await load("entry f(table: f32[3], id: i32[2]) { take(table, id, axis: 0) }", { checks: false });
  expect([...(model.run("f", { table: [1, 2, 3], id: [-7, 9] })["result"]?.data ?? [])]).toEqual([1, 3]);
});

test("a computed index out of range counts as the nearest one, in every op, gradient and target", async () => {
  const entries = `
entry f(t: f32[3, 4], x: f32[3, 4], i: f32[3]) {
  let id = convert(i, dtype: "i32")
  let taken = take(t, id, axis: 0)
  let picked = pick(t, id)
  let hot = one_hot(id, classes: 4)
  let loss = sum(taken * x) + sum(pick(taken, id)) + sum(picked * picked)
  { taken, picked, hot, same: sum(t * hot, axis: -1), slope: grad(loss, t) }
}`;
  const x = Float32Array.from({ length: 12 }, (_, i) => i + 1);
  const t = x.map((value) => value / 8);
  const far = { t, x, i: Float32Array.of(-5, 1, 40) };
  const models = await Promise.all(targets.map((target) => load(entries, { target, mode: "strict" })));
  const results = models.map((model) => model.run("f", far));
  for (const result of results) expect(result).toEqual(results[0]);
  const { hot, same, picked, taken } = results[0] ?? {};
  expect([...(hot?.data ?? [])]).toEqual([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1]);
  expect(same?.data).toEqual(picked?.data);
  expect([...(taken?.data ?? [])]).toEqual([...t]);
});

import { expect, test } from "vitest";
import { elaborateText, rendered, run } from "./program.ts";

// O. Press, L. Wolf, "Using the output embedding to improve language models", 2017.
const tied = `dl 1
model LM(t: i32[N, 2]) -> f32[N, 2, 5] {
  let emb = embedding(5, 3)
  emb(t) @ transpose(emb.table, [1, 0])
}
`;

test("a param of a part is a tensor, in the model and in an entry before it", () => {
  const runner =
    run(`${tied}entry table(id: i32[1]) { { row: take(LM.emb.table, id, axis: 0), sum: sum(LM.emb.table) } }
entry f(t: i32[1, 2]) { LM(t) }
`);
  const table = runner.state("LM.emb.table");
  const row = (k: number): number[] => table.slice(3 * k, 3 * k + 3);
  const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((s, v, k) => s + v * (b[k] ?? 0), 0);
  expect(runner.call("table", { id: [2] })["row"]).toEqual(row(2));
  const scores = runner.call("f", { t: [1, 3] })["result"] ?? [];
  [1, 3].forEach((id, t) =>
    [0, 1, 2, 3, 4].forEach((k) => expect(scores[5 * t + k]).toBeCloseTo(dot(row(id), row(k)), 5)),
  );
});

test("both uses of a tied table have a gradient, and the path still names what is frozen and trained", () => {
  const step = (more: string): string => `${tied}train entry step(t: i32[1, 2]) {
  ${more}
  let loss = sum(LM(t))
  minimize loss over LM with sgd(lr: 1.0)
  { loss }
}
`;
  const runner = run(step(""));
  const before = runner.state("LM.emb.table");
  runner.call("step", { t: [1, 3] });
  // The sum over t and k of e[id_t] e[k]: the gradient of row r is (uses of r) * (sum of rows) + (sum of used rows).
  const rows = [0, 1, 2, 3, 4];
  const column = (c: number, ids: readonly number[]): number => ids.reduce((s, k) => s + (before[3 * k + c] ?? 0), 0);
  const after = runner.state("LM.emb.table");
  for (const r of rows)
    for (const c of [0, 1, 2]) {
      const g = ([1, 3].includes(r) ? column(c, rows) : 0) + column(c, [1, 3]);
      expect(after[3 * r + c]).toBeCloseTo((before[3 * r + c] ?? 0) - g, 4);
    }
  expect(rendered(elaborateText(step("freeze LM.emb.table")))).toContain("all params of `LM` are frozen");
});

test("states, params after a write, and the norm of one param", () => {
  const runner = run(`dl 1
model Net(x: f32[N, 2]) = x |> batch_norm |> dense(1, bias: false)
entry f(x: f32[3, 2]) { Net(x) }
train entry step(x: f32[3, 2]) {
  let loss = sum(Net(x))
  let before = Net.dense1.w
  minimize loss over Net.dense1.w with sgd(lr: 0.0)
  Net.dense1.w <- before + 1
  { mean: Net.batch_norm1.mean, gap: Net.dense1.w - before, l2: l2(Net.dense1.w), sum: sum(params(Net.dense1.w)[0] ^ 2) }
}
`);
  const out = runner.call("step", { x: [1, 2, 3, 4, 5, 6] });
  out["mean"]?.forEach((m, k) => expect(m).toBeCloseTo(0.1 * (3 + k), 5));
  out["gap"]?.forEach((gap) => expect(gap).toBeCloseTo(1, 6));
  expect(out["l2"]).toEqual(out["sum"]);
});

test.each([
  ["sum(Net.dense1.v)", "`Net.dense1` has no `v`"],
  ["Net.dense1.w.x", "has no member `x`"],
])("%s is an error", (text, message) => {
  const program = `dl 1
model Net(x: f32[N, 2]) = x |> dense(1)
entry f(x: f32[3, 2]) { { y: Net(x), z: ${text} } }
`;
  expect(rendered(elaborateText(program))).toContain(message);
});

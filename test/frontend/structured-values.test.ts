import { expect, test } from "vitest";
import { compileModule } from "../../compiler/compile.ts";
import { createSession, type Session } from "../../runtime/session.ts";
import { graphOf, library, programOf, run } from "./program.ts";

const text = `model Net(x: f32[2, 3]) -> f32[2, 1] = x |> batch_norm |> dense(1)
model Other(x: f32[2, 3]) -> f32[2, 1] = x |> batch_norm |> dense(1)
entry predict(x: f32[2, 3]) { net: Net(x), other: Other(x) }
entry current() { w: snapshot(Net) }
entry load(w: Net) { Net <- w }
entry move(w: Net) { Net <- lerp(Net, w, 0.25) }
entry follow(w: Net) { Other <- w }
entry with(w: Net, x: f32[2, 3]) { at(Net, w)(x) }
train entry gradients(x: f32[2, 3]) {
  let loss = sum(Net(x) * [[1], [2]])
  { loss, g: by_path(Net, grad(loss, params(Net))) }
}
train entry apply(g: params(Net)) { update Net with g |> sgd(lr: 0.5) }
train entry step(x: f32[2, 3]) {
  minimize sum(Net(x) * [[1], [2]]) over Net with sgd(lr: 0.5)
}
train entry undone(x: f32[2, 3]) {
  let y = eval { Net(x) }
  let before = snapshot(Net)
  minimize sum(Net(x)) over Net with sgd(lr: 0.5)
  let moved = [distance(Net, at(Net, before)), sum_of_squares(Net.dense1.b - before.dense1.b) / 2]
  let change = eval { Net(x) } - y
  Net <- before
  { change, moved, rest: eval { Net(x) } - y, same: eval { at(Net, before)(x) } - y }
}`;

async function session(seed: number): Promise<Session> {
  const compiled = compileModule(
    { name: "structure.dl", text },
    { resolve: (path) => (path.startsWith("std/") ? library(path) : null) },
  );
  return createSession(compiled.plan, await compiled.code("wasm"), { seed });
}

const x = [1, -2, 3, 0.5, 2, -1];
const net = (model: Session): number[] => [...(model.run("predict", { x })["net"]?.data ?? [])];
const bias = (model: Session, of = "Net"): number | undefined => model.state.get(`${of}.dense1.b`)?.data[0];

test("an input of the structure of a model is one input for each path", () => {
  const inputs = (entry: string): unknown =>
    graphOf(programOf(text), entry).inputs.map(({ node }) => node.attrs["name"]);
  const params = ["batch_norm1.gamma", "batch_norm1.beta", "dense1.w", "dense1.b"];
  const states = ["batch_norm1.mean", "batch_norm1.var"];
  expect(inputs("apply")).toEqual(params.map((path) => `g.${path}`));
  expect(new Set(inputs("load") as string[])).toEqual(new Set([...params, ...states].map((path) => `w.${path}`)));
});

test("the state of another instance, its outputs, and objects by path are accepted", async () => {
  const [a, b] = [await session(1), await session(2)];
  b.run("step", { x });
  expect(net(a)).not.toEqual(net(b));
  a.run("load", { w: b.state });
  expect(net(a)).toEqual(net(b));
  a.reset(3);
  a.run("load", b.run("current"));
  expect(net(a)).toEqual(net(b));
  a.reset(3);
  const byPath = Object.entries(b.run("current")).map(([name, { data }]) => [name.slice(2), data]);
  a.run("load", { w: Object.fromEntries(byPath) });
  expect(net(a)).toEqual(net(b));
  expect([...(a.run("with", { w: (await session(3)).state, x })["result"]?.data ?? [])]).toEqual(net(await session(3)));
});

test("soft updates, and a model of the same structure", async () => {
  const [a, b] = [await session(1), await session(2)];
  b.state.get("Net.dense1.b")?.data.fill(8);
  a.run("move", { w: b.state });
  a.run("move", { w: b.state });
  expect(bias(a)).toBe(3.5);
  a.run("follow", { w: b.state });
  expect([bias(a), bias(a, "Other")]).toEqual([3.5, 8]);
});

test("a soft update copies the counts of a record", () => {
  const runner = run(`model Count(x: f32[2]) {
  state n: i32 = 0
  state total: f32[2] = zeros
  n <- n + 1
  total <- total + x
  total
}
entry count(x: f32[2]) { Count(x) }
entry blend(w: Count) { Count <- lerp(Count, w, 0.5) }`);
  runner.call("count", { x: [2, 4] });
  runner.call("blend", { "w.n": [5], "w.total": [0, 2] });
  expect([runner.state("Count.n"), runner.state("Count.total")]).toEqual([[5], [1, 3]]);
});

test("gradients that go out and come in again make the step of one entry", async () => {
  const [a, b] = [await session(1), await session(1)];
  const { loss, ...gradients } = a.run("gradients", { x });
  expect(loss?.shape).toEqual([]);
  a.run("apply", gradients);
  b.run("step", { x });
  expect(net(a)).toEqual(net(b));
  const bound = a.bind("apply", { g: Object.fromEntries(Object.entries(gradients).map(([k, v]) => [k.slice(2), v])) });
  const before = bias(a) ?? NaN;
  bound.run();
  expect(bias(a)).toBeCloseTo(before - 0.5 * (gradients["g.dense1.b"]?.data[0] ?? NaN), 5);
});

test("a snapshot is what the model was", () => {
  const runner = run(text);
  const w = runner.state("Net.dense1.w");
  const outputs = runner.call("undone", { x });
  expect(Math.max(...(outputs["change"] ?? []).map(Math.abs))).toBeGreaterThan(0.1);
  // The bias moves by 1 and beta by w; gamma and w do not move, because a batch has the mean 0 after the norm.
  expect(outputs["moved.0"]?.[0]).toBeCloseTo(w.reduce((sum, each) => sum + each ** 2, 1) / 2, 5);
  expect(outputs["moved.1"]?.[0]).toBeCloseTo(0.5, 5);
  expect([outputs["rest"], outputs["same"]]).toEqual([
    [0, 0],
    [0, 0],
  ]);
});

const parts = { "batch_norm1.gamma": [1, 1, 1], "batch_norm1.beta": [0, 0, 0], "dense1.w": [1, 2, 3], "dense1.b": [1] };
const cyclic: Record<string, unknown> = {};
cyclic["dense1"] = cyclic;
test.each([
  ["a part is missing", { g: { ...parts, "dense1.b": undefined } }, "`apply` needs the input `g.dense1.b`"],
  ["a part is unknown", { g: { ...parts, "dense1.c": [1] } }, "`apply` has no input `g.dense1.c`"],
  ["another shape", { g: { ...parts, "dense1.w": [1, 2] } }, "input `g.dense1.w` of `apply` has 2 elements"],
  ["a map without a path", { g: new Map([["Net.dense1.w", [1, 2, 3]]]) }, "needs the input `g.batch_norm1.gamma`"],
  ["not a structure", { g: [1, 2] }, "input `g` of `apply` has the structure of `Net`; got an Array"],
  ["no input", {}, "`apply` needs the input `g.batch_norm1.gamma`"],
  ["an object that contains itself", { g: cyclic }, "`apply` has no input `g.dense1.dense1."],
])("%s", async (_, inputs, says) => {
  const model = await session(1);
  expect(() => model.run("apply", inputs as Parameters<Session["run"]>[1])).toThrow(says);
});

import { expect, test } from "vitest";
import { compileModule } from "../../compiler/compile.ts";
import { createSession } from "../../runtime/session.ts";
import { elaborateText, graphOf, library, programOf, rendered, run } from "./program.ts";

const text = `setting lr: f32 = 1e-2 in log(1e-5, 1e-1)
setting rounds: i32 = 3
model Net(x: f32[4, 2]) -> f32[4] {
  let backbone = dense(3)
  let head = dense(1)
  x |> backbone |> tanh |> head |> squeeze(-1)
}
train entry step(x: f32[4, 2]) {
  freeze Net.backbone
  let loss = mean(Net(x) ^ 2)
  minimize loss over Net with sgd(lr: lr)
  { loss, step, lr, rounds: rounds * 2 }
}`;

test("settings are states with defaults, and the program lists their ranges", () => {
  const program = programOf(text);
  expect(program.settings).toEqual([
    { name: "lr", path: "setting.lr", default: 0.01, low: 1e-5, high: 1e-1, scale: "log" },
    { name: "rounds", path: "setting.rounds", default: 3, low: null, high: null, scale: "linear" },
  ]);
  const model = run(text);
  const outputs = model.call("step", { x: [1, 2, 3, 4, 5, 6, 7, 8] });
  expect(outputs["lr"]?.[0]).toBeCloseTo(0.01);
  expect(outputs["rounds"]).toEqual([6]);
});

test("a session changes settings between calls", async () => {
  const compiled = compileModule(
    { name: "settings.dl", text },
    { resolve: (path) => (path.startsWith("std/") ? library(path) : null) },
  );
  const session = await createSession(compiled.plan, await compiled.code("wasm"));
  const x = Float32Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
  session.set("lr", 0.1);
  session.set("rounds", 5);
  const { lr, rounds } = session.run("step", { x });
  expect([lr?.data[0], rounds?.data[0]]).toEqual([Math.fround(0.1), 10]);
  expect(() => session.set("lr", 1)).toThrow("lr must be from 0.00001 to 0.1, got 1");
  expect(() => session.set("rounds", 0.5)).toThrow("must be an integer");
  expect(() => session.set("rate", 1)).toThrow("unknown setting `rate`");
});

test("frozen params do not change, and have no gradient", () => {
  const model = run(text);
  const before = [model.state("Net.backbone.w"), model.state("Net.head.w")];
  model.call("step", { x: [1, 2, 3, 4, 5, 6, 7, 8] });
  expect(model.state("Net.backbone.w")).toEqual(before[0]);
  expect(model.state("Net.head.w")).not.toEqual(before[1]);
  const gradients = graphOf(model.program, "step").nodes.filter((node) => node.op.name === "gradient");
  expect(gradients.flatMap((node) => node.operands.slice(1).map((target) => target.node.attrs["path"]))).toEqual([
    "Net.head.w",
    "Net.head.b",
  ]);
});

test("`step` counts the calls of its train entry", () => {
  const model = run(text);
  const steps = [0, 1, 2].map(() => model.call("step", { x: [1, 2, 3, 4, 5, 6, 7, 8] })["step"]);
  expect(steps).toEqual([[0], [1], [2]]);
});

const counted = `
layer noisy(x: f32[2]) -> f32[2] = if train { x + normal([2]) } else { x * (step + 1) }
train entry a(x: f32[2]) { { own: step, other: b.step, twice: scan xt in x along 0 { yield xt + a.step }, x: noisy(x) } }
train entry b() {
  { step: step + a.step }
}`;

test("each train entry counts its own calls, and can read the count of another", () => {
  const model = run(counted);
  const x = [0, 0];
  const first = model.call("a", { x });
  const second = model.call("a", { x });
  expect([first["own"], second["own"], second["twice"]]).toEqual([[0], [1], [1, 1]]);
  expect(second["x"]).not.toEqual(first["x"]);
  expect([model.call("b"), model.call("b")]).toEqual([{ step: [2] }, { step: [3] }]);
  expect(model.call("a", { x })).toMatchObject({ own: [2], other: [2] });
  expect([model.state("a.step"), model.state("b.step")]).toEqual([[3], [2]]);
});

test("the draws of an entry depend on its own calls alone", () => {
  const [model, other] = [run(counted), run(counted)];
  const x = [0, 0];
  model.call("a", { x });
  other.call("a", { x });
  other.call("b");
  expect(other.call("a", { x })["x"]).toEqual(model.call("a", { x })["x"]);
});

test("where calls are not counted, `step` is that of the only train entry", () => {
  const one = run(`train entry update() { step }\nentry predict() { { here: step, there: update.step } }`);
  one.call("update");
  one.call("update");
  expect(one.call("predict")).toEqual({ here: [2], there: [2] });
  expect(run("entry predict() { step }").call("predict")).toEqual({ step: [0] });
});

test("a state must not have the name of a counter", () => {
  const model = "model a(x: f32[]) -> f32[] {\n  state step: i32 = 0\n  step <- 1\n  x\n}";
  expect(rendered(elaborateText(`${model}\ntrain entry a(x: f32[]) { a(x) }`))).toContain(
    "`a.step` is already the counter of the entry `a`",
  );
});

test("a file in another folder may declare settings and layers", () => {
  const model = run(
    `import { block, gain } from "./parts/blocks.dl"\nentry f(x: f32[2]) { x |> block(2) }\nentry g() { gain }`,
    [{}],
    {
      "./parts/blocks.dl": `import { twice } from "../base.dl"\nsetting gain: f32 = 3\nfn block(k: int)(x: f32[N]) -> f32[N] where k > 0, "k is positive" = twice(x) * gain * k`,
      "../base.dl": "fn twice(x: f32[N]) -> f32[N] = 2 * x",
    },
  );
  expect(model.call("f", { x: [1, 2] })).toEqual({ result: [12, 24] });
  expect(model.program.settings?.map((s) => s.name)).toEqual(["gain"]);
});

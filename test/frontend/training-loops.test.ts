// `minimize` and writes of params in loops at run time.
import { expect, test } from "vitest";
import { elaborateText, rendered, run } from "./program.ts";

const net = `model Net(x: f32[4, 2]) -> f32[4, 1] = x |> dense(3) |> batch_norm |> tanh |> dense(1)
fn loss_of(x: f32[4, 2]) -> f32[] = mean((Net(x) - 1) ^ 2)
`;
const x = [0.1, 0.2, -0.3, 0.4, 0.5, -0.6, 0.7, 0.9];
const paths = ["dense1.w", "dense1.b", "batch_norm1.mean", "dense2.w"];

/** The losses and the params after two calls of 4 steps, the unrolled loop `for` or the loop `scan`. */
function trained(loop: "for" | "scan", statement: string): unknown {
  const head = { for: "for _ in range(4)", scan: "scan _ in 4" }[loop];
  const model = run(`${net}train entry step(x: f32[4, 2]) {
  let run = ${head} {
    let loss = loss_of(x)
    ${statement}
    ${loop === "scan" ? "yield loss" : "loss"}
  }
  { losses: ${loop === "scan" ? "run" : "stack(run)"} }
}`);
  const losses = [model.call("step", { x }), model.call("step", { x })];
  return [losses, paths.map((path) => model.state(`Net.${path}`))];
}

test.each([
  "minimize loss over Net with sgd(lr: 0.1, momentum: 0.9)",
  "minimize loss over Net with clip_by_global_norm(0.5) |> adam(lr: 1e-2)",
  "minimize loss over Net with lookahead(adam(lr: 1e-2), k: 2)",
  "minimize loss over Net with accumulate(2) |> adamw(lr: 1e-2)",
  'minimize loss over Net, only: "*.w" when loss > 0.5 with lamb(lr: 0.1)',
  "update Net with grad(loss, params(Net)) |> adagrad(lr: 0.1)",
  "Net.dense1.w <- Net.dense1.w - 0.1 * grad(loss, Net.dense1.w)",
])("a loop at run time trains as the unrolled one: %s", (statement) => {
  expect(trained("scan", statement)).toEqual(trained("for", statement));
});

test("steps in a loop in a loop, and until a condition holds", () => {
  const model = run(`${net}train entry nested(x: f32[4, 2]) {
  scan _ in 2 { scan _ in 3 { minimize loss_of(x) over Net with sgd(lr: 0.1) } }
}
train entry flat(x: f32[4, 2]) {
  repeat 6 { minimize loss_of(x) over Net with sgd(lr: 0.1) }
}
train entry until_small(x: f32[4, 2]) {
  let run = while carry loss = 1.0, k = 0 until loss < 0.05 or k == 500 {
    next loss = loss_of(x)
    minimize loss_of(x) over Net with sgd(lr: 0.1)
    next k = k + 1
  }
  { loss: run.loss, k: run.k }
}`);
  const after = (entry: string): readonly number[][] => {
    model.call("init");
    model.call(entry, { x });
    return paths.map((path) => model.state(`Net.${path}`));
  };
  expect(after("nested")).toEqual(after("flat"));
  model.call("init");
  const { loss = [], k = [] } = model.call("until_small", { x });
  expect(loss[0]).toBeLessThan(0.05);
  expect(k[0]).toBeLessThan(500);
});

test("a named chain trains in a loop and after it", () => {
  const steps = (loop: string): Record<string, number[]> =>
    run(`${net}optimizer opt = adam(lr: 1e-2)
model Start = Net
train entry step(x: f32[4, 2]) {
  ${loop} { minimize loss_of(x) over Net with opt }
  Net <- lerp(Net, Start, 0.5)
  let before = loss_of(x) + 0 * mean(Start(x))
  minimize loss_of(x) over Net with opt
  { before, after: loss_of(x) }
}`).call("step", { x });
  expect(steps("scan _ in 3")).toEqual(steps("repeat 3"));
});

test("a copy takes a record of gradients", () => {
  const model = run(`${net}model Slopes = Net
entry step(x: f32[4, 2]) {
  let g = grad(loss_of(x) + 0 * sum(Slopes(x)), params(Net))
  Slopes <- by_path(Net, g)
  { g: g[0] }
}`);
  expect(model.call("step", { x })["g"]).toEqual(model.state("Slopes.dense1.w"));
});

test("a loop only reads what its body does not write", () => {
  const { program } = elaborateText(`${net}model Other(x: f32[4, 1]) -> f32[4, 1] = x |> dense(1)
train entry step(x: f32[4, 2]) {
  scan _ in 3 { minimize mean(Other(Net(x)) ^ 2) over Net with sgd(lr: 0.1) }
}`);
  const graph = program?.entries.find((entry) => entry.graph.name === "step")?.graph;
  const written = graph?.writes.map((each) => each.path) ?? [];
  expect(written).toContain("Net.dense1.w");
  expect(written.filter((path) => path.startsWith("Other"))).toEqual([]);
});

test("a branch does not train", () => {
  const text = `${net}train entry step(x: f32[4, 2], p: bool[]) {
  scan _ in 3 { let y = cond p { minimize loss_of(x) over Net with sgd(lr: 0.1) } else { } }
}`;
  expect(rendered(elaborateText(text))).toContain("E0607");
});

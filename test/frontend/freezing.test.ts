import { expect, test } from "vitest";
import { elaborateText, rendered, run } from "./program.ts";

const net = `layer part()(x: f32[N, C]) = x |> dense(3) |> batch_norm
model Net(x: f32[4, 2]) -> f32[4, 1] {
  let body = part()
  x |> body |> dropout(0.5) |> dense(1)
}
`;
const entry = (head: string): string =>
  `${net}train entry tune(x: f32[4, 2]) {\n  ${head}\n  let loss = mean(Net(x) ^ 2)\n  minimize loss over Net with sgd(lr: 0.1)\n  { loss }\n}`;
const x = [1, 2, 3, 4, 5, 6, 7, 9];

test.each(["freeze Net.body", 'freeze "Net.body"', 'freeze "*.body"', 'freeze Net.body.dense1, "*.batch_norm1"'])(
  "%s: the running statistics stay",
  (head) => {
    const model = run(entry(head));
    model.call("tune", { x });
    expect(model.state("Net.body.batch_norm1.mean")).toEqual([0, 0, 0]);
    expect(model.state("Net.body.batch_norm1.var")).toEqual([1, 1, 1]);
  },
);

test("a frozen model is that of inference, dropout included, and gradients pass through it", () => {
  const model = run(`${net}model First(x: f32[4, 2]) -> f32[4, 2] {
  param b: f32[2] = 0
  x + b
}
train entry tune(x: f32[4, 2]) {
  freeze Net
  let y = Net(First(x))
  minimize mean(y) over First with sgd(lr: 0.1)
  { y }
}
entry predict(x: f32[4, 2]) { Net(x) }`);
  const expected = model.call("predict", { x })["result"];
  expect(model.call("tune", { x })["y"]).toEqual(expected);
  expect(model.state("First.b")).not.toEqual([0, 0]);
});

test("a part is frozen before it is applied", () => {
  const late = `${net}train entry tune(x: f32[4, 2]) {\n  let y = Net(x)\n  freeze Net.body\n  { y }\n}`;
  expect(rendered(elaborateText(late))).toContain("move `freeze` to the beginning of the entry");
});

test("one `minimize` over a list of models has one norm of their gradients", () => {
  // Gradients 3 and 4: the joint norm is 5, so that a limit of 1 divides both by 5.
  const model = run(`model A(x: f32[]) -> f32[] {
  param w: f32[] = 0
  w * x
}
model B(x: f32[]) -> f32[] {
  param w: f32[] = 0
  w * x
}
train entry step(x: f32[], y: f32[]) {
  minimize A(x) + B(y) over [A, B] with clip_by_global_norm(1.0) |> sgd(lr: 1)
}`);
  model.call("step", { x: [3], y: [4] });
  expect(model.state("A.w")[0]).toBeCloseTo(-0.6, 5);
  expect(model.state("B.w")[0]).toBeCloseTo(-0.8, 5);
});

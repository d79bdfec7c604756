import { expect, test } from "vitest";
import { elaborateText, rendered, run } from "./program.ts";

const net = `layer part()(x: f32[N, C]) = x |> dense(3) |> batch_norm
model Net(x: f32[4, 2]) -> f32[4, 1] {
  let body = part()
  x |> body |> dropout(0.5) |> dense(1)
}
`;
const x = [1, 2, 3, 4, 5, 6, 7, 9];
const paths = [
  "body.dense1.w",
  "body.dense1.b",
  "body.batch_norm1.gamma",
  "body.batch_norm1.beta",
  "dense1.w",
  "dense1.b",
];
const changed = (statements: string, more = ""): string[] => {
  const model = run(`${net}train entry tune(x: f32[4, 2]) {\n  ${statements}\n}\n${more}`);
  const before = paths.map((path) => model.state(`Net.${path}`));
  model.call("tune", { x });
  return paths.filter((path, k) => before[k]?.join() !== model.state(`Net.${path}`).join());
};

test.each([
  ["the whole model", "minimize mean((Net(x) - 1) ^ 2) over Net with adam", paths],
  [
    "only, one pattern",
    'minimize mean((Net(x) - 1) ^ 2) over Net, only: "*.w" with adam',
    ["body.dense1.w", "dense1.w"],
  ],
  [
    "only, a list",
    'minimize mean((Net(x) - 1) ^ 2) over Net, only: ["*.gamma", "dense1.b"] with adam',
    ["body.batch_norm1.gamma", "dense1.b"],
  ],
  ["only, a part", 'minimize mean((Net(x) - 1) ^ 2) over Net, only: "dense1" with adam', ["dense1.w", "dense1.b"]],
  [
    "a pattern",
    "minimize mean((Net(x) - 1) ^ 2) over Net.*.batch_norm1 with adam",
    ["body.batch_norm1.gamma", "body.batch_norm1.beta"],
  ],
  [
    "freeze with only",
    'freeze Net, only: ["*.w", "*.b"]\n  minimize mean((Net(x) - 1) ^ 2) over Net with adam',
    ["body.batch_norm1.gamma", "body.batch_norm1.beta"],
  ],
  [
    "freeze with a pattern",
    "freeze Net.*.dense1\n  minimize mean((Net(x) - 1) ^ 2) over Net with adam",
    ["body.batch_norm1.gamma", "body.batch_norm1.beta", "dense1.w", "dense1.b"],
  ],
])("trains %s", (_, statements, expected) => {
  // The bias before a norm has no gradient but that of rounding.
  const noise = (path: string): boolean => path !== "body.dense1.b";
  expect(changed(statements).filter(noise)).toEqual(expected.filter(noise));
});

test("eval evaluates as in inference, in a train entry, too", () => {
  const model = run(`${net}train entry tune(x: f32[4, 2]) {
  let y = eval {
    Net(x)
  }
  { y }
}
entry predict(x: f32[4, 2]) { Net(x) }`);
  const expected = model.call("predict", { x })["result"];
  expect(model.call("tune", { x })["y"]).toEqual(expected);
  expect(model.state("Net.body.batch_norm1.mean")).toEqual([0, 0, 0]);
});

const line = `model A(x: f32[]) -> f32[] {
  param w: f32[] = 0
  w * x
}
`;

test.each([
  ["every 2", "sgd(lr: 1)", [0, -1, -1, -2, -2, -3]],
  ["every 1", "sgd(lr: 1)", [-1, -2, -3, -4, -5, -6]],
  ["when x < 1.5", "sgd(lr: 1)", [-1, -2, -3, -4, -5, -6]],
  ["when x > 1.5", "sgd(lr: 1)", [0, 0, 0, 0, 0, 0]],
  ["every 3 when x < 1.5", "sgd(lr: 1)", [0, 0, -1, -1, -1, -2]],
  // v is 1, then 1.9, and is held in the other calls.
  ["every 2", "sgd(lr: 1, momentum: 0.9)", [0, -1, -1, -2.9, -2.9, -5.61]],
])("%s with %s", (clause, optimizer, expected) => {
  const model = run(`${line}train entry step(x: f32[]) {
  minimize A(x) over A ${clause} with ${optimizer}
}`);
  const found = expected.map(() => {
    model.call("step", { x: [1] });
    return model.state("A.w")[0];
  });
  found.forEach((value, k) => expect(value).toBeCloseTo(expected[k] ?? 0, 5));
});

const regression = `model Net(x: f32[4, 2]) -> f32[4, 1] = x |> dense(3) |> tanh |> dense(1)
`;
test.each([
  "adam(lr: 1e-2)",
  "clip_by_global_norm(0.1) |> adam(lr: 1e-2)",
  "accumulate(2) |> sgd(lr: 0.1, momentum: 0.9)",
])("update with the gradients of a loss is minimize: %s", (chain) => {
  const all = (statements: string): number[][] => {
    const model = run(
      `${regression}train entry step(x: f32[4, 2]) {\n  let loss = mean((Net(x) - 1) ^ 2)\n  ${statements}\n}`,
    );
    for (let k = 0; k < 4; k++) model.call("step", { x });
    return ["dense1.w", "dense1.b", "dense2.w", "dense2.b"].map((path) => model.state(`Net.${path}`));
  };
  expect(all(`update Net with grad(loss, params(Net)) |> ${chain}`)).toEqual(
    all(`minimize loss over Net with ${chain}`),
  );
});

test("update takes a record by path, and a model that the entry does not apply", () => {
  const model = run(`${line}model B(x: f32[]) -> f32[] = A(x) + x
train entry apply(g: f32[]) {
  update A with { w: g } |> sgd(lr: 0.5)
}
entry predict(x: f32[]) { A(x) }`);
  model.call("apply", { g: [3] });
  expect(model.state("A.w")).toEqual([-1.5]);
});

test.each(["[A, B]", "A, B"])("update %s is one step of both", (targets) => {
  const model = run(`${line}model B(x: f32[]) -> f32[] = A(x) + x
model C(x: f32[]) -> f32[] {
  param w: f32[] = 1
  w * x
}
train entry apply(x: f32[]) {
  let loss = A(x) + C(x)
  update ${targets.replace("B", "C")} every 2 with grad(loss, params([A, C])) |> clip_by_global_norm(1.0) |> sgd(lr: 1)
}
entry at_zero(x: f32[]) { let update = [x, 2 * x]
  update[1]
}`);
  model.call("apply", { x: [3] });
  model.call("apply", { x: [3] });
  expect(model.state("A.w")[0]).toBeCloseTo(-Math.SQRT1_2);
  expect(model.state("C.w")[0]).toBeCloseTo(1 - Math.SQRT1_2);
  expect(Object.values(model.call("at_zero", { x: [3] }))).toEqual([[6]]);
});

// P. Foret et al., "Sharpness-aware minimization for efficiently improving generalization", 2021.
test("SAM is an update with the gradient at the neighbour", () => {
  const square = `model A(x: f32[]) -> f32[] {
  param w: f32[] = 2
  x * w ^ 2
}
train entry step(x: f32[]) {
  let g = grad(A(x), params(A))
  let near = for i in range(len(g)) { stop_gradient(params(A)[i] + 0.5 * g[i] / abs(g[i])) }
  update A with grad(at(A, near)(x), near) |> sgd(lr: 0.1)
}`;
  const model = run(square);
  model.call("step", { x: [1] });
  // 2 - 0.1 * 2 * (2 + 0.5)
  expect(model.state("A.w")[0]).toBeCloseTo(1.5, 6);
});

test.each([
  ["minimize A(x) over A every 0 with sgd", "expected a positive int for `every`, found the int 0"],
  ["minimize A(x) over A when x with sgd", "compare a tensor"],
  ["update A with [x, x] |> sgd", "expected 1 gradients, found 2"],
  ["update A with x |> sgd", "give a list in the order of params(Net)"],
  ["update A with { v: x } |> sgd", "expected f32[] for the gradient of `A.w`, found nothing"],
  ["update A with [x]", "expected an optimizer, found nothing"],
  ["minimize A(x) over A, only: 3 with sgd", "expected a pattern of paths for `only`, found the int 3"],
  ['freeze A, only: "*.q"\n  minimize A(x) over A with sgd', 'no param of `A` matches "*.q"'],
  ["A.*.norm <- x\n  minimize A(x) over A with sgd", "cannot write to `A.*.norm`"],
])("%s is an error", (statements, message) => {
  expect(
    rendered(
      elaborateText(`${line}train entry step(x: f32[]) {\n  ${statements}\n}\nentry predict(x: f32[]) { A(x) }`),
    ),
  ).toContain(message);
});

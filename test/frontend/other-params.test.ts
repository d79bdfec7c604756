import { expect, test } from "vitest";
import { elaborateText, rendered, Runner, programOf, run } from "./program.ts";

const net = `dl 1
model Net(x: f32[N, 3]) -> f32[N, 2] = x |> dense(4) |> tanh |> dense(2)
`;
const x = Array.from({ length: 12 }, (_, i) => Math.sin(3 * i));
const label = [0, 1, 1, 0];

/** The loss of the net by hand. */
function lossOf(w: readonly (readonly number[])[]): number {
  const [w1 = [], b1 = [], w2 = [], b2 = []] = w;
  const losses = label.map((y, n) => {
    const h = [0, 1, 2, 3].map((j) =>
      Math.tanh([0, 1, 2].reduce((s, i) => s + (x[3 * n + i] ?? 0) * (w1[4 * i + j] ?? 0), b1[j] ?? 0)),
    );
    const z = [0, 1].map((k) => h.reduce((s, v, j) => s + v * (w2[2 * j + k] ?? 0), b2[k] ?? 0));
    return Math.log(Math.exp(z[0] ?? 0) + Math.exp(z[1] ?? 0)) - (z[y] ?? 0);
  });
  return losses.reduce((a, b) => a + b, 0) / 4;
}

/** The gradient by central differences. */
function gradientOf(
  f: (w: readonly (readonly number[])[]) => number,
  w: readonly (readonly number[])[],
  h = 1e-4,
): number[][] {
  return w.map((values, p) =>
    values.map((_, i) => {
      const moved = (by: number): number =>
        f(w.map((other, q) => (q === p ? other.map((v, k) => (k === i ? v + by : v)) : other)));
      return (moved(h) - moved(-h)) / (2 * h);
    }),
  );
}

const paths = ["dense1.w", "dense1.b", "dense2.w", "dense2.b"].map((path) => `Net.${path}`);
const params = (runner: Runner): number[][] => paths.map((path) => runner.state(path));

// C. Finn, P. Abbeel, S. Levine, "Model-agnostic meta-learning for fast adaptation of deep networks", 2017.
test("the outer gradient of MAML goes through the inner step", () => {
  const runner = run(`${net}train entry step(x: f32[4, 3], label: i32[4]) {
  let near = mean(cross_entropy(Net(x), label))
  let g = grad(near, params(Net))
  let fast = for i in range(len(g)) { params(Net)[i] - 0.5 * g[i] }
  let loss = mean(cross_entropy(at(Net, fast)(x), label))
  minimize loss over Net with sgd(lr: 1.0)
  { near, loss }
}
`);
  const w = params(runner);
  const outer = (v: readonly (readonly number[])[]): number => {
    const g = gradientOf(lossOf, v);
    return lossOf(v.map((values, p) => values.map((value, i) => value - 0.5 * (g[p]?.[i] ?? 0))));
  };
  const out = runner.call("step", { x, label });
  expect(out["near"]?.[0]).toBeCloseTo(lossOf(w), 5);
  expect(out["loss"]?.[0]).toBeCloseTo(outer(w), 5);
  const g = gradientOf(outer, w, 1e-3);
  params(runner).forEach((values, p) =>
    values.forEach((value, i) => expect((w[p]?.[i] ?? 0) - value).toBeCloseTo(g[p]?.[i] ?? 0, 4)),
  );
});

// P. Foret et al., "Sharpness-aware minimization for efficiently improving generalization", 2021.
test("SAM takes the gradient at the neighbour and moves the params", () => {
  const runner = run(`${net}train entry step(x: f32[4, 3], label: i32[4]) {
  let near = mean(cross_entropy(Net(x), label))
  let g = grad(near, params(Net))
  let norm = sqrt(fold(add, for each in g { sum(each ^ 2) }))
  let there = for i in range(len(g)) { stop_gradient(params(Net)[i] + 0.05 * g[i] / norm) }
  let h = grad(mean(cross_entropy(at(Net, there)(x), label)), there)
  let surrogate = fold(add, for i in range(len(h)) { sum(params(Net)[i] * stop_gradient(h[i])) })
  minimize surrogate over Net with sgd(lr: 0.1)
}
`);
  const w = params(runner);
  const g = gradientOf(lossOf, w);
  const norm = Math.sqrt(g.flat().reduce((s, v) => s + v * v, 0));
  const h = gradientOf(
    lossOf,
    w.map((values, p) => values.map((v, i) => v + (0.05 * (g[p]?.[i] ?? 0)) / norm)),
  );
  runner.call("step", { x, label });
  params(runner).forEach((values, p) =>
    values.forEach((value, i) => expect(value).toBeCloseTo((w[p]?.[i] ?? 0) - 0.1 * (h[p]?.[i] ?? 0), 5)),
  );
});

test("a record has some of the params; the others keep their values; a function with values is a value", () => {
  const runner = run(`${net}entry f(x: f32[4, 3], b: f32[2]) {
  let plain = Net(x)
  let moved = at(Net, { dense2: { b } })
  let twice = at(moved, { dense1: { b: 1 } })
  { plain, moved: x |> moved, twice: twice(x), one: moved.dense2.b }
}
`);
  const out = runner.call("f", { x, b: [1, 2] });
  out["moved"]?.forEach((y, k) => expect(y).toBeCloseTo((out["plain"]?.[k] ?? 0) + 1 + (k % 2), 5));
  expect(out["one"]).toEqual([1, 2]);
  expect(out["twice"]).not.toEqual(out["moved"]);
});

// All of the library inside: batch norm with its states, a cell in a scan, a convolution, a block that is recomputed.
test("at the params themselves a model has its own value, and its own gradient", () => {
  const runner = run(
    `dl 1
model Net(x: f32[2, 6, 4]) -> f32[2] {
  let h = x |> conv(4, kernel: [3]) |> batch_norm |> gru(3)
  checkpoint { h[:, -1] |> dense(1) |> squeeze(-1) }
}
train entry step(x: f32[2, 6, 4]) {
  let y = Net(x)
  let own = for p in params(Net) { p * 1.0 }
  let z = at(Net, own)(x)
  { y, z, a: grad(sum(y), params(Net)), b: grad(sum(z), own) }
}
`,
  );
  const out = runner.call("step", { x: Array.from({ length: 48 }, (_, i) => Math.cos(i)) });
  expect(out["z"]).toEqual(out["y"]);
  const names = Object.keys(out).filter((name) => name.startsWith("a."));
  expect(names.length).toBeGreaterThan(6);
  for (const name of names) expect(out[name.replace("a", "b")]).toEqual(out[name]);
});

test("other params in the body of a scan", () => {
  const runner = run(
    `${net}entry f(x: f32[4, 3], by: f32[2, 2]) {
  let plain = Net(x)
  let y = scan b in by along 0 {
    yield at(Net, { dense2: { b } })(x)
  }
  { plain, y }
}
`,
  );
  const out = runner.call("f", { x, by: [1, 1, 3, 3] });
  out["plain"]?.forEach((v, k) => {
    expect(out["y"]?.[k]).toBeCloseTo(v + 1, 5);
    expect(out["y"]?.[8 + k]).toBeCloseTo(v + 3, 5);
  });
});

test("the mean of nets", () => {
  const program = programOf(`dl 1
layer net(x: f32[N, 3]) -> f32[N, 2] = x |> dense(2)
model A(x: f32[N, 3]) = net(x)
model B(x: f32[N, 3]) = net(x)
entry both(x: f32[4, 3]) { { a: A(x), b: B(x) } }
entry soup(x: f32[4, 3]) {
  let mean = for i in range(len(params(A))) { 0.5 * (params(A)[i] + params(B)[i]) }
  at(A, mean)(x)
}
`);
  const runner = new Runner(program);
  const { a = [], b = [] } = runner.call("both", { x });
  runner.call("soup", { x })["result"]?.forEach((y, k) => expect(y).toBeCloseTo(((a[k] ?? 0) + (b[k] ?? 0)) / 2, 5));
});

test.each([
  ["at(Net, [1.0])(x)", "without a value: Net.dense1.b, Net.dense2.w, Net.dense2.b"],
  ["at(Net, params(Net) + [1.0])(x)", "expected 4 values of params, found 5"],
  ["at(Net, { dense1: { b: ones([3]) } })(x)", "expected f32[4] for `Net.dense1.b`, found f32[3]"],
  ["at(Net, { dense3: { b: 1 } })(x)", "`Net` has no `dense3.b`"],
  ["at(relu, [1.0])(x)", "has no params"],
  ["at(Net, 3)(x)", "expected the values of params, found the int 3"],
])("%s is an error", (text, message) => {
  expect(rendered(elaborateText(`${net}entry f(x: f32[4, 3]) { { y: Net(x), z: ${text} } }\n`))).toContain(message);
});

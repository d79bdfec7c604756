import fc from "fast-check";
import { expect, test } from "vitest";
import { elaborateText, programOf, rendered, run } from "./program.ts";

const close = (actual: readonly number[] | undefined, wanted: readonly number[], tolerance = 1e-5): void => {
  expect(actual?.length).toBe(wanted.length);
  wanted.forEach((value, k) => expect(actual?.[k]).toBeCloseTo(value, -Math.log10(tolerance)));
};

test("scan: carries, yields, and the last carries as members", () => {
  const model = run(`entry f(x: f32[4, 2]) {
  let run = scan row in x along 0 carry s = zeros([2]), n = 0 {
    next s = s + row
    next n = n + 1
    yield next s * 10
  }
  { run, last: run.s, count: run.n }
}`);
  const x = [1, 2, 3, 4, 5, 6, 7, 8];
  expect(model.call("f", { x })).toEqual({ run: [10, 20, 40, 60, 90, 120, 160, 200], last: [16, 20], count: [4] });
});

test("scan: reversed, along a named axis, which keeps its position in the output", () => {
  const model = run(
    `entry f(x: f32[N, T, 2]) {
  scan xt in x along T reversed carry s = zeros([N, 2]) {
    next s = s + xt
    yield next s
  }
}`,
    [{ N: 1, T: 3 }],
  );
  expect(model.call("f", { x: [1, 2, 3, 4, 5, 6] })).toEqual({ result: [9, 12, 8, 10, 5, 6] });
});

test("scan: a dim of the layer's signature names the axis, independent of the caller's names", () => {
  const model = run(`layer sums()(x: f32[B, T, D]) -> f32[B, T, D] {
  scan xt in x along T carry s = zeros([B, D]) {
    next s = s + xt
    yield next s
  }
}
entry f(x: f32[2, 2, 2]) { sums(x) }`);
  expect(model.call("f", { x: [1, 2, 3, 4, 5, 6, 7, 8] })).toEqual({ result: [1, 2, 4, 6, 5, 6, 12, 14] });
});

test("scan: several sequences, tuples and records as yields, a counter without sequences", () => {
  const model = run(`entry f(x: f32[3], y: f32[3]) {
  let pairs = scan a in x, b in y along 0 { yield { sum: a + b, both: (a, b * 2) } }
  let squares = scan t along 4 { yield t * t }
  { pairs, squares }
}`);
  expect(model.call("f", { x: [1, 2, 3], y: [4, 5, 6] })).toEqual({
    "pairs.sum": [5, 7, 9],
    "pairs.both.0": [1, 2, 3],
    "pairs.both.1": [8, 10, 12],
    squares: [0, 1, 4, 9],
  });
});

test("scan: the params of a body exist once; states are carried between iterations", () => {
  const model = run(`model Net(x: f32[T, 2]) -> f32[T, 2] {
  state seen: f32 = 0
  scan xt in x along T {
    seen <- seen + 1
    yield xt[_] |> dense(2, bias: false) |> reshape([2])
  }
}
train entry step(x: f32[3, 2]) {
  let loss = mean(Net(x) ^ 2)
  minimize loss over Net with sgd(lr: 0.001)
  { loss }
}`);
  expect(model.program.persistent.map((p) => p.path)).toEqual(["rng.seed", "step.step", "Net.seen", "Net.dense1.w"]);
  const x = [1, 2, 3, 4, 5, 6];
  const first = model.call("step", { x })["loss"]?.[0] ?? 0;
  expect(model.call("step", { x })["loss"]?.[0]).toBeLessThan(first);
  expect(model.state("Net.seen")).toEqual([6]);
});

test("scan: its gradient equals that of the unrolled iterations", () => {
  const body = "next h = tanh(xt @ w + h @ w)";
  const model = run(`entry f(x: f32[3, 2, 2], w: f32[2, 2]) {
  let run = scan xt in x along 0 carry h = zeros([2, 2]) { ${body} }
  let h1 = tanh(x[0] @ w + zeros([2, 2]) @ w)
  let h2 = tanh(x[1] @ w + h1 @ w)
  let h3 = tanh(x[2] @ w + h2 @ w)
  let (a, b) = grad(sum(run.h), (x, w))
  let (c, d) = grad(sum(h3), (x, w))
  { a, b, c, d }
}`);
  fc.assert(
    fc.property(fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: 16, maxLength: 16 }), (numbers) => {
      const { a, b, c, d } = model.call("f", { x: numbers.slice(0, 12), w: numbers.slice(12) });
      close(a, c ?? [], 1e-4);
      close(b, d ?? [], 1e-4);
    }),
    { numRuns: 10 },
  );
});

test("random draws differ between iterations, and from each other", () => {
  const model = run(`entry f() {
  let run = scan t along 5 { yield (normal([3]), normal([3])) }
  let outer = scan t along 2 { 
    let inner = scan u along 2 { yield normal([]) }
    yield inner
  }
  let loop = while carry s = 0.0, i = 0 until i >= 3 {
    next s = s * 10 + floor(uniform([]) * 10)
    next i = i + 1
  }
  { run, outer, s: loop.s }
}`);
  const outputs = model.call("f");
  const draws = [...(outputs["run.0"] ?? []), ...(outputs["run.1"] ?? []), ...(outputs["outer"] ?? [])];
  expect(new Set(draws).size).toBe(34);
  expect(model.call("f")).toEqual(outputs);
});

test("while runs until its condition holds, and not at all if it holds initially", () => {
  const model = run(`entry root(a: f32) {
  let newton = while carry x = 1.0, i = 0 until abs(x * x - a) < 1e-5 * a or i >= 100 {
    next x = 0.5 * (x + a / x)
    next i = i + 1
  }
  { x: newton.x, i: newton.i }
}`);
  close(model.call("root", { a: [2] })["x"], [Math.SQRT2]);
  expect(model.call("root", { a: [1] })).toEqual({ x: [1], i: [0] });
});

test("cond computes one branch, and its gradient is that branch's", () => {
  const model = run(`entry f(p: bool, x: f32[2]) {
  let (y, k) = cond p { (x * x, 1) } else { (3 * x, 2) }
  { y, k, g: grad(sum(y), x), s: cond 1 < 2 { 1 } else { x } }
}`);
  expect(model.call("f", { p: [1], x: [2, 3] })).toEqual({ y: [4, 9], k: [1], g: [4, 6], s: [1] });
  expect(model.call("f", { p: [0], x: [2, 3] })).toEqual({ y: [6, 9], k: [2], g: [3, 3], s: [1] });
});

test("a state that one branch writes keeps its value in the other", () => {
  const model = run(`model Counter(p: bool) -> f32 {
  state n: f32 = 0
  cond p {
    n <- n + 1
    n
  } else { -1.0 }
}
entry f(p: bool) { Counter(p) }`);
  expect(model.call("f", { p: [1] })).toEqual({ result: [1] });
  expect(model.call("f", { p: [0] })).toEqual({ result: [-1] });
  expect(model.call("f", { p: [1] })).toEqual({ result: [2] });
});

test("checkpoint changes no value, and keeps static values static", () => {
  const model = run(`entry f(x: f32[2]) {
  let (y, n) = checkpoint { (exp(x) * x, 3) }
  { y: y * n, g: grad(sum(y), x), h: grad(sum(exp(x) * x), x) }
}`);
  const { g, h } = model.call("f", { x: [0.5, 1] });
  expect(g).toEqual(h);
});

test("with gradient: the rule replaces the derivative, and may use static parameters", () => {
  const model = run(`fn straight(x: f32[..S]) -> f32[..S] = floor(x) with gradient (dy) { dy }
fn bent(k: f32)(x: f32[..S], y: f32[..S]) -> f32[..S] = x * y * k with gradient (dy) { (dy * k, dy * x) }
entry f(x: f32[2], y: f32[2], k: f32) {
  let (gx, gy) = grad(sum(bent(x, y, k: k)), (x, y))
  { s: straight(x), g: grad(sum(straight(x) * x), x), gx, gy }
}`);
  expect(model.call("f", { x: [1.5, 2.5], y: [3, 4], k: [2] })).toEqual({
    s: [1, 2],
    g: [2.5, 4.5],
    gx: [2, 2],
    gy: [1.5, 2.5],
  });
});

test("a gradient rule for a loop of unknown length, and for static numbers that become scalars of the graph", () => {
  const model = run(`fn root(x: f32) -> f32 {
  let newton = while carry y = 1.0, i = 0 until i >= 20 {
    next y = 0.5 * (y + x / y)
    next i = i + 1
  }
  newton.y
} with gradient (dy) { dy * 0.5 / sqrt(x) }
entry f(x: f32) { { y: root(x), g: grad(root(x), x), two: root(4) } }`);
  const { y, g, two } = model.call("f", { x: [9] });
  close(y, [3]);
  close(g, [1 / 6]);
  close(two, [2]);
});

test("jvp is the derivative along a tangent", () => {
  const model = run(`entry f(x: f32[3], v: f32[3]) { jvp(sin(x) * sum(x), x, v) }`);
  const [x, v] = [
    [0.1, 0.7, -0.4],
    [1, -2, 0.5],
  ];
  const at = (t: number): number[] => {
    const moved = x?.map((a, k) => a + t * (v?.[k] ?? 0)) ?? [];
    return moved.map((a) => Math.sin(a) * moved.reduce((p, q) => p + q, 0));
  };
  const step = 1e-4;
  const back = at(-step);
  close(
    model.call("f", { x: x ?? [], v: v ?? [] })["result"],
    at(step).map((y, k) => (y - (back[k] ?? 0)) / (2 * step)),
    1e-4,
  );
});

test("for is unrolled: a list of values, each with separate params", () => {
  const model = run(`model Net(x: f32[2, 3]) = for width in [1, 2] { x |> dense(width) }
entry f(x: f32[2, 3]) {
  let (a, b) = Net(x)
  { a, b, squares: for i in 4 { i * i } }
}`);
  expect(model.program.persistent.map((p) => p.path).slice(1)).toEqual([
    "Net.for1.0.dense1.w",
    "Net.for1.0.dense1.b",
    "Net.for1.1.dense1.w",
    "Net.for1.1.dense1.b",
  ]);
  const outputs = model.call("f", { x: [1, 2, 3, 4, 5, 6] });
  expect([outputs["a"]?.length, outputs["b"]?.length, outputs["squares.3"]]).toEqual([2, 4, [9]]);
});

test("layers inside branches and loops share params with the same instance outside", () => {
  const program = programOf(`model Net(p: bool, x: f32[2, 3]) -> f32[2, 3] {
  let enc = dense(3)
  let y = enc(x)
  cond p { enc(y) } else { y |> dense(3) }
}
entry f(p: bool, x: f32[2, 3]) { Net(p, x) }`);
  expect(program.persistent.map((p) => p.path).slice(1)).toEqual([
    "Net.enc.w",
    "Net.enc.b",
    "Net.dense1.w",
    "Net.dense1.b",
  ]);
});

test("an error in a loop body is reported once", () => {
  const text =
    "entry f(x: f32[4, 2]) {\n  let run = scan row in x along 0 carry s = zeros([2]) {\n    next s = s + missing\n    yield next s\n  }\n  run.s + run\n}";
  expect(rendered(elaborateText(text)).match(/error/g)).toHaveLength(1);
});

test("a gradient may contain a loop of unknown length under stop_gradient", () => {
  const model = run(`entry f(x: f32[2]) {
  let loop = while carry a = x, i = 0 until i >= 2 {
    next a = a * 0.5
    next i = i + 1
  }
  { slope: grad(sum(x * stop_gradient(loop.a)), x) }
}`);
  expect(model.call("f", { x: [4, 8] })).toEqual({ slope: [1, 2] });
});

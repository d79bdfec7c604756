import { expect, test } from "vitest";
import { elaborateText, graphOf, programOf, run } from "./program.ts";

const shapes = (program: ReturnType<typeof programOf>, entry: string): Record<string, readonly number[]> =>
  Object.fromEntries(graphOf(program, entry).outputs.map(({ name, value }) => [name, value.type.shape]));

test("a classifier with weight decay, clipping, Adam and a saliency map", () => {
  const program = programOf(
    `dl 1
model LeNet(image: f32[N, 28, 28, 1]) -> f32[N, 10] {
  image
    |> conv(6, kernel: [5, 5], padding: "same") |> relu |> max_pool([2, 2])
    |> conv(16, kernel: [5, 5]) |> relu |> max_pool([2, 2])
    |> flatten
    |> dense(120) |> relu
    |> dense(84) |> relu
    |> dense(10)
}
train entry step(image: f32[N, 28, 28, 1], label: i32[N]) {
  let logits = LeNet(image)
  let loss = mean(cross_entropy(logits, label)) + 1e-4 * l2(LeNet)
  minimize loss over LeNet with clip_by_global_norm(1.0) |> adam(lr: 1e-3)
  { loss, accuracy: accuracy(logits, label) }
}
entry saliency(image: f32[N, 28, 28, 1], class: i32[N]) {
  { map: abs(grad(sum(pick(LeNet(image), class)), image)) }
}`,
    [{ N: 2 }],
  );
  expect(shapes(program, "step")).toEqual({ loss: [], accuracy: [] });
  expect(shapes(program, "saliency")).toEqual({ map: [2, 28, 28, 1] });
});

test("residual towers", () => {
  const program = programOf(
    `layer residual(channels: int)(x: f32[N, H, W, channels]) -> f32[N, H, W, channels] {
  let y = x |> conv(channels, kernel: [3, 3], padding: "same") |> batch_norm |> relu
            |> conv(channels, kernel: [3, 3], padding: "same") |> batch_norm
  relu(x + y)
}
model Tower(x: f32[N, H, W, 4]) = repeat 3 { x |> residual(4) } |> global_avg_pool
entry f(x: f32[N, 6, 5, 4]) { Tower(x) }`,
    [{ N: 2 }],
  );
  expect(shapes(program, "f")).toEqual({ result: [2, 4] });
  expect(program.persistent.map((p) => p.path).filter((p) => p.endsWith(".w"))).toEqual(
    [0, 1, 2].flatMap((iteration) => [1, 2].map((k) => `Tower.repeat1.${iteration}.residual1.conv${k}.w`)),
  );
});

test("a GAN: two models, each with its own optimizer, and noise as input", () => {
  const program = programOf(
    `dl 1
dim N

model G(z: f32[N, 64]) -> f32[N, 784] = z |> dense(256) |> leaky_relu(0.2) |> dense(784) |> sigmoid
model D(x: f32[N, 784]) -> f32[N] = x |> dense(256) |> leaky_relu(0.2) |> dense(1) |> squeeze(-1)

train entry d_step(real: f32[N, 784]) {
  let fake = stop_gradient(G(normal([N, 64])))
  let loss = mean(bce_logits(D(real), 1)) + mean(bce_logits(D(fake), 0))
  minimize loss over D with adam(lr: 2e-4, beta1: 0.5)
  { loss }
}
train entry g_step() {
  let loss = mean(bce_logits(D(G(normal([N, 64]))), 1))
  minimize loss over G with adam(lr: 2e-4, beta1: 0.5)
  { loss }
}`,
    [{ N: 3 }],
  );
  const written = (entry: string, model: string): string[] =>
    graphOf(program, entry)
      .writes.map((w) => w.path)
      .filter((path) => path.startsWith(model));
  expect([written("d_step", "D."), written("d_step", "G.")]).toEqual([
    ["dense1.w", "dense1.b", "dense2.w", "dense2.b"].map((p) => `D.${p}`),
    [],
  ]);
  expect([written("g_step", "D."), written("g_step", "G.").length]).toEqual([[], 4]);
  expect(program.entries.map((e) => e.dims)).toEqual([{ N: 3 }, { N: 3 }, {}]);
});

test("attention, written with the primitives", () => {
  const program = programOf(
    `layer attention(heads: int)(x: f32[N, T, D]) -> f32[N, T, D] {
  require(D % heads == 0, "heads divide the width")
  let (q, k, v) = split(x |> dense(3 * D), 3)
  let head = to_heads(heads: heads)
  let scores = head(q) @ transpose(head(k), [0, 1, 3, 2]) / sqrt(D / heads)
  let mixed = softmax(scores) @ head(v)
  reshape(transpose(mixed, [0, 2, 1, 3]), [N, T, D]) |> dense(D)
}
fn to_heads(heads: int)(x: f32[N, T, D]) -> f32[N, heads, T, D / heads] = transpose(reshape(x, [N, T, heads, D / heads]), [0, 2, 1, 3])
model Block(x: f32[N, T, D]) = x + (x |> attention(2))
entry f(x: f32[N, 5, 6]) { Block(x) }`,
    [{ N: 2 }],
  );
  expect(shapes(program, "f")).toEqual({ result: [2, 5, 6] });
});

test("dropped and new axes of an index are at the positions where they are written", () => {
  const program = programOf(
    `entry f(x: f32[5, 1, 2], y: i32[3, 4]) {
  { moved: x[_, :, 0], last: y[0, :, _], after: x[:, 0, :, _], all: x[_, 0, 0, 0] }
}`,
  );
  expect(shapes(program, "f")).toEqual({ moved: [1, 5, 2], last: [4, 1], after: [5, 2, 1], all: [1] });
});

test("a batch of one sample is mixed with itself", () => {
  const program = programOf(
    `train entry f(x: f32[1, 4, 4, 3], y: f32[1, 2]) {
  let (a, b) = mixup(x, y)
  let (c, d) = cutmix(x, y)
  { a, b, c, d }
}`,
  );
  expect(shapes(program, "f")).toEqual({ a: [1, 4, 4, 3], b: [1, 2], c: [1, 4, 4, 3], d: [1, 2] });
});

test("`select` takes a static condition beside tensors", () => {
  const { a, b } = run(`entry f(x: f32[2]) { { a: select(2 > 1, x, 0), b: select(2 < 1, x, 0) } }`).call("f", {
    x: [3, 4],
  });
  expect([a, b]).toEqual([
    [3, 4],
    [0, 0],
  ]);
});

test("`==` and `!=` compare bools, static ones too", () => {
  const out = run(
    `entry f(a: bool[4], b: bool[4]) { { equal: a == b, differ: a != b, same: a == true, other: false != b } }`,
  );
  expect(out.call("f", { a: [1, 1, 0, 0], b: [1, 0, 1, 0] })).toEqual({
    equal: [1, 0, 0, 1],
    differ: [0, 1, 1, 0],
    same: [1, 1, 0, 0],
    other: [1, 0, 1, 0],
  });
});

test("of many mistakes the first 200 are reported", () => {
  const lines = Array.from({ length: 300 }, (_, i) => `  let a${i} = unknown${i}(x)\n`);
  const { diagnostics } = elaborateText(`entry f(x: f32[4]) {\n${lines.join("")}  x\n}`);
  expect(diagnostics.length).toBe(201);
  expect(diagnostics.at(-1)?.says).toBe("the program has more than 200 mistakes: those after this are not shown");
});

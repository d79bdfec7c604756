/** Programs as users write them; together they use every construct of the language. */
export const programs = {
  lenet: `dl 1

// A file declares models, entries and, where it likes, its own layers and functions.
// N is a dim: a name that the types share. It is given at compile time (--dim N=64).

model LeNet(image: f32[N, 28, 28, 1]) -> f32[N, 10] {
  image
    |> conv(6, kernel: [5, 5], padding: "same") |> relu |> max_pool([2, 2])
    |> conv(16, kernel: [5, 5]) |> relu |> max_pool([2, 2])
    |> flatten
    |> dense(120) |> relu
    |> dense(84) |> relu
    |> dense(10)
}

entry predict(image: f32[N, 28, 28, 1]) {
  let logits = LeNet(image)
  { logits, probs: softmax(logits) }
}

// \`train entry\`: dropout is on, batch norm uses the batch. \`minimize\` = gradient + optimizer + update of the params
// of LeNet.
train entry step(image: f32[N, 28, 28, 1], label: i32[N]) {
  let logits = LeNet(image)
  let loss = mean(cross_entropy(logits, label)) + 1e-4 * l2(LeNet)
  minimize loss over LeNet with clip_by_global_norm(1.0) |> adam(lr: 1e-3)   // gradient transformations, left to right
  { loss, accuracy: accuracy(logits, label) }
}

// What the model looked at: a gradient with respect to an input, compiled like everything else.
entry saliency(image: f32[N, 28, 28, 1], class: i32[N]) {
  { map: abs(grad(sum(pick(LeNet(image), class)), image)) }
}
`,
  layers: `layer dense(units: int, bias: bool = true)(x: f32[..B, K]) -> f32[..B, units] {
  param w: f32[K, units] = glorot_uniform
  let y = x @ w
  if bias {
    param b: f32[units] = zeros
    y + b
  } else { y }
}

layer batch_norm(momentum: f32 = 0.1, eps: f32 = 1e-5)(x: f32[..S, C]) -> f32[..S, C] {
  param gamma: f32[C] = ones
  param beta: f32[C] = zeros
  state mean: f32[C] = zeros
  state var: f32[C] = ones
  let (m, v) = if train { moments(x, over: ..S) } else { (mean, var) }
  if train {
    mean <- lerp(mean, m, momentum)
    var <- lerp(var, v, momentum)
  }
  (x - m) * (rsqrt(v + eps) * gamma) + beta
}

layer residual(channels: int)(x: f32[N, H, W, channels]) -> f32[N, H, W, channels] {
  let y = x |> conv(channels, kernel: [3, 3], padding: "same") |> batch_norm |> relu
            |> conv(channels, kernel: [3, 3], padding: "same") |> batch_norm
  relu(x + y)
}

model Tower(x: f32[N, H, W, 64]) = repeat 8 { x |> residual(64) } |> global_avg_pool
`,
  gan: `dim N

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
}
`,
  optimizer: `optimizer adam(lr: f32 = 1e-3, beta1: f32 = 0.9, beta2: f32 = 0.999, eps: f32 = 1e-8)(p: f32[..S], g: f32[..S]) -> f32[..S] {
  state m: f32[..S] = zeros
  state v: f32[..S] = zeros
  state t: f32 = 0
  t <- t + 1
  m <- lerp(g, m, beta1)
  v <- lerp(g * g, v, beta2)
  p - lr * (m / (1 - beta1 ^ t)) / (sqrt(v / (1 - beta2 ^ t)) + eps)
}
`,
  lstm: `layer lstm(hidden: int)(x: f32[N, T, D]) -> f32[N, T, hidden] {
  param w: f32[D, 4 * hidden] = glorot_uniform
  param u: f32[hidden, 4 * hidden] = orthogonal
  param b: f32[4 * hidden] = zeros
  scan xt in x along T carry h = zeros([N, hidden]), c = zeros([N, hidden]) {
    let (i, f, g, o) = split(xt @ w + h @ u + b, 4, axis: -1)
    next c = sigmoid(f) * c + sigmoid(i) * tanh(g)
    next h = sigmoid(o) * tanh(next c)
    yield next h
  }
}
`,
  setting: `setting lr: f32 = 1e-3 in log(1e-5, 1e-1)
train entry step(x: f32[N, 3]) {
  let loss = mean(Net(x))
  minimize loss over Net with sgd(lr: cosine(lr, step, total: 10000), momentum: 0.9, nesterov: true)
}
`,
  test: `test "probabilities sum to one" {
  assert close(sum(predict(ones([2, 28, 28, 1])).probs, axis: -1), ones([2]), 1e-6)
}
`,
  control: `fn norm(groups: int)(x: f32[N, C]) -> f32[N, C]
  where C % groups == 0, "\`groups\` divides the channels"
  where groups > 0
{
  let solved = while carry x = x, i = 0 until err < 1e-6 or i >= 100 {
    next x = x / 2
    next i = i + 1
  }
  let picked = cond p { a } else cond (p or q) and r { b } else { c }
  let widths = for w in [1, 2, 4] { dense(w)(x) }
  let run = scan xt in x, (a, b) in pairs
      along T reversed
      carry h = zeros([N, 3]), c = 0.0 {
    next h = h + xt
  }
  checkpoint { run.h + solved.x }
} with gradient (dy) { dy }

fn straight_through(x: f32[..S]) -> f32[..S] = round(x) with gradient (dy) { dy }

train entry tune(x: f32[N, 3]) {
  freeze Net.backbone, Net.head.b
  minimize mean(Net(x)) over Net with sgd(lr: 0.1)
}
`,
  pieces: `import { residual, block as unit } from "./blocks.dl"

fn pieces(x: f32[(H + 2 * p - k) / s + 1, ..S]) {
  let rows = x[.., 0] + x[:, 1:] * b[_, C, _, _]
  let text = "a \\"quoted\\" one"
  if rows == 0 and not flag or x <= 1_000 { a } else if c { b } else { { a, b: 1 } }
}
`,
} as const;

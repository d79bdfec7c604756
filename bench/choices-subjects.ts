/**
 * What `bench:choices` measures: an entry of a small program. Its weights, if it has any, are packed once, before the
 * measurement.
 */
export interface Subject {
  readonly name: string;
  readonly entry: string;
  readonly text: string;
}

const product = (m: number, k: number, n: number): Subject => ({
  name: `product ${m}x${k}x${n}, both operands inputs`,
  entry: "run",
  text: `entry run(x: f32[${m}, ${k}], w: f32[${k}, ${n}]) { { y: x @ w } }`,
});

const model = (name: string, input: string, output: string, body: string): Subject => ({
  name,
  entry: "run",
  text: `model Net(x: ${input}) -> ${output} = x |> ${body}\n\nentry run(x: ${input}) { { y: Net(x) } }`,
});

const dense = (m: number, k: number, n: number): Subject =>
  model(`dense ${m}x${k}x${n} with relu`, `f32[${m}, ${k}]`, `f32[${m}, ${n}]`, `dense(${n}) |> relu`);

const conv = (size: number, inputs: number, outputs: number, stride: number): Subject => {
  const out = Math.ceil(size / stride);
  const layer = `conv(${outputs}, kernel: [3, 3], stride: [${stride}, ${stride}], padding: "same") |> relu`;
  return model(
    `convolution 3x3, ${size}x${size}x${inputs} to ${outputs}, stride ${stride}`,
    `f32[1, ${size}, ${size}, ${inputs}]`,
    `f32[1, ${out}, ${out}, ${outputs}]`,
    layer,
  );
};

const expression = (name: string, input: string, body: string): Subject => ({
  name,
  entry: "run",
  text: `entry run(x: ${input}) { { y: ${body} } }`,
});

export const subjects: readonly Subject[] = [
  product(512, 512, 512),
  product(128, 128, 128),
  product(3, 512, 512),
  product(64, 4096, 64),
  product(256, 256, 1),
  {
    name: "product of transposes 128x96x64",
    entry: "run",
    text: "entry run(x: f32[128, 96], dy: f32[128, 64]) { { dw: transpose(x, perm: [1, 0]) @ dy } }",
  },
  dense(1, 512, 512),
  dense(2, 512, 512),
  dense(3, 512, 512),
  dense(32, 784, 256),
  dense(19, 30, 13),
  conv(28, 32, 32, 1),
  conv(14, 64, 64, 1),
  conv(32, 3, 32, 1),
  conv(28, 32, 64, 2),
  model(
    "depthwise 3x3, 28x28x64",
    "f32[1, 28, 28, 64]",
    "f32[1, 28, 28, 64]",
    `conv(64, kernel: [3, 3], padding: "same", groups: 64)`,
  ),
  expression("sum of rows 256x250", "f32[256, 250]", "sum(x, axis: 1)"),
  expression("sum of columns 256x250", "f32[256, 250]", "sum(x, axis: 0)"),
  expression("softmax 64x100", "f32[64, 100]", "softmax(x, axis: -1)"),
  expression("gelu 64x1000", "f32[64, 1000]", "gelu(x)"),
  model("layer norm 64x250", "f32[64, 250]", "f32[64, 250]", "layer_norm"),
  model("lstm 8x16x64 to 128", "f32[8, 16, 64]", "f32[8, 16, 128]", "lstm(128)"),
  {
    name: "training step of a small net with adam",
    entry: "step",
    text: `model Net(x: f32[32, 64]) -> f32[32, 10] = x |> dense(128) |> relu |> dense(10)

train entry step(x: f32[32, 64]) {
  let loss = mean(Net(x) * Net(x))
  minimize loss over Net with adam(lr: 1e-3)
  { loss }
}`,
  },
];

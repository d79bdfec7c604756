import type { Item } from "./item.ts";

const of = (value: string): Item => ({ name: value, value, inputs: { x: "f32[A, B]" } });

export const activations: readonly Item[] = [
  ...["sigmoid", "tanh", "relu", "relu6", "elu", "selu", "gelu", "silu", "softplus", "log_sigmoid", "mish"].map(
    (name) => of(`${name}(x)`),
  ),
  ...["hard_sigmoid", "hard_swish", "hard_tanh", "softmax", "log_softmax", "sparsemax"].map((name) => of(`${name}(x)`)),
  of("leaky_relu(x, slope: 0.2)"),
  of("elu(x, alpha: 0.5)"),
  of('gelu(x, approximate: "tanh")'),
  of("softmax(x, axis: 0)"),
  of("log_softmax(x, axis: 0)"),
  of("sparsemax(x, axis: 0)"),
  of("clamp(x, lo: -1, hi: 1.5)"),
  of("soft_threshold(x, limit: 0.5)"),
  { name: "glu(silu)(x)", value: "glu(silu)(x)", inputs: { x: "f32[A, 2 * B]" } },
  { name: "prelu", value: "M(x)", declare: "model M(x: f32[A, B]) = x |> prelu", inputs: { x: "f32[A, B]" } },
];

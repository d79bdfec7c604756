// Hints for users of Keras, PyTorch, NumPy and JAX: the names used there, and their equivalents in dlc. Only help texts depend on these tables.

/** Names of functions, layers and constants, in lower case without underscores. */
const names: Readonly<Record<string, string>> = {
  linear: "dense(units); the size of the input follows from the tensor",
  fullyconnected: "dense",
  conv1d: "conv; the number of spatial axes follows from the tensor",
  conv2d: "conv; the number of spatial axes follows from the tensor",
  conv3d: "conv; the number of spatial axes follows from the tensor",
  maxpool1d: "max_pool",
  maxpool2d: "max_pool",
  maxpooling1d: "max_pool",
  maxpooling2d: "max_pool",
  avgpool2d: "avg_pool",
  averagepooling2d: "avg_pool",
  averagepool: "avg_pool",
  globalaveragepooling2d: "global_avg_pool",
  adaptiveavgpool2d: "global_avg_pool, where the output is of size 1",
  batchnormalization: "batch_norm",
  batchnorm1d: "batch_norm",
  batchnorm2d: "batch_norm",
  layernormalization: "layer_norm",
  crossentropyloss: "mean(cross_entropy(logits, label))",
  categoricalcrossentropy: "cross_entropy(logits, label), of logits and not of probabilities",
  sparsecategoricalcrossentropy: "cross_entropy(logits, label), of logits and not of probabilities",
  binarycrossentropy: "bce_logits(logits, target), of logits and not of probabilities",
  bcewithlogitsloss: "bce_logits(logits, target)",
  mseloss: "mse(prediction, target)",
  meansquarederror: "mse(prediction, target)",
  l1loss: "mae(prediction, target)",
  xavieruniform: "glorot_uniform",
  xaviernormal: "glorot_normal",
  kaiminguniform: "he_uniform",
  kaimingnormal: "he_normal",
  cat: "concat(a, b, axis: 1)",
  concatenate: "concat(a, b, axis: 1)",
  permute: "transpose(x, [0, 2, 1])",
  view: "reshape(x, [N, 784])",
  expanddims: "x[.., _], which adds an axis of size 1",
  matmul: "a @ b",
  mm: "a @ b",
  bmm: "a @ b",
  pow: "x ^ 2",
  square: "x ^ 2",
  where: "select(condition, a, b)",
  detach: "stop_gradient(x)",
  nograd: "stop_gradient(x)",
  none: "in an index `_` adds an axis; an argument that is not wanted is left out",
  null: "an argument that is not wanted is left out",
  true: "true",
  false: "false",
  nn: "functions and layers go by their own names: dense(64), relu(x)",
  F: "functions and layers go by their own names: dense(64), relu(x)",
  np: "functions and layers go by their own names: dense(64), relu(x)",
  jnp: "functions and layers go by their own names: dense(64), relu(x)",
  tf: "functions and layers go by their own names: dense(64), relu(x)",
  torch: "functions and layers go by their own names: dense(64), relu(x)",
  keras: "functions and layers go by their own names: dense(64), relu(x)",
  self: "params and states go by their own names",
  sequential: "a model is a chain: model Net(x: f32[N, 784]) = x |> dense(128) |> relu |> dense(10)",
  print: "nothing prints; give a value as an output: { loss, seen: x }",
  float: 'convert(x, dtype: "f32")',
  int: 'convert(x, dtype: "i32")',
};

/** Named arguments by their names in other frameworks: candidates in dlc, of which a function has at most one. */
const parameters: Readonly<Record<string, readonly string[]>> = {
  dim: ["axis", "over"],
  keepdim: ["keep"],
  keepdims: ["keep"],
  learning_rate: ["lr"],
  use_bias: ["bias"],
  filters: ["channels"],
  out_channels: ["channels"],
  out_features: ["units"],
  kernel_size: ["kernel"],
  pool_size: ["window"],
  strides: ["stride"],
  dilation_rate: ["dilation"],
  kernel_initializer: ["init"],
  p: ["rate"],
  betas: ["beta1"],
  epsilon: ["eps"],
  l2: ["weight_decay"],
};

const sizesFollow = "leave it out: the size of the input follows from the tensor";

/** Named arguments without an equivalent. */
const advice: Readonly<Record<string, string>> = {
  activation: "an activation is a step of its own: dense(128) |> relu",
  input_shape: sizesFollow,
  input_dim: sizesFollow,
  in_features: sizesFollow,
  in_channels: sizesFollow,
  inplace: "leave it out: nothing is changed in place",
  training: "leave it out: a `train entry` trains, any other entry does not",
};

/** Methods of tensors, and their equivalents. */
const methods: Readonly<Record<string, string>> = {
  backward: "`minimize loss over Model with adam(lr: 1e-3)` differentiates and updates; `grad(loss, x)` gives a gradient",
  item: "leave it out: an output without axes is a number",
  numpy: "leave it out: outputs are plain arrays",
  to: 'leave it out: there is one memory; convert(x, dtype: "f32") converts',
  cuda: "leave it out: there is one memory",
  detach: "write stop_gradient(x)",
  view: "write reshape(x, [..])",
  permute: "write transpose(x, [..])",
  T: "write transpose(x, [1, 0])",
  unsqueeze: "write x[.., _]",
  zero_grad: "leave it out: `minimize` computes each gradient anew",
  step: "leave it out: `minimize` updates the params",
  fit: "write a `train entry`, and run `dlc train`",
  compile: "write a `train entry` with `minimize loss over Model with adam(lr: 1e-3)`",
  parameters: "write params(Model)",
};

const dtypes: Readonly<Record<string, string>> = {
  float: "f32",
  float32: "f32",
  double: "f64",
  float64: "f64",
  half: "f32",
  float16: "f32",
  int: "i32",
  int32: "i32",
  int64: "i32",
  long: "i32",
  uint8: "u8",
  byte: "u8",
  int8: "i8",
  boolean: "bool",
};

const own = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined => (Object.hasOwn(table, key) ? table[key] : undefined);

/** The equivalent of a name of another framework. */
export function nameHint(name: string): string | undefined {
  const found = own(names, name) ?? (name.length > 1 ? own(names, name.toLowerCase().replaceAll("_", "")) : undefined);
  return found === undefined ? undefined : `in this language: ${found}`;
}
export const dtypeHint = (name: string): string | undefined => own(dtypes, name);
export const methodHint = (name: string): string | undefined => own(methods, name);

/** The equivalent of a named argument of another framework, among the parameters of the function. */
export function parameterHint(name: string, known: readonly string[]): string | undefined {
  const found = own(parameters, name)?.find((candidate) => known.includes(candidate));
  return found === undefined ? own(advice, name) : `here it is ${found}`;
}

// Hints for users of Keras, PyTorch, NumPy and JAX: the names used there, and their equivalents in dlc. Only help texts
// depend on these tables.

const inferred = "; the size of the input is inferred";
const plainNames = "functions and layers have no prefix: dense(64), relu(x)";
const ofLogits = "; its input is logits, not probabilities";

/** Names of functions, layers and constants, in lower case without underscores. */
const names: Readonly<Record<string, string>> = {
  linear: `use \`dense(units)\`${inferred}`,
  fullyconnected: "use `dense(units)`",
  conv1d: "use `conv`; the number of spatial axes is inferred",
  conv2d: "use `conv`; the number of spatial axes is inferred",
  conv3d: "use `conv`; the number of spatial axes is inferred",
  maxpool1d: "use `max_pool`",
  maxpool2d: "use `max_pool`",
  maxpooling1d: "use `max_pool`",
  maxpooling2d: "use `max_pool`",
  avgpool2d: "use `avg_pool`",
  averagepooling2d: "use `avg_pool`",
  averagepool: "use `avg_pool`",
  globalaveragepooling2d: "use `global_avg_pool`",
  adaptiveavgpool2d: "use `global_avg_pool` for an output of size 1",
  batchnormalization: "use `batch_norm`",
  batchnorm1d: "use `batch_norm`",
  batchnorm2d: "use `batch_norm`",
  layernormalization: "use `layer_norm`",
  crossentropyloss: "use `mean(cross_entropy(logits, label))`",
  categoricalcrossentropy: `use \`cross_entropy(logits, label)\`${ofLogits}`,
  sparsecategoricalcrossentropy: `use \`cross_entropy(logits, label)\`${ofLogits}`,
  binarycrossentropy: `use \`bce_logits(logits, target)\`${ofLogits}`,
  bcewithlogitsloss: "use `bce_logits(logits, target)`",
  mseloss: "use `mse(prediction, target)`",
  meansquarederror: "use `mse(prediction, target)`",
  l1loss: "use `mae(prediction, target)`",
  xavieruniform: "use `glorot_uniform`",
  xaviernormal: "use `glorot_normal`",
  kaiminguniform: "use `he_uniform`",
  kaimingnormal: "use `he_normal`",
  vmap: "`vmap` is not supported yet; ops broadcast over leading axes, and `scan` runs along an axis",
  last: "use `x[:, -1]` for the last step of a sequence",
  cat: "use `concat(a, b, axis: 1)`",
  concatenate: "use `concat(a, b, axis: 1)`",
  permute: "use `transpose(x, [0, 2, 1])`",
  view: "use `reshape(x, [N, 784])`",
  expanddims: "use `x[.., _]` to add an axis of size 1",
  matmul: "use `a @ b`",
  mm: "use `a @ b`",
  bmm: "use `a @ b`",
  pow: "use `x ^ 2`",
  square: "use `x ^ 2`",
  where: "use `select(condition, a, b)`",
  detach: "use `stop_gradient(x)`",
  nograd: "use `stop_gradient(x)`",
  none: "use `_` in an index to add an axis; leave out an argument that is not needed",
  null: "leave out an argument that is not needed",
  true: "use `true`",
  false: "use `false`",
  nn: plainNames,
  F: plainNames,
  np: plainNames,
  jnp: plainNames,
  tf: plainNames,
  torch: plainNames,
  keras: plainNames,
  self: "params and states have no prefix",
  sequential: "a model is a chain of layers: model Net(x: f32[N, 784]) = x |> dense(128) |> relu |> dense(10)",
  arange: "use `range_of(5)`, or `range_of(n, start, step)`; `range(5)` is a list of ints",
  var: "use `variance(x, axis: 0)`; `correction: 1` divides by n - 1",
  clip: "use `clamp(x, 0, 1)`; of gradients, `clip_by_global_norm`",
  minimum: "use `min(a, b)`",
  maximum: "use `max(a, b)`",
  amin: "use `min(x, axis: 0)`",
  amax: "use `max(x, axis: 0)`",
  flip: "use `reverse(x, axes: [1])`, or `x[:, ::-1]`",
  fliplr: "use `x[:, ::-1]`",
  flipud: "use `x[::-1]`",
  isnan: "write `x != x`, which is true for NaN only",
  isinf: "write `abs(x) == inf`",
  isfinite: "write `abs(x) < inf`",
  nan: "a NaN is `inf - inf`; `x != x` is true for NaN only",
  broadcastto: "use `expand(x, [3, 5])`",
  repeatinterleave: "use `repeat_elements(x, 2, axis: 0)`; `tile(x, [2, 1])` repeats the whole",
  diagonal: 'use `einsum("i i -> i", x)`',
  inv: "use `inverse(x)`, or `solve(a, b)` for a system of equations",
  slogdet: "use `log_det(x)`",
  vstack: "use `concat([a, b], axis: 0)`",
  hstack: "use `concat([a, b], axis: 1)`",
  rand: "use `uniform([4, 8])`",
  randn: "use `normal([4, 8])`",
  oneslike: "use `ones(shape(x))`",
  zeroslike: "use `zeros(shape(x))`",
  fulllike: "use `full(shape(x), value)`",
  meshgrid: "write `x[_, :]` and `y[:, _]`, which broadcast",
  allclose: "use `all(close(a, b))`",
  logicaland: "write `a and b`",
  logicalor: "write `a or b`",
  logicalnot: "write `not a`",
  maskedfill: "use `select(mask, value, x)`",
  moveaxis: "use `transpose(x, [..])`, or `rearrange` with names",
  numel: "use `size(x)`",
  ndim: "use `rank(x)`",
  indexselect: "use `x[:, ids]`, or `take(x, ids, axis: 1)`",
  print: "there is no `print`; return the value as an output: { loss, seen: x }",
  float: 'use `convert(x, dtype: "f32")`',
  int: 'use `convert(x, dtype: "i32")`',
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
  bias_initializer: ["bias_init"],
  p: ["rate"],
  betas: ["beta1"],
  epsilon: ["eps"],
  l2: ["weight_decay"],
};

const sizesFollow = "leave it out: the size of the input is inferred";

/** Named arguments without an equivalent. */
const advice: Readonly<Record<string, string>> = {
  activation: "an activation is a separate step: dense(128) |> relu",
  input_shape: sizesFollow,
  input_dim: sizesFollow,
  in_features: sizesFollow,
  in_channels: sizesFollow,
  inplace: "leave it out: tensors are immutable",
  training: "leave it out: a `train entry` trains, any other entry does not",
};

/** Methods of tensors, and their equivalents. */
const methods: Readonly<Record<string, string>> = {
  backward:
    "`minimize loss over Model with adam(lr: 1e-3)` differentiates and updates; `grad(loss, x)` returns a gradient",
  item: "leave it out: a scalar output is a number",
  numpy: "leave it out: outputs are plain arrays",
  to: 'leave it out: there are no devices; to change the dtype, use convert(x, dtype: "f32")',
  cuda: "leave it out: there are no devices",
  detach: "use stop_gradient(x)",
  view: "use reshape(x, [..])",
  permute: "use transpose(x, [..])",
  T: "use transpose(x, [1, 0])",
  unsqueeze: "use x[.., _]",
  zero_grad: "leave it out: gradients do not accumulate",
  step: "leave it out: `minimize` updates the params",
  fit: "write a `train entry`, and run `dlc train`",
  compile: "write a `train entry` with `minimize loss over Model with adam(lr: 1e-3)`",
  parameters: "use params(Model)",
};

const dtypes: Readonly<Record<string, string>> = {
  float: "f32",
  float32: "f32",
  double: "f32",
  float64: "f32",
  f64: "f32",
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

const own = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;

/** The equivalent of a name of another framework. */
export function nameHint(name: string): string | undefined {
  const found = own(names, name) ?? (name.length > 1 ? own(names, name.toLowerCase().replaceAll("_", "")) : undefined);
  return found;
}
export const dtypeHint = (name: string): string | undefined => own(dtypes, name);
export const methodHint = (name: string): string | undefined => own(methods, name);

/** The function to use where an op lacks arguments that only the compiler's own calls give. */
const instead: Readonly<Record<string, string>> = {
  broadcast: "`expand(x, [3, 5])` repeats x to a shape",
  gather: "`x[ids]` selects items, and `pick_rows(x, index)` rows of each sample",
};
export const insteadHint = (op: string): string | undefined => own(instead, op);

/** The equivalent of a named argument of another framework, among the parameters of the function. */
export function parameterHint(name: string, known: readonly string[]): string | undefined {
  const found = own(parameters, name)?.find((candidate) => known.includes(candidate));
  return found === undefined ? own(advice, name) : `the parameter is called \`${found}\` in dlc`;
}

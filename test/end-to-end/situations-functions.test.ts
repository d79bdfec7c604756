// Functions and their gradients: tails, kinks, zeros. Numbers with ten digits are from software with 30.
import { situations, type Situation } from "./situations.ts";

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

const rows: readonly Situation[] = [
  {
    source: "pytorch/pytorch#187806",
    title: "gelu has all digits where it is small",
    text: "entry gelu(x: f32[6]) { { y: gelu(x), slope: grad(sum(gelu(x)), x) } }",
    inputs: { x: [-4, -5, -6, -8, -10, 3] },
    wanted: {
      y: [-0.0001266849673, -1.433257859e-6, -5.91952587e-9, -4.976768459e-15, -7.619853024e-23, 2.995950306],
      slope: [-0.0005036496612, -7.146946002e-6, -3.546870945e-8, -3.979607261e-14, -7.618400096e-22, 1.011945647],
    },
    within: 1e-5,
  },
  {
    source: "pytorch/pytorch#187806",
    title: "gelu by tanh, too",
    text: 'entry gelu_tanh(x: f32[6]) { { y: gelu(x, approximate: "tanh"), slope: grad(sum(gelu(x, approximate: "tanh")), x) } }',
    inputs: { x: [-4, -5, -6, -8, -10, 3] },
    wanted: {
      y: [-7.024594819e-5, -2.291796197e-7, -8.439646701e-11, -3.107782938e-21, -1.204092348e-37, 2.996362608],
      slope: [-0.0003351231971, -1.546361988e-6, -7.709973931e-10, -4.714784504e-20, -2.757638064e-36, 1.011584167],
    },
    within: 1e-5,
  },
  {
    source: "pytorch/pytorch#187293",
    title: "gelu of inf is inf, and of -inf its limit 0",
    text: 'entry gelu_inf(x: f32[3]) { { y: gelu(x), tanh: gelu(x, approximate: "tanh") } }',
    inputs: { x: [nan, inf, -inf] },
    wanted: { y: [nan, inf, 0], tanh: [nan, inf, 0] },
  },
  {
    source: "tensorflow/tensorflow#116943",
    title: "elu and selu of small negative numbers",
    text: "entry elus(x: f32[4]) { { elu: elu(x), selu: selu(x) } }",
    inputs: { x: [-1e-4, -1e-6, -1e-8, -20] },
    wanted: {
      elu: [-9.999499764e-5, -9.999994975e-7, -9.999999889e-9, -0.9999999979],
      selu: [-0.0001758011394, -1.758098457e-6, -1.758099321e-8, -1.758099337],
    },
  },
  {
    source: "tensorflow/tensorflow#124833, jax-ml/jax#39795, #39796",
    title: "the slope of elu and selu is not 0 where the value is -1",
    text: "entry elu_slope(x: f32[2]) { { elu: grad(sum(elu(x)), x), selu: grad(sum(selu(x)), x) } }",
    inputs: { x: [-20, -40] },
    wanted: { elu: [2.061153622e-9, 4.248354255e-18], selu: [3.623712825e-9, 7.469028816e-18] },
  },
  {
    source: "pytorch/pytorch#1835, microsoft/onnxruntime#10491",
    title: "log_sigmoid and softplus in their tails",
    text: "entry tails(x: f32[3]) { { log: log_sigmoid(x), soft: softplus(x), slope: grad(sum(log_sigmoid(x)), x) } }",
    inputs: { x: [-300, -12.3392, 300] },
    wanted: { log: [-300, -12.33920438, 0], soft: [0, 4.376758359e-6, 300], slope: [1, 0.9999956233, 0] },
  },
  {
    source: "jax-ml/jax#2107, #2140",
    title: "the slope of softplus and log_sigmoid at 0 is 1/2",
    text: "entry kinks(x: f32[1]) { { soft: grad(sum(softplus(x)), x), log: grad(sum(log_sigmoid(x)), x) } }",
    inputs: { x: [0] },
    wanted: { soft: [0.5], log: [0.5] },
  },
  {
    source: "pytorch/pytorch#171249",
    title: "a sharp softplus is relu",
    text: "entry sharp(x: f32[3]) { { y: softplus(1e30 * x) / 1e30 } }",
    inputs: { x: [0.5, -1, 2] },
    wanted: { y: [0.5, 0, 2] },
  },
  {
    source: "pytorch/pytorch#27134, tensorflow/tfjs#346",
    title: "the slope of a power in its exponent is 0 at a base of 0",
    text: "entry pow_exponent(a: f32[3], b: f32[3]) { { base: grad(sum(a ^ b), a), power: grad(sum(a ^ b), b) } }",
    inputs: { a: [0, 2, 0], b: [1, 1, 2] },
    wanted: { base: [1, 1, 0], power: [0, 2 * Math.LN2, 0] },
  },
  {
    source: "tensorflow/tensorflow#17632, pytorch/pytorch#75405",
    title: "powers of negative bases",
    text: "entry pow_negative(a: f32[4], b: f32[4]) { { y: a ^ b, slope: grad(sum(a ^ b), a) } }",
    inputs: { a: [-2, -2, -0.5, -4], b: [2, 3, -1, 1.5] },
    wanted: { y: [4, -8, -2, nan], slope: [-4, 12, -4, nan] },
  },
  {
    source: "jax-ml/jax#12409",
    title: "the slope of x^0 at 0 is 0",
    text: "entry pow_zero(x: f32[2], zero: f32[2]) { { y: (x - floor(x)) ^ zero, slope: grad(sum((x - floor(x)) ^ zero), x) } }",
    inputs: { x: [1, 1.5], zero: [0, 0] },
    wanted: { y: [1, 1], slope: [0, 0] },
  },
  {
    source: "tensorflow/tensorflow#60366",
    title: "1 to the power of NaN is NaN, and NaN to the power of 0 is 1",
    text: "entry pow_nan(a: f32[2], b: f32[2]) { { y: a ^ b } }",
    inputs: { a: [1, nan], b: [nan, 0] },
    wanted: { y: [nan, 1] },
  },
  {
    source: "pytorch/pytorch#2421, jax-ml/jax#4177, tensorflow/tensorflow#12071",
    title: "the slope of a norm, and of its square, at 0 and near it",
    text: "entry norms(x: f32[2], y: f32[1]) { { norm: grad(norm(x), x), square: grad(norm(x) ^ 2, x), near: grad(norm(y), y) } }",
    inputs: { x: [0, 0], y: [1e-19] },
    wanted: { norm: [0, 0], square: [0, 0], near: [1] },
  },
  {
    source: "pytorch/pytorch#4320, tensorflow/tensorflow#56830",
    title: "the standard deviation of equal elements, or of one, has the slope 0",
    text: "entry stds(x: f32[3], y: f32[1]) { { std: std(x), slope: grad(std(x), x), one: std(y), flat: grad(std(y), y) } }",
    inputs: { x: [3.3, 3.3, 3.3], y: [-0.83] },
    wanted: { std: [0], slope: [0, 0, 0], one: [0], flat: [0] },
  },
  {
    source: "pytorch/pytorch#773, #82644",
    title: "the gradient of a product with zeros",
    text: "entry prods(x: f32[3], y: f32[3], z: f32[1]) { { one: grad(prod(x), x), two: grad(prod(y), y), single: grad(prod(z), z) } }",
    inputs: { x: [0, 2, 3], y: [0, 0, 3], z: [0] },
    wanted: { one: [6, 0, 0], two: [0, 0, 0], single: [1] },
  },
  {
    source: "pytorch/pytorch#194699",
    title: "a product is NaN if a part of it overflows and another is 0",
    text: "entry prod_overflow(x: f32[9]) { { y: prod(x), halves: prod(x / 1e7) } }",
    inputs: { x: [1e13, 0, 0, 1e13, 1e13, 0, 1e13, 1e13, 1e13] },
    wanted: { y: [nan], halves: [0] },
  },
  {
    source: "tensorflow/tensorflow#3862",
    title: "the gradient of a cumulative product with a zero",
    text: `entry cumulative(x: f32[4]) {
  let products = scan xt in x along 0 carry p = 1.0 {
    next p = p * xt
    yield next p
  }
  { products, slope: grad(sum(products), x) }
}`,
    inputs: { x: [2, 0, 3, 4] },
    wanted: { products: [2, 0, 0, 0], slope: [1, 32, 0, 0] },
  },
  {
    source: "pytorch/pytorch#187297, tensorflow/tensorflow#38349",
    title: "a root in the branch that is not taken needs a valid operand",
    text: `entry branches(x: f32[2]) {
  let positive = x > 0
  let safe = select(positive, sqrt(select(positive, x, 1)), x)
  { plain: grad(sum(select(positive, sqrt(x), x)), x), safe: grad(sum(safe), x) }
}`,
    inputs: { x: [-1, 4] },
    wanted: { plain: [nan, 0.25], safe: [1, 0.25] },
  },
  {
    source: "pytorch/pytorch#56734",
    title: "the second of equal operands of max has the gradient",
    text: "entry ties(x: f32[1], y: f32[1]) { { first: grad(sum(max(x, y)), x), second: grad(sum(max(x, y)), y) } }",
    inputs: { x: [1], y: [1] },
    wanted: { first: [0], second: [1] },
  },
];

situations(rows.map((row) => ({ within: 2e-6, each: true, ...row })));

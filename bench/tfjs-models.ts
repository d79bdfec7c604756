// The models of `bench/tfjs.ts` in TensorFlow.js, layer by layer as in `examples/`.

export interface Tensor {
  readonly shape: readonly number[];
  dataSync(): ArrayLike<number>;
  dispose(): void;
}

type Padding = "same" | "valid";
type Unary = (x: Tensor) => Tensor;
type Binary = (a: Tensor, b: Tensor | number) => Tensor;

/** What is used of TensorFlow.js. */
export interface Tf {
  setBackend(name: "cpu"): Promise<boolean>;
  tidy<T>(body: () => T): T;
  randomNormal(shape: readonly number[], mean?: number, deviation?: number): Tensor;
  tensor(data: ArrayLike<number>, shape: readonly number[], dtype: "int32" | "float32"): Tensor;
  variable(initial: Tensor): Tensor;
  readonly train: { adam(rate: number): { minimize(loss: () => Tensor, returnCost: boolean): Tensor } };
  readonly losses: { softmaxCrossEntropy(labels: Tensor, logits: Tensor): Tensor };
  moments(x: Tensor, axes: readonly number[], keepDims?: boolean): { readonly mean: Tensor; readonly variance: Tensor };
  batchNorm(x: Tensor, mean: Tensor, variance: Tensor, offset: Tensor, scale: Tensor): Tensor;
  conv2d(x: Tensor, w: Tensor, stride: number, padding: Padding | number): Tensor;
  maxPool(x: Tensor, size: number, stride: number, padding: Padding | number): Tensor;
  matMul(a: Tensor, b: Tensor, transposeA?: boolean, transposeB?: boolean): Tensor;
  reshape(x: Tensor, shape: readonly number[]): Tensor;
  transpose(x: Tensor, axes: readonly number[]): Tensor;
  mean(x: Tensor, axes: readonly number[]): Tensor;
  sum(x: Tensor, axis: number): Tensor;
  max(x: Tensor, axis: number): Tensor;
  gather(x: Tensor, indices: Tensor, axis?: number): Tensor;
  oneHot(x: Tensor, depth: number): Tensor;
  dropout(x: Tensor, rate: number): Tensor;
  concat(xs: readonly Tensor[], axis: number): Tensor;
  split(x: Tensor, count: number, axis: number): Tensor[];
  unstack(x: Tensor, axis: number): Tensor[];
  readonly softmax: Unary;
  readonly relu: Unary;
  readonly exp: Unary;
  readonly log: Unary;
  readonly sin: Unary;
  readonly sigmoid: Unary;
  readonly tanh: Unary;
  readonly sqrt: Unary;
  readonly add: Binary;
  readonly sub: Binary;
  readonly div: Binary;
  readonly mul: Binary;
}

/** A run of a model, with the results that the caller reads. */
export type Run = (inputs: Readonly<Record<string, Tensor>>) => readonly Tensor[];

type Layer = (x: Tensor) => Tensor;

const chain =
  (...layers: readonly Layer[]): Layer =>
  (x) =>
    layers.reduce((y, layer) => layer(y), x);

/** Layers with params, for training or for prediction. */
function layersOf(tf: Tf, training: boolean) {
  const param = (shape: readonly number[]): Tensor => tf.variable(tf.randomNormal(shape, 0, 0.1));
  const one = (channels: number): Tensor => tf.variable(tf.add(tf.mul(tf.randomNormal([channels]), 0), 1));
  const dense = (from: number, to: number): Layer => {
    const [w, b] = [param([from, to]), param([to])];
    return (x) => {
      const rows = x.shape.slice(0, -1);
      const flat = x.shape.length === 2 ? x : tf.reshape(x, [rows.reduce((a, b) => a * b, 1), from]);
      return tf.reshape(tf.add(tf.matMul(flat, w), b), [...rows, to]);
    };
  };
  const conv = (size: number, from: number, to: number, stride: number, padding: Padding | number): Layer => {
    const w = param([size, size, from, to]);
    return (x) => tf.conv2d(x, w, stride, padding);
  };
  const bias = (channels: number): Layer => {
    const b = param([channels]);
    return (x) => tf.add(x, b);
  };
  const batchNorm = (channels: number): Layer => {
    const [mean, variance, offset, scale] = [param([channels]), one(channels), param([channels]), one(channels)];
    return (x) => {
      const batch = training ? tf.moments(x, [0, 1, 2]) : { mean, variance };
      return tf.batchNorm(x, batch.mean, batch.variance, offset, scale);
    };
  };
  const layerNorm = (channels: number): Layer => {
    const [offset, scale] = [param([channels]), one(channels)];
    return (x) => {
      const { mean, variance } = tf.moments(x, [x.shape.length - 1], true);
      const normal = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5)));
      return tf.add(tf.mul(normal, scale), offset);
    };
  };
  return { param, dense, conv, bias, batchNorm, layerNorm };
}

export function lenet(tf: Tf, training: boolean): Run {
  const { dense, conv, bias, batchNorm } = layersOf(tf, training);
  const net = chain(
    chain(conv(5, 1, 6, 1, "same"), bias(6), batchNorm(6), tf.relu),
    (x) => tf.maxPool(x, 2, 2, "valid"),
    chain(conv(5, 6, 16, 1, "valid"), bias(16), batchNorm(16), tf.relu),
    (x) => tf.maxPool(x, 2, 2, "valid"),
    (x) => tf.reshape(x, [x.shape[0] ?? 1, 400]),
    chain(dense(400, 120), tf.relu, (x) => (training ? tf.dropout(x, 0.25) : x)),
    chain(dense(120, 84), tf.relu, dense(84, 10)),
  );
  const adam = tf.train.adam(1e-3);
  return ({ image, label }) => {
    if (image === undefined) throw new Error("LeNet takes an image");
    if (!training || label === undefined) return [tf.softmax(net(image))];
    return [adam.minimize(() => tf.losses.softmaxCrossEntropy(tf.oneHot(label, 10), net(image)), true)];
  };
}

export function resnet18(tf: Tf): Run {
  const { dense, conv, batchNorm } = layersOf(tf, false);
  const block = (from: number, to: number, stride: number): Layer => {
    const main = chain(conv(3, from, to, stride, 1), batchNorm(to), tf.relu, conv(3, to, to, 1, 1), batchNorm(to));
    const side = stride === 1 ? (x: Tensor): Tensor => x : chain(conv(1, from, to, stride, 0), batchNorm(to));
    return (x) => tf.relu(tf.add(main(x), side(x)));
  };
  const net = chain(
    chain(conv(7, 3, 64, 2, 3), batchNorm(64), tf.relu, (x) => tf.maxPool(x, 3, 2, 1)),
    chain(block(64, 64, 1), block(64, 64, 1), block(64, 128, 2), block(128, 128, 1)),
    chain(block(128, 256, 2), block(256, 256, 1), block(256, 512, 2), block(512, 512, 1)),
    chain((x) => tf.mean(x, [1, 2]), dense(512, 1000), tf.softmax),
  );
  return ({ image }) => (image === undefined ? [] : [net(image)]);
}

export function charRnn(tf: Tf): Run {
  const { param, dense } = layersOf(tf, false);
  const table = param([256, 64]);
  const [gates, logits] = [dense(64 + 128, 512), dense(128, 256)];
  return ({ text, h, c }) => {
    if (text === undefined || h === undefined || c === undefined) return [];
    let [hidden, cell] = [h, c];
    for (const x of tf.unstack(tf.gather(table, text), 1)) {
      const [i, f, g, o] = tf.split(gates(tf.concat([x, hidden], 1)), 4, 1);
      if (i === undefined || f === undefined || g === undefined || o === undefined) return [];
      cell = tf.add(tf.mul(tf.sigmoid(f), cell), tf.mul(tf.sigmoid(i), tf.tanh(g)));
      hidden = tf.mul(tf.sigmoid(o), tf.tanh(cell));
    }
    return [tf.softmax(logits(hidden)), hidden, cell];
  };
}

/** Without the mask of padding. */
export function transformer(tf: Tf): Run {
  const { param, dense, layerNorm } = layersOf(tf, false);
  const [width, heads, hidden] = [64, 4, 128];
  const table = param([5000, width]);
  const block = (): Layer => {
    const [q, k, v, out] = [dense(width, width), dense(width, width), dense(width, width), dense(width, width)];
    const [up, down] = [dense(width, hidden), dense(hidden, width)];
    const [first, second] = [layerNorm(width), layerNorm(width)];
    return (x) => {
      const [n = 1, t = 1] = x.shape;
      const ofHeads = (y: Tensor): Tensor => tf.transpose(tf.reshape(y, [n, t, heads, width / heads]), [0, 2, 1, 3]);
      const z = first(x);
      const scores = tf.mul(tf.matMul(ofHeads(q(z)), ofHeads(k(z)), false, true), 1 / Math.sqrt(width / heads));
      const mixed = tf.transpose(tf.matMul(tf.softmax(scores), ofHeads(v(z))), [0, 2, 1, 3]);
      const y = tf.add(x, out(tf.reshape(mixed, [n, t, width])));
      return tf.add(y, down(tf.relu(up(second(y)))));
    };
  };
  const net = chain(block(), block(), layerNorm(width), (x) => tf.mean(x, [1]), dense(width, 2), tf.softmax);
  return ({ word }) => (word === undefined ? [] : [net(tf.gather(table, word))]);
}

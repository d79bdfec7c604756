// LeNet in jax-js, whose backend compiles to WebAssembly in the page. Who only imports `predict` downloads less.
import { init, lax, nn, numpy as np, valueAndGrad } from "@jax-js/jax";

const pool = (x) => lax.reduceWindow(x, np.max, [1, 1, 2, 2], [1, 1, 2, 2]);
const shapes = [
  [6, 1, 5, 5],
  [16, 6, 5, 5],
  [400, 120],
  [120, 84],
  [84, 10],
];

function logits([conv1, conv2, dense1, dense2, dense3], image, n) {
  let x = pool(nn.relu(lax.conv(image, conv1, [1, 1], "SAME")));
  x = pool(nn.relu(lax.conv(x, conv2, [1, 1], "VALID")));
  x = nn.relu(np.matmul(x.reshape([n, 400]), dense1));
  return np.matmul(nn.relu(np.matmul(x, dense2)), dense3);
}

let params;
const start = () => (params ??= shapes.map((shape) => np.full(shape, 0.01)));
const shared = (list) => list.map((each) => each.ref);

export async function predict(image) {
  await init("wasm");
  return nn.softmax(logits(shared(start()), np.array(image).reshape([1, 1, 28, 28]), 1)).data();
}

/** A step of gradient descent. */
export async function step(images, labels) {
  const n = labels.length;
  const right = nn.oneHot(np.array(labels, { dtype: np.int32 }), 10);
  const loss = (given) =>
    np.mean(nn.logSoftmax(logits(given, np.array(images).reshape([n, 1, 28, 28]), n)).mul(right)).mul(-10);
  const [value, gradient] = valueAndGrad(loss)(shared(params));
  params = params.map((param, i) => param.sub(gradient[i].mul(1e-3)));
  return value.data();
}

// The same with training: all kernels and gradients, since gradients choose theirs at run time.
import {
  add,
  conv2d,
  losses,
  matMul,
  maxPool,
  oneHot,
  randomNormal,
  relu,
  reshape,
  setBackend,
  softmax,
  tensor,
  train,
  variable,
} from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import "@tensorflow/tfjs-backend-cpu";

const w = {};
const param = (name, shape) => (w[name] ??= variable(randomNormal(shape, 0, 0.1)));
const dense = (x, name, from, to) => add(matMul(x, param(name, [from, to])), param(`${name}.b`, [to]));

function logits(image, n) {
  let x = tensor(image, [n, 28, 28, 1]);
  x = maxPool(relu(conv2d(x, param("conv1", [5, 5, 1, 6]), 1, "same")), 2, 2, "valid");
  x = maxPool(relu(conv2d(x, param("conv2", [5, 5, 6, 16]), 1, "valid")), 2, 2, "valid");
  x = relu(dense(reshape(x, [n, 400]), "dense1", 400, 120));
  return dense(relu(dense(x, "dense2", 120, 84)), "dense3", 84, 10);
}

export async function predict(image) {
  await setBackend("cpu");
  return softmax(logits(image, 1)).data();
}

const optimizer = train.adam(1e-3);
export const step = (images, labels) =>
  optimizer.minimize(() => losses.softmaxCrossEntropy(oneHot(labels, 10), logits(images, labels.length)), true).data();

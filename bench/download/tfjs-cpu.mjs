// LeNet in TensorFlow.js, with only those kernels of the cpu backend that it needs.
import {
  conv2d,
  maxPool,
  matMul,
  add,
  relu,
  reshape,
  softmax,
  tensor,
  zeros,
  setBackend,
  registerKernel,
} from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/base_side_effects.js";
import "@tensorflow/tfjs-backend-cpu/dist/base.js";
import { addConfig } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Add.js";
import { batchMatMulConfig } from "@tensorflow/tfjs-backend-cpu/dist/kernels/BatchMatMul.js";
import { conv2DConfig } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Conv2D.js";
import { identityConfig } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Identity.js";
import { maxPoolConfig } from "@tensorflow/tfjs-backend-cpu/dist/kernels/MaxPool.js";
import { reluConfig } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Relu.js";
import { reshapeConfig } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Reshape.js";
import { softmaxConfig } from "@tensorflow/tfjs-backend-cpu/dist/kernels/Softmax.js";

const kernels = [addConfig, batchMatMulConfig, conv2DConfig, identityConfig, maxPoolConfig, reluConfig];
for (const kernel of [...kernels, reshapeConfig, softmaxConfig]) registerKernel(kernel);

/** Weights would come from a file. */
const w = {
  conv1: zeros([5, 5, 1, 6]),
  conv2: zeros([5, 5, 6, 16]),
  dense1: zeros([400, 120]),
  dense2: zeros([120, 84]),
  dense3: zeros([84, 10]),
};

export async function predict(image) {
  await setBackend("cpu");
  let x = tensor(image, [1, 28, 28, 1]);
  x = maxPool(relu(conv2d(x, w.conv1, 1, "same")), 2, 2, "valid");
  x = maxPool(relu(conv2d(x, w.conv2, 1, "valid")), 2, 2, "valid");
  x = relu(add(matMul(reshape(x, [1, 400]), w.dense1), zeros([120])));
  x = relu(add(matMul(x, w.dense2), zeros([84])));
  return softmax(add(matMul(x, w.dense3), zeros([10]))).data();
}

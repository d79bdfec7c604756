// The smallest of the entry points: only the WebAssembly backend.
import { InferenceSession, Tensor } from "onnxruntime-web/wasm";

export async function predict(image) {
  const session = await InferenceSession.create("./lenet.onnx");
  const { probs } = await session.run({ image: new Tensor("float32", image, [1, 28, 28, 1]) });
  return probs.data;
}

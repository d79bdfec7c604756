// What a converted model is loaded with: the converter's runtime and the WebAssembly backend.
import { setBackend, tensor } from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-wasm";
import { loadGraphModel } from "@tensorflow/tfjs-converter";

export async function predict(image) {
  await setBackend("wasm");
  const model = await loadGraphModel("./lenet/model.json");
  return model.predict(tensor(image, [1, 28, 28, 1])).data();
}

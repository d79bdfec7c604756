import { bytesOf, fillImages, fillLabels, hasher, sizeOf, steps } from "./trial.mjs";

/** The same trial with a model in a worker. */
export async function clientTrial(model) {
  const image = new Float32Array(sizeOf(model, "predict", "image"));
  const images = new Float32Array(sizeOf(model, "step", "image"));
  const labels = new Int32Array(sizeOf(model, "step", "label"));
  const { add, digest } = hasher();
  for (let i = 0; i < steps + 2; i++) {
    const predicts = i === 0 || i > steps;
    if (predicts) fillImages(image, i);
    else {
      fillImages(images, i * images.length);
      fillLabels(labels, i * labels.length);
    }
    const outputs = await (predicts
      ? model.run("predict", { image })
      : model.run("step", { image: images, label: labels }));
    for (const tensor of Object.values(outputs)) add(bytesOf(tensor));
  }
  for (const path of model.state.keys()) add(bytesOf(await model.state.get(path)));
  model.terminate();
  return digest();
}

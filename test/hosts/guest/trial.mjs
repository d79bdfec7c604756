// What every host runs: LeNet predicts, trains 100 steps, predicts again. The data come from integers alone, so that
// the same bits go in everywhere; the hash of all outputs and of the final params then says whether the same come out.

export const steps = 100;

/** A well-mixed integer in [0, 2^32) for each `i`. */
function mixed(i) {
  const first = Math.imul(i ^ (i >>> 16), 0x45d9f3b);
  const second = Math.imul(first ^ (first >>> 16), 0x45d9f3b);
  return (second ^ (second >>> 16)) >>> 0;
}

/** Multiples of 2^-24 in [0, 1): exact in f32. */
export function fillImages(images, first) {
  for (let i = 0; i < images.length; i++) images[i] = (mixed(first + i) >>> 8) / 0x1000000;
}

export function fillLabels(labels, first) {
  for (let i = 0; i < labels.length; i++) labels[i] = mixed(~(first + i)) % 10;
}

export const bytesOf = ({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** FNV-1a, without allocation. */
export function hasher() {
  let hash = 0x811c9dc5;
  return {
    add(bytes) {
      for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
    },
    digest: () => (hash >>> 0).toString(16).padStart(8, "0"),
  };
}

/** The elements of an input. */
export const sizeOf = (model, entry, name) =>
  model.entries.get(entry).variants[0].inputs[name].shape.reduce((a, b) => a * b, 1);

/** The calls of the trial, one at a time, for hosts that run in small pieces. Calls allocate nothing. */
export function begin(model) {
  const image = new Float32Array(sizeOf(model, "predict", "image"));
  const images = new Float32Array(sizeOf(model, "step", "image"));
  const labels = new Int32Array(sizeOf(model, "step", "label"));
  const predict = model.bind("predict", { image });
  const step = model.bind("step", { image: images, label: labels });
  const predicted = Object.values(predict.outputs).map(bytesOf);
  const trained = Object.values(step.outputs).map(bytesOf);
  const { add, digest } = hasher();
  return {
    calls: steps + 2,
    /** The first and the last call predict; those between train. */
    call(i) {
      const bound = i === 0 || i > steps ? predict : step;
      if (bound === predict) fillImages(image, i);
      else {
        fillImages(images, i * images.length);
        fillLabels(labels, i * labels.length);
      }
      bound.run();
      const outputs = bound === predict ? predicted : trained;
      for (let k = 0; k < outputs.length; k++) add(outputs[k]);
    },
    predict() {
      predict.run();
    },
    /** The same with copies of inputs and outputs. */
    predictCopies() {
      model.run("predict", { image });
    },
    /** The hash of all outputs so far and of the params and state. */
    finish() {
      for (const tensor of model.state.values()) add(bytesOf(tensor));
      return digest();
    },
  };
}

export function trial(model) {
  const { calls, call, finish } = begin(model);
  for (let i = 0; i < calls; i++) call(i);
  return finish();
}

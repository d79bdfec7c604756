import net from "./net.dl";

const model = await net.load();

// For the test, which also makes the page train.
const x = Float32Array.from({ length: 8 }, (_, i) => Math.sin(i));
const bound = model.bind("predict", { x });
globalThis.predict = () => [...bound.run().logits.data];
globalThis.train = () => model.run("step", { x, label: [0, 2] }).loss.data[0];

// The page gives the worklet a compiled module and weights: a worklet cannot load them. It renders without sound.
import { report } from "./report.mjs";

const fetched = (name) => fetch(new URL(`./model/${name}`, import.meta.url));
const module = await WebAssembly.compileStreaming(fetched("module.wasm"));
const weights = await (await fetched("weights.safetensors")).arrayBuffer();

const framesInBlock = 128;

/** A context with a model, which has been warmed up. `way` names a way of `processor.mjs`. */
async function prepare(way, blocks) {
  const context = new OfflineAudioContext(1, blocks * framesInBlock, 44100);
  await context.audioWorklet.addModule(new URL("./processor.mjs", import.meta.url));
  const node = new AudioWorkletNode(context, "lenet", { processorOptions: { module, weights, way } });
  node.connect(context.destination);
  const message = () => new Promise((arrived) => (node.port.onmessage = ({ data }) => arrived(data)));
  const error = await message();
  if (error !== null) throw error;
  return { render: () => context.startRendering(), message };
}

async function rendered() {
  const { render, message } = await prepare("trial", 200);
  const hash = message();
  await render();
  return hash;
}

// The harness renders more, and measures it.
globalThis.prepare = prepare;
report(rendered());

// Compares the JavaScript target with the cpu backend of TensorFlow.js, which also needs no WebAssembly:
//
//   npm run bench:tfjs -- --peer FOLDER [--ms 2000] [NAME ...]     subjects whose name contains NAME; all by default
//
// FOLDER is one where `npm install @tensorflow/tfjs` was run. Both run in turns in one process, and each has its best
// time; strict WebAssembly, in the same turns, shows what the engine can do. Only the ratios can be trusted on a shared
// machine.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { compileModule, type Resolver } from "../compiler/compile.ts";
import { dtypes } from "../runtime/dtype.ts";
import { createSession, type Session } from "../runtime/session.ts";
import { count } from "../runtime/tensor.ts";
import { charRnn, lenet, resnet18, transformer, type Run, type Tf } from "./tfjs-models.ts";

interface Subject {
  readonly name: string;
  readonly text: string;
  readonly dims: Readonly<Record<string, number>>;
  readonly entry: string;
  readonly peer: (tf: Tf) => Run;
}

const example = (path: string): string => readFileSync(new URL(`../examples/${path}`, import.meta.url), "utf8");

/** One op over 100 rows of 1,000 elements. */
const op = (name: "exp" | "log" | "sin" | "sigmoid" | "tanh" | "softmax" | "relu"): Subject => ({
  name,
  text: `dl 1\n\nentry run(x: f32[100, 1000]) { { y: ${name}(x) } }\n`,
  dims: {},
  entry: "run",
  peer:
    (tf) =>
    ({ x }) =>
      x === undefined ? [] : [tf[name](x)],
});

const reduction = (name: "sum" | "max"): Subject => ({
  name,
  text: `dl 1\n\nentry run(x: f32[100, 1000]) { { y: ${name}(x, axis: 1) } }\n`,
  dims: {},
  entry: "run",
  peer:
    (tf) =>
    ({ x }) =>
      x === undefined ? [] : [tf[name](x, 1)],
});

const subjects: readonly Subject[] = [
  ...(["exp", "log", "sin", "sigmoid", "tanh", "softmax", "relu"] as const).map(op),
  ...(["sum", "max"] as const).map(reduction),
  {
    name: "product 256x256x256",
    text: "dl 1\n\nentry run(a: f32[256, 256], b: f32[256, 256]) { { y: a @ b } }\n",
    dims: {},
    entry: "run",
    peer:
      (tf) =>
      ({ a, b }) =>
        a === undefined || b === undefined ? [] : [tf.matMul(a, b)],
  },
  {
    name: "LeNet predict, batch 1",
    text: example("mnist/lenet.dl"),
    dims: { N: 1 },
    entry: "predict",
    peer: (tf) => lenet(tf, false),
  },
  {
    name: "LeNet step, batch 64",
    text: example("mnist/lenet.dl"),
    dims: { N: 64 },
    entry: "step",
    peer: (tf) => lenet(tf, true),
  },
  {
    name: "ResNet-18 predict, 64x64",
    text: example("resnet18.dl"),
    dims: { N: 1, H: 64, W: 64 },
    entry: "predict",
    peer: resnet18,
  },
  {
    name: "char-rnn predict, 32 characters",
    text: example("char-rnn.dl"),
    dims: { N: 1, T: 32 },
    entry: "predict",
    peer: charRnn,
  },
  {
    name: "transformer predict, 64 words",
    text: example("transformer-encoder.dl"),
    dims: { N: 1, T: 64 },
    entry: "predict",
    peer: transformer,
  },
];

/** The standard library alone. */
const resolve: Resolver = (path) =>
  path.startsWith("std/")
    ? { name: path, text: readFileSync(new URL(`../dsl/${path}`, import.meta.url), "utf8") }
    : null;

type Arrays = Readonly<Record<string, { readonly data: Float32Array | Int32Array; readonly shape: readonly number[] }>>;

interface Ours {
  readonly js: Session;
  readonly wasm: Session;
  readonly inputs: Arrays;
}

async function ours({ name, text, dims, entry }: Subject): Promise<Ours> {
  const module = compileModule({ name, text }, { dims, entries: [entry], mode: "strict", resolve });
  const inputs = module.plan.entries.find((candidate) => candidate.name === entry)?.inputs ?? [];
  const arrays = inputs.map(({ name: input, dtype, shape, indices }) => {
    const least = indices?.[0]?.allowed.at(-1)?.[0] ?? 1;
    const data =
      dtype === "f32"
        ? new Float32Array(count(shape)).map(() => Math.random())
        : new Int32Array(count(shape)).fill(least);
    if (dtypes[dtype].array !== data.constructor) throw new Error(`${name}: ${input} is ${dtype}`);
    return [input, { data, shape }] as const;
  });
  const session = async (target: "js" | "wasm"): Promise<Session> =>
    createSession(module.plan, await module.code(target), { seed: 0, mode: "strict" });
  return { js: await session("js"), wasm: await session("wasm"), inputs: Object.fromEntries(arrays) };
}

interface Times {
  readonly js: number;
  readonly wasm: number;
  readonly peer: number;
}

async function measure(tf: Tf, subject: Subject, ms: number): Promise<Times> {
  const { js, wasm, inputs } = await ours(subject);
  const tensors = Object.fromEntries(
    Object.entries(inputs).map(([name, { data, shape }]) => [
      name,
      tf.tensor(data, shape, data instanceof Int32Array ? "int32" : "float32"),
    ]),
  );
  const run = subject.peer(tf);
  const turns: Readonly<Record<keyof Times, () => void>> = {
    js: () => void js.run(subject.entry, inputs),
    wasm: () => void wasm.run(subject.entry, inputs),
    peer: () => tf.tidy(() => run(tensors).forEach((result) => result.dataSync())),
  };
  const best = { js: Infinity, wasm: Infinity, peer: Infinity };
  const spent = { js: 0, wasm: 0, peer: 0 };
  // The engine optimizes JavaScript while it runs, on a thread of its own. Our kernels are new for each subject; those
  // of the peer are shared by all, and WebAssembly is compiled already.
  const least = { js: 60, wasm: 3, peer: 3 };
  const names = ["js", "wasm", "peer"] as const;
  const unfinished = (turn: number): readonly (keyof Times)[] =>
    names.filter((name) => turn < least[name] || spent[name] < ms);
  for (let turn = 0; unfinished(turn).length > 0; turn++)
    for (const name of unfinished(turn)) {
      const start = performance.now();
      turns[name]();
      const time = performance.now() - start;
      best[name] = Math.min(best[name], time);
      spent[name] += time;
    }
  return best;
}

const { values, positionals } = parseArgs({
  options: { peer: { type: "string" }, ms: { type: "string", default: "2000" } },
  allowPositionals: true,
});

function loadPeer(folder: string): Tf | null {
  try {
    return createRequire(join(folder, "peer.cjs"))("@tensorflow/tfjs") as Tf;
  } catch {
    return null;
  }
}

const tf = loadPeer(values.peer ?? process.cwd());
if (tf === null) {
  console.log("@tensorflow/tfjs is not installed: run `npm install @tensorflow/tfjs` in a folder of its own,");
  console.log("and pass that folder: npm run bench:tfjs -- --peer FOLDER");
} else {
  await tf.setBackend("cpu");
  console.log(`${"".padEnd(34)}      js ms  TF.js / js  js / strict wasm`);
  for (const subject of subjects) {
    if (positionals.length > 0 && !positionals.some((part) => subject.name.includes(part))) continue;
    const { js, wasm, peer } = await measure(tf, subject, Number(values.ms));
    const column = (x: number, width: number, digits: number): string => x.toFixed(digits).padStart(width);
    console.log(
      `${subject.name.padEnd(34)} ${column(js, 10, 3)} ${column(peer / js, 11, 2)} ${column(js / wasm, 17, 1)}`,
    );
  }
}

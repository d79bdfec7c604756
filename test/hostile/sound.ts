import fc from "fast-check";
import { globSync, readFileSync } from "node:fs";
import { writeNpy } from "../../compiler/formats/npy.ts";
import { functions } from "../../compiler/kernel/math.ts";
import { printFunction, printKernel } from "../../compiler/kernel/print.ts";
import { dtypes } from "../../runtime/dtype.ts";
import type { DType } from "../../runtime/model.ts";
import { writeSafetensors, type StoredTensor } from "../../runtime/write-safetensors.ts";
import { kernels } from "../kernel/random-kernels.ts";
import { bytesOf } from "./build.ts";
import { corpus } from "./corpus.ts";
import type { Format } from "./readers.ts";

const names = Object.keys(dtypes) as DType[];
const shapes = [[], [0], [3], [2, 2], [1, 2, 3]];
const ones = (dtype: DType, shape: readonly number[]): StoredTensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  return { dtype, shape, bytes: new Uint8Array(new dtypes[dtype].array(size).fill(1).buffer) };
};

const weights = shapes.map((shape) =>
  writeSafetensors(new Map(names.map((dtype) => [`net.${dtype}`, ones(dtype, shape)])), { epoch: "3" }),
);
const arrays = names.flatMap((dtype) =>
  shapes.map((shape) =>
    writeNpy({ dtype, shape, data: new dtypes[dtype].array(shape.reduce((a, b) => a * b, 1)).fill(1) }),
  ),
);

const folder = new URL("../golden/passes/", import.meta.url).pathname;
const graphs = globSync("*.ir", { cwd: folder })
  .toSorted()
  .flatMap((file) => readFileSync(folder + file, "utf8").split(/^---- .*\n/m));
const loops = [
  ...fc.sample(kernels, { numRuns: 60, seed: 1 }).map(printKernel),
  ...Array.from(functions.values(), printFunction),
];

const short = (files: readonly Uint8Array[]): readonly Uint8Array[] => files.filter((file) => file.length < 20_000);

/** Valid files, the starting points of mutations. */
export const sound: Readonly<Record<Format, readonly Uint8Array[]>> = {
  safetensors: [...weights, ...corpus.safetensors.good],
  npy: [...arrays, ...corpus.npy.good],
  idx: corpus.idx.good,
  run: corpus.run.good,
  history: corpus.history.good,
  ir: short([...graphs.map(bytesOf), ...corpus.ir.good]),
  kir: short([...loops.map(bytesOf), ...corpus.kir.good]),
};

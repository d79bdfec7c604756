import { writeNpy } from "../../compiler/formats/npy.ts";
import { printGraph } from "../../compiler/graph/print.ts";
import { printFunction, printKernels } from "../../compiler/kernel/print.ts";
import { parseFile } from "../../compiler/kernel/parse.ts";
import { writeSafetensors } from "../../runtime/write-safetensors.ts";
import { bytesOf } from "./build.ts";
import { readers, type Format } from "./readers.ts";

const writers: Readonly<Partial<Record<Format, (file: Uint8Array) => Uint8Array>>> = {
  safetensors: (file) => {
    const { tensors, metadata } = readers.safetensors(file);
    return writeSafetensors(tensors, Object.fromEntries(metadata));
  },
  npy: (file) => writeNpy(readers.npy(file)),
  ir: (file) => bytesOf(printGraph(readers.ir(file))),
  kir: (file) => {
    const { functions, kernels } = parseFile({ name: "x.kir", text: new TextDecoder().decode(file) });
    return bytesOf([...functions.map(printFunction), printKernels(kernels)].join("\n"));
  },
};

/**
 * Null if an accepted file round-trips through our writer; otherwise the failure. Formats without a writer are not
 * checked.
 */
export function changedByWriting(format: Format, file: Uint8Array): string | null {
  const write = writers[format];
  if (write === undefined) return null;
  try {
    const once = write(file);
    return Buffer.compare(once, write(once)) === 0 ? null : "writing it twice produces different files";
  } catch (error) {
    return `the written file is not accepted: ${String(error)}`;
  }
}

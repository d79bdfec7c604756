import { parentPort, workerData } from "node:worker_threads";
import { judge, type Format } from "./readers.ts";

/**
 * A text that repeats `piece` between `head` and `tail`. The worker builds it, so that only its bytes are in memory.
 */
export interface Large {
  readonly format: Format;
  readonly head: string;
  readonly piece: string;
  readonly tail: string;
  /** Whether to prefix the length of a safetensors header. */
  readonly framed?: boolean;
}

/** The size of the files, approximately. */
export const largeBytes = 2 ** 21;

function fileOf({ head, piece, tail, framed = false }: Large): Uint8Array {
  const start = framed ? 8 : 0;
  const [first, middle, last] = [head, piece, tail].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer];
  const count = Math.floor((largeBytes - start - first.length - last.length) / middle.length);
  const file = Buffer.alloc(start + first.length + middle.length * count + last.length);
  if (framed) file.writeBigUInt64LE(BigInt(file.length - 8));
  first.copy(file, start);
  file.fill(middle, start + first.length, file.length - last.length);
  last.copy(file, file.length - last.length);
  return file;
}

if (parentPort) {
  for (const large of workerData as readonly Large[]) {
    const file = fileOf(large);
    const { arrayBuffers } = process.memoryUsage();
    const { code, thrown } = judge(large.format, file);
    parentPort.postMessage({ code, thrown, buffers: process.memoryUsage().arrayBuffers - arrayBuffers });
  }
}

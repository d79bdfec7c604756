import { parentPort, workerData } from "node:worker_threads";
import { judge, type Format } from "./readers.ts";

/** A text of a piece between two others, again and again, made where it is read so that only its bytes are there. */
export interface Large {
  readonly format: Format;
  readonly head: string;
  readonly piece: string;
  readonly tail: string;
  /** Puts the length of a safetensors header in front. */
  readonly framed?: boolean;
}

/** Of all files, or just below. */
export const largeBytes = 2 ** 21;

function fileOf({ head, piece, tail, framed = false }: Large): Uint8Array {
  const start = framed ? 8 : 0;
  const [front, middle, back] = [head, piece, tail].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer];
  const count = Math.floor((largeBytes - start - front.length - back.length) / middle.length);
  const file = Buffer.alloc(start + front.length + middle.length * count + back.length);
  if (framed) file.writeBigUInt64LE(BigInt(file.length - 8));
  front.copy(file, start);
  file.fill(middle, start + front.length, file.length - back.length);
  back.copy(file, file.length - back.length);
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

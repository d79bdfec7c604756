import { dtypes } from "../../runtime/dtype.ts";
import type { DType } from "../../runtime/model.ts";
import type { Tensor } from "../../runtime/model.ts";
import { rejectFile, checkedBytes } from "./reject-file.ts";

/**
 * The format of the MNIST files: 0, 0, type, rank, big-endian u32 sizes, then big-endian data
 * (yann.lecun.com/exdb/mnist).
 */
const types: Readonly<Record<number, DType>> = { 0x08: "u8", 0x09: "i8", 0x0c: "i32", 0x0d: "f32", 0x0e: "f64" };

/** Throws E0703. Sizes are checked against the length of the file before anything is allocated. */
export function readIdx(file: Uint8Array, name: string): Tensor {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const dtype = file.length < 4 || view.getUint16(0) !== 0 ? undefined : types[view.getUint8(2)];
  if (dtype === undefined)
    return rejectFile(
      "E0703",
      name,
      "not an IDX file",
      file[0] === 0x1f && file[1] === 0x8b ? "the file is compressed; decompress it with gunzip" : undefined,
    );
  const rank = view.getUint8(3);
  const start = 4 + 4 * rank;
  if (file.length < start) return rejectFile("E0703", name, `the file ends within its header of ${rank} sizes`);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const bytes = checkedBytes(shape, dtypes[dtype].bytes);
  if (bytes !== file.length - start)
    rejectFile(
      "E0703",
      name,
      `the file has ${file.length - start} bytes of data, but its shape [${shown(shape)}] needs ${bytes ?? "more than the maximum"}`,
    );
  // An aligned copy: `file` may be a view (Node's Buffer) whose slices are views too.
  const data = new Uint8Array(file.subarray(start));
  if (dtypes[dtype].bytes > 1) swap(data, dtypes[dtype].bytes);
  return { dtype, shape, data: new dtypes[dtype].array(data.buffer) };
}

const shown = (shape: readonly number[]): string =>
  shape.length > 8 ? `${shape.slice(0, 8).join(",")},…` : shape.join(",");

/** Reverses the bytes of each element. */
function swap(data: Uint8Array, bytes: number): void {
  for (let at = 0; at < data.length; at += bytes) {
    for (let low = at, high = at + bytes - 1; low < high; low++, high--) {
      const byte = data[low] as number;
      data[low] = data[high] as number;
      data[high] = byte;
    }
  }
}

import { dtypes } from "./dtype.ts";
import type { DType } from "./model.ts";
import { bytesOfText } from "./utf8.ts";

/** A tensor of a file: little-endian bytes of its elements, row-major. */
export interface StoredTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/**
 * The safetensors format: u64 header length, JSON header padded with spaces to 8 bytes, data. Canonical order: tensors
 * by element size (large first, so that all are aligned), then by name; the same tensors produce the same bytes.
 *
 * @example
 * import { writeSafetensors } from "dlc/runtime";
 * const w = { dtype: "f32", shape: [2], bytes: new Uint8Array(Float32Array.of(1, 2).buffer) };
 * writeSafetensors(new Map([["w", w]])).length % 8; // => 0
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const ordered = [...tensors].toSorted(
    ([a, x], [b, y]) => dtypes[y.dtype].bytes - dtypes[x.dtype].bytes || (a < b ? -1 : 1),
  );
  let end = 0;
  const entries = ordered.map(([name, { dtype, shape, bytes }]) => {
    const begin = end;
    end += bytes.length;
    return [name, { dtype: dtype.toUpperCase(), shape, data_offsets: [begin, end] }] as const;
  });
  const extra = Object.keys(metadata).length > 0 ? [["__metadata__", metadata] as const] : [];
  const text = bytesOfText(JSON.stringify(Object.fromEntries<unknown>([...extra, ...entries])));
  const headerBytes = Math.ceil(text.length / 8) * 8;
  const file = new Uint8Array(8 + headerBytes + end).fill(0x20, 8, 8 + headerBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.set(text, 8);
  let at = 8 + headerBytes;
  for (const [, { bytes }] of ordered) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}

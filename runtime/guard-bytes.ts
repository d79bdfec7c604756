import type { Range } from "./guard-notes.ts";

/**
 * Poison: NaN as a float, -1 as an integer, invalid as a bool. A second run over `otherPoison` reveals elements that
 * were never written.
 */
export const poison = 0xff;
export const otherPoison = 0x55;

export const overlap = (a: Range, b: Range): boolean => a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;

export function sameWords(a: Uint8Array, b: Uint8Array): boolean {
  const [x, y] = [a, b].map(
    ({ buffer, byteOffset, byteLength }) => new Int32Array(buffer, byteOffset, byteLength >> 2),
  ) as [Int32Array, Int32Array];
  for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) return false;
  return true;
}

/** The index of the first word that is not poison; -1 if there is none. */
export function firstWritten(words: Int32Array): number {
  for (let i = 0; i < words.length; i++) if (words[i] !== -1) return i;
  return -1;
}

/** The byte offset of the first element at `from` or later that is only poison; -1 if there is none. */
export function unwritten(data: Uint8Array, width: number, fill: number, from = 0): number {
  for (let at = from; at < data.length; at += width) {
    let i = 0;
    while (i < width && data[at + i] === fill) i++;
    if (i === width) return at;
  }
  return -1;
}

/**
 * The first byte that differs, except in f32 NaNs, whose bits an engine may choose; -1 if there is none. The arrays
 * begin at a multiple of 4.
 */
export function difference(a: Uint8Array, b: Uint8Array, offset: number, bytes: number): number {
  for (let at = offset; at < offset + bytes; at++)
    if (a[at] !== b[at] && !(isNaNAt(a, at) && isNaNAt(b, at))) return at;
  return -1;
}

/** Whether the byte is part of an f32 NaN. */
function isNaNAt(data: Uint8Array, at: number): boolean {
  const start = at - (at % 4);
  return start + 4 <= data.length && Number.isNaN(new DataView(data.buffer, data.byteOffset).getFloat32(start, true));
}

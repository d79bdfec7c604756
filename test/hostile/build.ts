// Builds files that our writers would never write.

/** A malformed file and its expected error. */
export interface Bad {
  readonly name: string;
  readonly file: Uint8Array | string;
  readonly code: string;
  /** Part of the message. */
  readonly message: string | RegExp;
}

export const bad = (name: string, file: Uint8Array | string, code: string, message: string | RegExp): Bad => ({
  name,
  file,
  code,
  message,
});

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

export function joined(...parts: readonly (Uint8Array | readonly number[] | string)[]): Uint8Array {
  const all = parts.map((part) => (typeof part === "string" ? bytesOf(part) : Uint8Array.from(part)));
  const file = new Uint8Array(all.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of all) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

export function u64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
}

export const be32 = (...values: readonly number[]): number[] =>
  values.flatMap((value) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]);

export const weightsFile = (header: string | Uint8Array, data: readonly number[] = [], length?: bigint): Uint8Array => {
  const head = typeof header === "string" ? bytesOf(header) : header;
  return joined(u64(length ?? BigInt(head.length)), head, data);
};

export function arrayFile(dict: string, data: readonly number[] = [], version = 1, length?: number): Uint8Array {
  const head = bytesOf(dict);
  const size = length ?? head.length;
  return joined(
    [0x93],
    "NUMPY",
    [version, 0, size & 255, (size >> 8) & 255, ...(version === 1 ? [] : [(size >> 16) & 255, size >>> 24])],
    head,
    data,
  );
}

export const numpyDict = (descr: string, shape: string, order = "False"): string =>
  `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }\n`;

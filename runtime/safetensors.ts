import { showValue } from "./door.ts";
import { dtypes } from "./dtype.ts";
import type { DType } from "./model.ts";
import { reject, list } from "./error.ts";
import { readHeader, type HeaderEntry } from "./safetensors-header.ts";
import { byteLength } from "./tensor.ts";
import { textOf } from "./utf8.ts";
import type { StoredTensor } from "./write-safetensors.ts";

/** `F32` for f32; safetensors writes the names of the same dtypes in capitals. */
const dtypeOf = new Map(Object.keys(dtypes).map((dtype) => [dtype.toUpperCase(), dtype as DType]));

/** The largest header that the format allows. */
const maxHeader = 100_000_000;

export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * Reads a file without trusting it: nothing is allocated for a tensor (its bytes are a view), every length is checked
 * against the file, and the header is parsed entry by entry.
 *
 * @example
 * import { readSafetensors, writeSafetensors } from "dlc/runtime";
 * const w = { dtype: "f32", shape: [2], bytes: new Uint8Array(8) };
 * const { tensors, metadata } = readSafetensors(writeSafetensors(new Map([["w", w]]), { epoch: "3" }));
 * tensors.get("w").shape; // => [2]
 * metadata.get("epoch"); // => "3"
 */
export function readSafetensors(file: Uint8Array): SafetensorsFile {
  if (!ArrayBuffer.isView(file)) reject("E0820", `expected a Uint8Array, got ${showValue(file)}`);
  if (file.length < 9) broken(`it has ${file.length} bytes`);
  const headerBytes = new DataView(file.buffer, file.byteOffset, 8).getBigUint64(0, true);
  if (file[8] !== 0x7b) broken(`it begins with ${showValue(String.fromCharCode(...file.subarray(0, 40)))}`);
  if (headerBytes > BigInt(Math.min(maxHeader, file.length - 8)))
    broken(`its header should have ${headerBytes} bytes, but the file has ${file.length}`);
  const dataStart = 8 + Number(headerBytes);
  const { entries, metadata } = readHeader(headerText(file.subarray(8, dataStart)), broken);
  const data = file.subarray(dataStart);

  const parts: Part[] = [];
  for (const [name, entry] of entries) {
    const { dtype, shape, begin, end } = checked(name, entry);
    if (end > data.length) broken(`\`${name}\` ends at ${end}, but there are ${data.length} bytes of data`);
    if (end - begin !== byteLength({ dtype, shape }))
      broken(
        `\`${name}\` has ${end - begin} bytes, but ${dtype}[${shape.join(",")}] needs ${byteLength({ dtype, shape })}`,
      );
    parts.push({ name, dtype, shape, begin, end });
  }
  checkCover(parts, data.length);
  return {
    tensors: new Map(
      parts.map(({ name, dtype, shape, begin, end }) => [name, { dtype, shape, bytes: data.subarray(begin, end) }]),
    ),
    metadata,
  };
}

interface Part {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function headerText(header: Uint8Array): string {
  try {
    // The quicker way, where there is one.
    return typeof TextDecoder === "undefined"
      ? textOf(header)
      : new TextDecoder("utf-8", { fatal: true }).decode(header);
  } catch {
    return broken("its header is not valid JSON in UTF-8");
  }
}

function checked(name: string, { dtype: stored, shape, offsets }: HeaderEntry): Omit<Part, "name"> {
  const dtype = dtypeOf.get(stored);
  if (dtype === undefined)
    return broken(`\`${name}\` has the dtype ${JSON.stringify(stored)}; supported are ${list([...dtypeOf.keys()])}`);
  if (!Number.isSafeInteger(shape.reduce((a, b) => a * b, 8))) return broken(`\`${name}\` has an invalid shape`);
  const [begin, end] = offsets;
  if (begin === undefined || end === undefined || offsets.length !== 2 || begin > end)
    return broken(`\`${name}\` has an invalid data_offsets`);
  return { dtype, shape, begin, end };
}

function checkCover(parts: readonly Part[], bytes: number): void {
  let end = 0;
  for (const part of parts.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (part.begin < end) broken(`\`${part.name}\` overlaps the tensor before it`);
    if (part.begin > end) broken(`there is a gap before \`${part.name}\``);
    end = part.end;
  }
  if (end !== bytes) broken(`${bytes - end} bytes at the end do not belong to a tensor`);
}

function broken(says: string): never {
  // Names in a damaged file may be as long as the file.
  return reject("E0820", `not a valid safetensors file: ${says.length > 400 ? `${says.slice(0, 400)}…` : says}`);
}

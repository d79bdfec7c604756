import { reject, list } from "./error.ts";
import type { Persistent } from "./plan.ts";
import { readSafetensors, writeSafetensors, type StoredTensor } from "./safetensors.ts";
import { byteLength, sameShape, showType } from "./tensor.ts";

const bytesOf = (buffer: ArrayBufferLike, slot: Persistent): Uint8Array =>
  new Uint8Array(buffer, slot.offset, byteLength(slot));

export function saveWeights(
  slots: readonly Persistent[],
  buffer: ArrayBufferLike,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  return writeSafetensors(
    new Map(slots.map((slot) => [slot.path, { dtype: slot.dtype, shape: slot.shape, bytes: bytesOf(buffer, slot) }])),
    metadata,
  );
}

/**
 * Checks the whole file against the model before it writes anything. With `partial`, names that only one side has are
 * ignored.
 */
export function loadWeights(
  slots: readonly Persistent[],
  buffer: ArrayBufferLike,
  file: Uint8Array,
  partial: boolean,
): { readonly loaded: readonly string[] } {
  const { tensors } = readSafetensors(file);
  const paths = new Set(slots.map((slot) => slot.path));
  const problems = slots.flatMap((slot) => {
    const found = tensors.get(slot.path);
    if (found !== undefined && fits(slot, found) && found.dtype === "bool" && found.bytes.some((byte) => byte > 1))
      return [`\`${slot.path}\` contains a byte that is not a bool`];
    return found === undefined || fits(slot, found)
      ? []
      : [`\`${slot.path}\` is ${showType(slot)} in the model and ${showType(found)} in the file`];
  });
  if (!partial) {
    const missing = slots.filter((slot) => !tensors.has(slot.path)).map((slot) => slot.path);
    const unexpected = [...tensors.keys()].filter((name) => !paths.has(name));
    if (missing.length > 0) problems.push(`missing from the file: ${list(missing)}`);
    if (unexpected.length > 0) problems.push(`unknown to the model: ${list(unexpected)}`);
  }
  if (problems.length > 0)
    reject(
      "E0821",
      `the weights do not match the model: ${list(problems, 6)}`,
      partial ? undefined : "`partial` loads the tensors that both have",
    );
  const loaded = slots.filter((slot) => tensors.has(slot.path));
  for (const slot of loaded) bytesOf(buffer, slot).set((tensors.get(slot.path) as StoredTensor).bytes);
  return { loaded: loaded.map((slot) => slot.path) };
}

const fits = (slot: Persistent, tensor: StoredTensor): boolean =>
  slot.dtype === tensor.dtype && sameShape(slot.shape, tensor.shape);

const magic = 0x31736c64; // "dls1"

/**
 * All persistent bytes in the order of the plan, after a hash of their names and types: fast to save and restore in the
 * same process.
 */
export function takeSnapshot(slots: readonly Persistent[], buffer: ArrayBufferLike): Uint8Array<ArrayBuffer> {
  const total = slots.reduce((sum, slot) => sum + byteLength(slot), 8);
  const snapshot = new Uint8Array(total);
  const head = new DataView(snapshot.buffer);
  head.setUint32(0, magic, true);
  head.setUint32(4, layoutHash(slots), true);
  let at = 8;
  for (const slot of slots) {
    snapshot.set(bytesOf(buffer, slot), at);
    at += byteLength(slot);
  }
  return snapshot;
}

export function putSnapshot(slots: readonly Persistent[], buffer: ArrayBufferLike, snapshot: Uint8Array): void {
  const total = slots.reduce((sum, slot) => sum + byteLength(slot), 8);
  const head = new DataView(snapshot.buffer, snapshot.byteOffset, snapshot.byteLength);
  if (snapshot.length !== total || head.getUint32(0, true) !== magic || head.getUint32(4, true) !== layoutHash(slots)) {
    reject("E0822", "not a snapshot of this model", "use `save` and `load` between models");
  }
  let at = 8;
  for (const slot of slots) {
    bytesOf(buffer, slot).set(snapshot.subarray(at, at + byteLength(slot)));
    at += byteLength(slot);
  }
}

/** FNV-1a, 32 bits. */
function layoutHash(slots: readonly Persistent[]): number {
  let hash = 0x811c9dc5;
  for (const char of slots.map((slot) => `${slot.path}:${showType(slot)};`).join(""))
    hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return hash >>> 0;
}

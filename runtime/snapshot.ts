import { reject } from "./error.ts";
import { hashOf } from "./hash.ts";
import type { Persistent } from "./session-plan.ts";
import { slotBytes } from "./slots.ts";
import { byteLength, showType } from "./tensor.ts";
import { bytesOfText } from "./utf8.ts";

const magic = 0x31736c64; // "dls1"

/**
 * All persistent bytes in the order of the plan, after a hash of their names and types: fast to save and restore in the
 * same process.
 */
export function takeSnapshot(slots: readonly Persistent[], buffer: ArrayBufferLike): Uint8Array<ArrayBuffer> {
  const snapshot = new Uint8Array(slots.reduce((sum, slot) => sum + byteLength(slot), 8));
  new Uint32Array(snapshot.buffer, 0, 2).set(headOf(slots));
  let at = 8;
  for (const slot of slots) {
    snapshot.set(slotBytes(buffer, slot), at);
    at += byteLength(slot);
  }
  return snapshot;
}

export function putSnapshot(
  slots: readonly Persistent[],
  buffer: ArrayBufferLike,
  snapshot: Uint8Array,
  chosen: (slot: Persistent) => boolean = () => true,
): void {
  let at = 8;
  const parts = slots.map((slot) => snapshot.subarray(at, (at += byteLength(slot))));
  const head = new Uint8Array(Uint32Array.from(headOf(slots)).buffer);
  if (snapshot.length !== at || head.some((byte, i) => byte !== snapshot[i]))
    reject("E0822", "not a snapshot of this model", "use `save` and `load` between models");
  slots.forEach((slot, i) => chosen(slot) && slotBytes(buffer, slot).set(parts[i] as Uint8Array));
}

const headOf = (slots: readonly Persistent[]): readonly number[] => [magic, layoutHash(slots)];

const layoutHash = (slots: readonly Persistent[]): number =>
  hashOf(bytesOfText(slots.map((slot) => `${slot.path}:${showType(slot)};`).join("")));

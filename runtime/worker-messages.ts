import { isTyped } from "./input.ts";
import { isObject, kindOf } from "./kinds.ts";
import type { TensorData } from "./model.ts";

/*
 * What a page and its worker tell each other. The page sends one call at a time; all messages before the answer are
 * about its progress.
 */

export type Request = readonly [name: string, ...args: readonly unknown[]];

/** The parts of a `DlcError`, which do not survive the copy of an error. */
export type ErrorParts = readonly [code: string, says: string, help: string | undefined, at: string | undefined];

export type Answer =
  | { readonly progress: { readonly loaded: number; readonly total: number } }
  | { readonly result: unknown }
  | { readonly rejected: ErrorParts }
  | { readonly failed: unknown };

type Change = (leaf: unknown) => unknown;

/** A copy of lists, objects and maps with other leaves. */
function changed(value: unknown, change: Change): unknown {
  const inner = (each: unknown): unknown => changed(each, change);
  if (Array.isArray(value)) return value.map(inner);
  if (value instanceof Map) return new Map([...value].map(([key, each]) => [key, inner(each)]));
  return isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, inner(each)]))
    : change(value);
}

/** A copy of all that the caller may change. That of a view has a buffer of its own, however large the view's is. */
export const copied = (value: unknown): unknown =>
  changed(value, (leaf) => {
    const view = kindOf(leaf).endsWith("ArrayBuffer") ? new Uint8Array(leaf as ArrayBufferLike) : leaf;
    // Not its own `slice`, which shares the memory in a `Buffer` of Node.
    return isTyped(view) ? (Uint8Array.prototype.slice.call(view) as TensorData) : view;
  });

/** The buffers that can move to another thread. */
export function buffersIn(value: unknown): ArrayBuffer[] {
  const buffers = new Set<unknown>();
  changed(value, (leaf) => buffers.add(isTyped(leaf) ? leaf.buffer : leaf));
  return [...buffers].filter((buffer): buffer is ArrayBuffer => kindOf(buffer) === "ArrayBuffer");
}

/** A value whose buffers have moved into it. */
export const moved = <T>(value: T): T => structuredClone(value, { transfer: buffersIn(value) });

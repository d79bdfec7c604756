import { reject } from "./error.ts";
import type { Plan } from "./plan.ts";

/**
 * The single block of memory of a model: params, state, constants, caches and scratch. It never grows, so views stay
 * valid.
 */
export type Arena = WebAssembly.Memory | { readonly buffer: ArrayBuffer };

const pageBytes = 65536;
const maxPages = 65536;

export const hasWebAssembly = (): boolean => typeof WebAssembly === "object";

/** JavaScript code does not use WebAssembly memory, so that it runs where WebAssembly is disabled. */
export function createArena(plan: Plan, kind: "wasm" | "js"): Arena {
  const pages = Math.max(1, Math.ceil(plan.arenaBytes / pageBytes));
  if (kind === "wasm" && !hasWebAssembly()) reject("E0802", "this host has no WebAssembly", "build with --target js");
  try {
    if (pages <= maxPages)
      return kind === "wasm"
        ? new WebAssembly.Memory({ initial: pages, maximum: pages })
        : { buffer: new ArrayBuffer(pages * pageBytes) };
  } catch {
    // There is not so much memory.
  }
  return reject(
    "E0801",
    `the model needs ${(plan.arenaBytes / 2 ** 30).toFixed(2)} GiB of memory, which cannot be allocated; the limit is 4 GiB`,
    "use a smaller batch",
  );
}

export function copyConstants(plan: Plan, buffer: ArrayBufferLike): void {
  const memory = new Uint8Array(buffer);
  for (const { offset, base64 } of plan.constants) memory.set(bytesFromBase64(base64), offset);
}

export const bytesFromBase64 = (base64: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

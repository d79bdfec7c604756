import { reject } from "./error.ts";
import type { Plan } from "./plan.ts";

/**
 * The single block of memory of a model: params, state, constants, caches and scratch. It never grows, so views stay
 * valid.
 */
export type Arena = WebAssembly.Memory | { readonly buffer: ArrayBuffer };

const pageBytes = 65536;
const maxPages = 65536;

/** JavaScript code does not use WebAssembly memory, so that it runs where WebAssembly is disabled. */
export function createArena(plan: Plan, kind: "wasm" | "js"): Arena {
  const pages = Math.max(1, Math.ceil(plan.arenaBytes / pageBytes));
  if (!(pages <= maxPages))
    reject("E0801", `the model needs ${gib(plan.arenaBytes)} of memory; the limit is 4 GiB`, "use a smaller batch");
  try {
    return kind === "wasm"
      ? new WebAssembly.Memory({ initial: pages, maximum: pages })
      : { buffer: new ArrayBuffer(pages * pageBytes) };
  } catch {
    return reject("E0801", `cannot allocate the ${gib(plan.arenaBytes)} that the model needs`, "use a smaller batch");
  }
}

export function copyConstants(plan: Plan, buffer: ArrayBufferLike): void {
  const memory = new Uint8Array(buffer);
  for (const { offset, base64 } of plan.constants) {
    const text = atob(base64);
    for (let i = 0; i < text.length; i++) memory[offset + i] = text.charCodeAt(i);
  }
}

const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`;

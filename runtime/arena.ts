import { fail } from "./error.ts";
import type { Plan } from "./plan.ts";

/** The one block of memory of a model: params, state, constants, caches and scratch. It never grows, so that views stay valid. */
export type Arena = WebAssembly.Memory | { readonly buffer: ArrayBuffer };

const pageBytes = 65536;
const maxPages = 65536;

/** JavaScript code needs no WebAssembly, so that it runs where that is switched off. */
export function createArena(plan: Plan, kind: "wasm" | "js"): Arena {
  const pages = Math.max(1, Math.ceil(plan.arenaBytes / pageBytes));
  if (!(pages <= maxPages)) fail("E0801", `the model needs ${gib(plan.arenaBytes)} of memory, and an arena holds 4 GiB at most`, "use a smaller batch");
  try {
    return kind === "wasm" ? new WebAssembly.Memory({ initial: pages, maximum: pages }) : { buffer: new ArrayBuffer(pages * pageBytes) };
  } catch {
    return fail("E0801", `this machine has no room for the ${gib(plan.arenaBytes)} that the model needs`, "use a smaller batch");
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

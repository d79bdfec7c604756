import { reject } from "./error.ts";
import type { SessionPlan } from "./session-plan.ts";

/**
 * The single block of memory of a model: params, state, constants, caches and scratch. It never grows, so views stay
 * valid.
 */
export type Arena = WebAssembly.Memory | { readonly buffer: ArrayBuffer };

const pageBytes = 65536;
const maxPages = 65536;

export const hasWebAssembly = (): boolean => typeof WebAssembly === "object";

/** JavaScript code does not use WebAssembly memory, so that it runs where WebAssembly is disabled. */
export function createArena(plan: SessionPlan, kind: "wasm" | "js"): Arena {
  const pages = Math.max(1, Math.ceil(plan.arenaBytes / pageBytes));
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
    `the host does not allocate the ${(plan.arenaBytes / 2 ** 20).toFixed()} MiB of memory that the model needs`,
    "use a smaller batch",
  );
}

import { reject } from "./error.ts";

/**
 * The single block of memory of a model: params, state, constants, caches and scratch. It never grows, so views stay
 * valid.
 */
export type Arena = WebAssembly.Memory | { readonly buffer: ArrayBuffer };

const pageBytes = 65536;
const maxPages = 65536;

export const hasWebAssembly = (): boolean => typeof WebAssembly === "object";

/** Throws E0801 if there is not so much memory. */
function allocated<A extends Arena>(bytes: number, make: (pages: number) => A): A {
  const pages = Math.ceil(bytes / pageBytes) || 1;
  try {
    if (pages <= maxPages) return make(pages);
  } catch {
    // The host has its own limits.
  }
  return reject(
    "E0801",
    `the host does not allocate ${(bytes / 2 ** 20).toFixed()} MiB of memory`,
    "use a smaller batch",
  );
}

export const wasmArena = (bytes: number): WebAssembly.Memory =>
  allocated(bytes, (pages) => new WebAssembly.Memory({ initial: pages, maximum: pages }));

/** JavaScript code does not use WebAssembly memory, so that it runs where WebAssembly is disabled. */
export const jsArena = (bytes: number): { readonly buffer: ArrayBuffer } =>
  allocated(bytes, (pages) => ({ buffer: new ArrayBuffer(pages * pageBytes) }));

import { hasWebAssembly, jsArena, wasmArena } from "./arena.ts";
import { DlcError, raise, reject } from "./error.ts";
import type { Code, Exports } from "./session-plan.ts";

/** `fast` may use relaxed SIMD (fused multiply-adds); `strict` produces the same bits on every machine. */
export type Mode = "fast" | "strict";

/**
 * A module with a single function `v128 -> v128` that uses `f32x4.relaxed_madd`: the magic number and the version, a
 * type, a function of it, and its code.
 */
const relaxedProbe = [
  [0, 97, 115, 109, 1, 0, 0, 0],
  [1, 6, 1, 96, 1, 123, 1, 123],
  [3, 2, 1, 0],
  [10, 13, 1, 11, 0, 32, 0, 32, 0, 32, 0, 253, 133, 2, 11],
];

/**
 * Whether the host has relaxed SIMD, which the mode `fast` uses.
 *
 * @example
 * import { hasRelaxedSimd } from "dlc/runtime";
 * typeof hasRelaxedSimd(); // => "boolean"
 */
export const hasRelaxedSimd = (): boolean =>
  hasWebAssembly() && WebAssembly.validate(Uint8Array.from(relaxedProbe.flat()));

/** The functions of a module, and its memory. (A promise of the exports alone would call an entry named `then`.) */
export interface Started {
  readonly exports: Exports;
  readonly buffer: ArrayBufferLike;
}

/** Starts the code in a new arena. */
export async function instantiate(code: Code, arenaBytes: number, mode: Mode): Promise<Started> {
  const arena = code.kind === "js" ? jsArena(arenaBytes) : hasWebAssembly() ? wasmArena(arenaBytes) : null;
  try {
    if (code.kind === "js") {
      const { buffer } = arena as { readonly buffer: ArrayBuffer };
      return { exports: code.instantiate({ buffer }), buffer };
    }
    const source = mode === "fast" && code.relaxed !== undefined && hasRelaxedSimd() ? code.relaxed : code.bytes;
    return await started(await WebAssembly.compile(source), arena as WebAssembly.Memory);
  } catch (error) {
    return wrapHostError(error);
  }
}

export async function started(module: WebAssembly.Module, memory: WebAssembly.Memory): Promise<Started> {
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  return { exports: exports as unknown as Exports, buffer: memory.buffer };
}

/** Wraps an error of the host that compiles or instantiates code. */
export function wrapHostError(error: unknown): never {
  if (error instanceof DlcError) raise(error);
  return reject(
    "E0802",
    `cannot compile the module: ${String(error)}`,
    "if a policy forbids it, allow 'wasm-unsafe-eval', pass a compiled `module`, or build with --target js",
  );
}

export function exported(exports: Exports, name: string): (...args: readonly number[]) => void {
  const found = exports[name];
  return typeof found === "function" ? found : reject("E0802", `the module has no function \`${name}\``);
}

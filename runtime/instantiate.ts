import { hasWebAssembly, type Arena } from "./arena.ts";
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

export const hasRelaxedSimd = (): boolean =>
  hasWebAssembly() && WebAssembly.validate(Uint8Array.from(relaxedProbe.flat()));

/** In an object: a promise of the exports would call an entry named `then`. */
export async function instantiate(code: Code, arena: Arena, mode: Mode): Promise<{ readonly exports: Exports }> {
  try {
    if (code.kind === "js") return { exports: code.instantiate(arena as { readonly buffer: ArrayBuffer }) };
    const source = mode === "fast" && code.relaxed !== undefined && hasRelaxedSimd() ? code.relaxed : code.bytes;
    return await started(await compiled(source), arena);
  } catch (error) {
    return wrapHostError(error);
  }
}

/** A module from its bytes; a module is what it is. */
export const compiled = async (source: WebAssembly.Module | Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> =>
  source instanceof Uint8Array ? WebAssembly.compile(source) : source;

export const started = async (module: WebAssembly.Module, arena: Arena): Promise<{ readonly exports: Exports }> => {
  const { exports } = await WebAssembly.instantiate(module, { env: { memory: arena as WebAssembly.Memory } });
  return { exports: exports as unknown as Exports };
};

/** Wraps an error of the host that compiles or instantiates code. */
export function wrapHostError(error: unknown): never {
  if (error instanceof DlcError) raise(error);
  return reject(
    "E0802",
    `the host does not accept the module: ${String(error)}`,
    "if its policy forbids WebAssembly, allow 'wasm-unsafe-eval', pass a compiled `module`, or build with --target js",
  );
}

export function exported(exports: Exports, name: string): (...args: readonly number[]) => void {
  const found = exports[name];
  return typeof found === "function" ? found : reject("E0802", `the module has no function \`${name}\``);
}

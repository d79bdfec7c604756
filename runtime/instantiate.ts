import { bytesFromBase64, hasWebAssembly, type Arena } from "./arena.ts";
import { DlcError, raise, reject } from "./error.ts";
import type { Code, Exports } from "./plan.ts";

/** `fast` may use relaxed SIMD (fused multiply-adds); `strict` produces the same bits on every machine. */
export type Mode = "fast" | "strict";

/**
 * A module with a single function `v128 -> v128` that uses `f32x4.relaxed_madd`: 00 61 73 6d, 01 00 00 00; types
 * 01 06 01 60 01 7b 01 7b; functions 03 02 01 00; code 0a 0d 01 0b 00 20 00 20 00 20 00 fd 85 02 0b.
 */
const relaxedProbe = "AGFzbQEAAAABBgFgAXsBewMCAQAKDQELACAAIAAgAP2FAgs=";

export const hasRelaxedSimd = (): boolean => hasWebAssembly() && WebAssembly.validate(bytesFromBase64(relaxedProbe));

/** In an object: a promise of the exports would call an entry named `then`. */
export async function instantiate(code: Code, arena: Arena, mode: Mode): Promise<{ readonly exports: Exports }> {
  if (code.kind === "js") {
    try {
      return { exports: code.instantiate(arena as { readonly buffer: ArrayBuffer }) };
    } catch (error) {
      return wrapHostError(error);
    }
  }
  const bytes = mode === "fast" && code.relaxed !== undefined && hasRelaxedSimd() ? code.relaxed : code.bytes;
  const imports = { env: { memory: arena as WebAssembly.Memory } };
  const { instance } = await WebAssembly.instantiate(bytes, imports).catch(wrapHostError);
  return { exports: instance.exports as unknown as Exports };
}

/** Wraps an error of the host that compiles or instantiates code. */
export function wrapHostError(error: unknown): never {
  if (error instanceof DlcError) raise(error);
  const help = /Content Security Policy|CSP|unsafe-eval/i.test(String(error))
    ? "allow 'wasm-unsafe-eval' in the content security policy, or build with --target js"
    : "the file is damaged, or this host has no WebAssembly SIMD: then build with --target js";
  return reject("E0802", `cannot load the module: ${String(error)}`, help);
}

export function exported(exports: Exports, name: string): (...args: readonly number[]) => void {
  const found = exports[name];
  return typeof found === "function" ? found : reject("E0802", `the module has no function \`${name}\``);
}

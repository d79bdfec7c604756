import type { Arena } from "./arena.ts";
import { reject } from "./error.ts";
import type { Code, Exports } from "./plan.ts";

/** `fast` may use relaxed SIMD (fused multiply-adds); `strict` produces the same bits on every machine. */
export type Mode = "fast" | "strict";

/** A module with a single function `v128 -> v128` that uses `f32x4.relaxed_madd`. */
const relaxedProbe = Uint8Array.from(
  [
    [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    [0x01, 0x06, 0x01, 0x60, 0x01, 0x7b, 0x01, 0x7b],
    [0x03, 0x02, 0x01, 0x00],
    [0x0a, 0x0d, 0x01, 0x0b, 0x00, 0x20, 0x00, 0x20, 0x00, 0x20, 0x00, 0xfd, 0x85, 0x02, 0x0b],
  ].flat(),
);

export const hasWebAssembly = (): boolean => typeof WebAssembly === "object";
export const hasRelaxedSimd = (): boolean => hasWebAssembly() && WebAssembly.validate(relaxedProbe);

/** In an object: a promise of the exports would call an entry named `then`. */
export async function instantiate(code: Code, arena: Arena, mode: Mode): Promise<{ readonly exports: Exports }> {
  if (code.kind === "js") return { exports: code.instantiate(arena as { readonly buffer: ArrayBuffer }) };
  const bytes = mode === "fast" && code.relaxed !== undefined && hasRelaxedSimd() ? code.relaxed : code.bytes;
  const { instance } = await WebAssembly.instantiate(bytes, { env: { memory: arena as WebAssembly.Memory } });
  return { exports: instance.exports as unknown as Exports };
}

export function exported(exports: Exports, name: string): (...args: readonly number[]) => void {
  const found = exports[name];
  return typeof found === "function"
    ? found
    : reject(
        "E0802",
        `the module has no function \`${name}\``,
        "the module and its manifest are from different builds",
      );
}

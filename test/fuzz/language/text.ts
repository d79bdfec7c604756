// The text of types and blocks.
import type { Known } from "./body.ts";

/** `f32[N, 4]`; null where a size has no name. */
export function typeText({ dtype, dims }: Known): string | null {
  return dims.some(({ text }) => text === null) ? null : `${dtype}[${dims.map(({ text }) => text).join(", ")}]`;
}

export const signature = (params: readonly Known[]): string =>
  params.map((param) => `${param.text}: ${typeText(param) ?? ""}`).join(", ");
export const block = (lines: readonly string[]): string =>
  lines
    .flatMap((line) => line.split("\n"))
    .map((line) => `  ${line}\n`)
    .join("");

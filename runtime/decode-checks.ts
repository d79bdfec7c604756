import { reject } from "./error.ts";

/** A model that has diverged has no best token, label or box. */
export function rejectNaN(name: string, numbers: ArrayLike<number>): void {
  const at = Array.prototype.findIndex.call(numbers, Number.isNaN);
  if (at >= 0) reject("E0830", `\`${name}\` is NaN at index ${at}`);
}

import { list, reject } from "./error.ts";
import type { Only } from "./model.ts";
import { starsOf } from "./pattern.ts";
import type { Persistent } from "./session-plan.ts";
import { byteLength } from "./tensor.ts";

export const slotBytes = (buffer: ArrayBufferLike, slot: Persistent): Uint8Array =>
  new Uint8Array(buffer, slot.offset, byteLength(slot));

/** Whether a pattern matches the path of a tensor; rejects (E0818) a pattern that matches none of them. */
export function matching(only: Only, slots: readonly Persistent[], of: string): (slot: Persistent) => boolean {
  const patterns = [only].flat();
  for (const pattern of patterns)
    if (pattern !== "*" && !slots.some(({ path }) => starsOf(pattern, path)))
      reject(
        "E0818",
        `\`only\` of \`${of}\` matches no tensor of the model: ${pattern}`,
        `the model has ${list(slots.map(({ path }) => path))}`,
      );
  return ({ path }) => patterns.some((pattern) => starsOf(pattern, path));
}

import type { TensorData } from "./model.ts";
import { checkValues, positionOf, refuseOf, type Elements } from "./input.ts";
import type { IndexRange, InputSlot, SessionEntry } from "./session-plan.ts";

/** An element of an input that is not an index of the axis from which it selects. */
export interface InvalidIndex {
  /** Row-major. */
  readonly at: number;
  readonly value: number;
  /** `0 to 2` */
  readonly allowed: string;
  /** `is 3 at [17], not 0 to 2` */
  readonly says: string;
  readonly help: string | undefined;
}

/** Checks the elements, and that those that select from an axis are in its range. Throws E0814, E0817. */
export function checkIndices(entry: SessionEntry, slot: InputSlot, data: Elements, size: number): TensorData {
  const values = checkValues(entry, slot, data, size);
  const invalid = invalidIndex(slot, values);
  if (invalid !== null) refuseOf(entry, slot)("E0817", invalid.says, invalid.help);
  return values;
}

/** The first of an input; null if there is none. */
export function invalidIndex({ indices, shape }: InputSlot, data: Elements): InvalidIndex | null {
  if (indices === undefined) return null;
  for (let i = 0; i < indices.length; i++) {
    const at = firstOutside(indices[i] as IndexRange, data, indices[i]?.start ?? 0, 0);
    if (at >= 0) return described((indices[i] as IndexRange).allowed, data[at] as number, at, shape);
  }
  return null;
}

/** In functions of their own: a loop allocates what a function inside it refers to. */
function described(ranges: IndexRange["allowed"], value: number, at: number, shape: readonly number[]): InvalidIndex {
  const help =
    value < 0
      ? `for rows without a label pass \`ignore_index: ${value}\` to the loss`
      : ranges.some(([from, to]) => from === 0 && to === value - 1)
        ? "labels start at 0: subtract 1 from those that start at 1"
        : undefined;
  const allowed = showRanges(ranges);
  return { at, value, allowed, says: `is ${value}${positionOf(at, shape)}, not ${allowed}`, help };
}

const isOutside = (allowed: IndexRange["allowed"], value: number): boolean =>
  allowed.every(([from, to]) => value < from || value > to);

/** The offset of an element that is in no interval; -1 if there is none. Compares with the last interval first. */
function firstOutside(range: IndexRange, data: Elements, at: number, axis: number): number {
  const { allowed, counts, strides } = range;
  // Without lists on the left, which allocate.
  const last = allowed[allowed.length - 1];
  const lo = last === undefined ? 1 : last[0];
  const hi = last === undefined ? 0 : last[1];
  const stride = strides[axis] as number;
  for (const end = at + (counts[axis] as number) * stride; at < end; at += stride) {
    const value = data[at] as number;
    if (axis + 1 < counts.length) {
      const inner = firstOutside(range, data, at, axis + 1);
      if (inner >= 0) return inner;
    } else if ((value < lo || value > hi) && isOutside(allowed, value)) return at;
  }
  return -1;
}

/** `-100 or 0 to 9` */
export const showRanges = (allowed: IndexRange["allowed"]): string =>
  allowed.map(([from, to]) => (from === to ? from : `${from} to ${to}`)).join(" or ") || "valid, as no value is";

/** What a detector gives, made a list of objects. Boxes are [top, left, bottom, right], four numbers a row. */
import { fail } from "./error.ts";

type Numbers = ArrayLike<number>;

export interface SuppressOptions {
  /** A box that shares more than this with a better one is dropped. 0.5 by default. */
  readonly overlap?: number;
  /** Boxes below this score are not looked at. */
  readonly score?: number;
  /** So many boxes at most. */
  readonly limit?: number;
  /** Boxes of different classes do not suppress each other; without it all are of one class. */
  readonly classes?: Numbers;
}

/** Non-maximum suppression: indices of the boxes that are kept, best first; of equal scores the smaller index. */
export function suppressBoxes(
  boxes: Numbers,
  scores: Numbers,
  { overlap = 0.5, score = -Infinity, limit = Infinity, classes }: SuppressOptions = {},
): number[] {
  if (boxes.length !== 4 * scores.length) fail("E0830", `${boxes.length} numbers are not four for each of ${scores.length} scores`);
  if (classes !== undefined && classes.length !== scores.length) fail("E0830", `${classes.length} classes are not one for each of ${scores.length} scores`);
  const order = Array.from(scores, (_, k) => k)
    .filter((k) => at(scores, k) >= score)
    .sort((a, b) => at(scores, b) - at(scores, a) || a - b);
  const kept: number[] = [];
  for (const k of order) {
    if (kept.length >= limit) break;
    if (kept.every((other) => classes?.[other] !== classes?.[k] || boxOverlap(boxes, other, k) <= overlap)) kept.push(k);
  }
  return kept;
}

/** The share of the union of two boxes that both cover ("IoU"); 0 where the union has no area. */
export function boxOverlap(boxes: Numbers, a: number, b: number): number {
  const side = (axis: number): number =>
    Math.max(0, Math.min(at(boxes, 4 * a + axis + 2), at(boxes, 4 * b + axis + 2)) - Math.max(at(boxes, 4 * a + axis), at(boxes, 4 * b + axis)));
  const common = side(0) * side(1);
  const union = area(boxes, a) + area(boxes, b) - common;
  return union > 0 ? common / union : 0;
}

const area = (boxes: Numbers, k: number): number =>
  Math.max(0, at(boxes, 4 * k + 2) - at(boxes, 4 * k)) * Math.max(0, at(boxes, 4 * k + 3) - at(boxes, 4 * k + 1));

const at = (numbers: Numbers, index: number): number => numbers[index] as number;

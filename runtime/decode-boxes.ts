/**
 * Converts the output of a detector to a list of objects. Boxes are [top, left, bottom, right], four numbers per row.
 */
import { rejectNaN } from "./decode-checks.ts";
import { reject } from "./error.ts";

type Numbers = ArrayLike<number>;

export interface SuppressOptions {
  /** Drops a box whose intersection over union with a better box exceeds this. Default 0.5. */
  readonly overlap?: number;
  /** Boxes below this score are ignored. */
  readonly score?: number;
  /** The maximum number of boxes. */
  readonly limit?: number;
  /** Boxes of different classes do not suppress each other; without this, all boxes have the same class. */
  readonly classes?: Numbers;
}

/**
 * Non-maximum suppression: the indices of the kept boxes, best first; ties go to the smaller index.
 *
 * @example
 * import { suppressBoxes } from "dlc/runtime";
 * const boxes = [0, 0, 10, 10, 1, 0, 10, 10, 20, 20, 30, 30];
 * suppressBoxes(boxes, [0.8, 0.9, 0.3], { overlap: 0.5 }); // => [1, 2]
 */
export function suppressBoxes(
  boxes: Numbers,
  scores: Numbers,
  { overlap = 0.5, score = -Infinity, limit = Infinity, classes }: SuppressOptions = {},
): number[] {
  if (boxes.length !== 4 * scores.length)
    reject("E0830", `boxes has ${boxes.length} numbers; expected 4 for each of the ${scores.length} scores`);
  if (classes !== undefined && classes.length !== scores.length)
    reject("E0830", `classes has ${classes.length} numbers; expected 1 for each of the ${scores.length} scores`);
  rejectNaN("scores", scores);
  const order = Array.from(scores, (_, k) => k)
    .filter((k) => at(scores, k) >= score)
    .sort((a, b) => at(scores, b) - at(scores, a) || a - b);
  const kept: number[] = [];
  for (const k of order) {
    if (kept.length >= limit) break;
    if (kept.every((other) => classes?.[other] !== classes?.[k] || boxOverlap(boxes, other, k) <= overlap))
      kept.push(k);
  }
  return kept;
}

/**
 * Intersection over union of two boxes; 0 if the union has no area.
 *
 * @example
 * import { boxOverlap } from "dlc/runtime";
 * boxOverlap([0, 0, 2, 2, 0, 1, 2, 3], 0, 1) === 2 / 6; // => true
 */
export function boxOverlap(boxes: Numbers, a: number, b: number): number {
  const side = (axis: number): number =>
    Math.max(
      0,
      Math.min(at(boxes, 4 * a + axis + 2), at(boxes, 4 * b + axis + 2)) -
        Math.max(at(boxes, 4 * a + axis), at(boxes, 4 * b + axis)),
    );
  const common = side(0) * side(1);
  const union = area(boxes, a) + area(boxes, b) - common;
  return union > 0 ? common / union : 0;
}

const area = (boxes: Numbers, k: number): number =>
  Math.max(0, at(boxes, 4 * k + 2) - at(boxes, 4 * k)) * Math.max(0, at(boxes, 4 * k + 3) - at(boxes, 4 * k + 1));

const at = (numbers: Numbers, index: number): number => numbers[index] as number;

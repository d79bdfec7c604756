/** Decodes the output of a CTC model: rows of `classes` scores, one row per frame. */
import { rejectNaN } from "./decode-checks.ts";
import { reject } from "./error.ts";

type Numbers = ArrayLike<number>;

export interface CtcOptions {
  readonly classes: number;
  /** The blank class; default 0. */
  readonly blank?: number;
  /** The number of frames to decode; default all. */
  readonly frames?: number;
}

/**
 * Greedy decoding: the best class of each frame, with repeats merged and blanks dropped. Scores may be logits,
 * probabilities or log probabilities.
 *
 * @example
 * import { ctcGreedy } from "dlc/runtime";
 * ctcGreedy([0, 1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1], { classes: 3 }); // => [1, 2]
 */
export function ctcGreedy(scores: Numbers, options: CtcOptions): number[] {
  const { classes, blank = 0, frames } = checked(scores, options);
  const best = Array.from({ length: frames }, (_, t) => argmax(scores, t * classes, classes));
  return best.filter((k, t) => k !== blank && (t === 0 || k !== best[t - 1]));
}

export interface Hypothesis {
  readonly labels: readonly number[];
  /** Log probability of the label, summed over all paths to it that the search kept. */
  readonly logProb: number;
}

/** A prefix, with the log probabilities of its paths that end in a blank and of those that do not. */
interface Prefix {
  readonly labels: readonly number[];
  blank: number;
  label: number;
}

/**
 * Prefix beam search over log probabilities: the likeliest labels first, at most `beam`. A. Hannun et al., "First-pass
 * large vocabulary continuous speech recognition using bi-directional recurrent DNNs", 2014, algorithm 1, without a
 * language model.
 *
 * @example
 * import { ctcBeamSearch } from "dlc/runtime";
 * const frames = [0.1, 0.9, 0.6, 0.4].map(Math.log); // two frames, two classes
 * ctcBeamSearch(frames, { classes: 2, beam: 4 })[0].labels; // => [1]
 */
export function ctcBeamSearch(logProbs: Numbers, options: CtcOptions & { readonly beam?: number }): Hypothesis[] {
  const { classes, blank, frames } = checked(logProbs, options);
  const { beam = 16 } = options;
  if (!(beam >= 1)) reject("E0830", `\`beam\` must be at least 1, got ${beam}`);
  let beams: Prefix[] = [{ labels: [], blank: 0, label: -Infinity }];
  for (let t = 0; t < frames; t++) {
    const next = new Map<string, Prefix>();
    for (const prefix of beams) extend(next, prefix, logProbs, t * classes, classes, blank);
    beams = [...next.values()].sort((a, b) => total(b) - total(a)).slice(0, beam);
  }
  return beams.map((prefix) => ({ labels: prefix.labels, logProb: total(prefix) }));
}

function extend(
  next: Map<string, Prefix>,
  prefix: Prefix,
  logProbs: Numbers,
  row: number,
  classes: number,
  blank: number,
): void {
  const last = prefix.labels.at(-1);
  const same = entryOf(next, prefix.labels);
  same.blank = logAdd(same.blank, total(prefix) + at(logProbs, row + blank));
  if (last !== undefined) same.label = logAdd(same.label, prefix.label + at(logProbs, row + last));
  for (let k = 0; k < classes; k++) {
    if (k === blank) continue;
    // A repeated label counts as new only after a blank.
    const from = k === last ? prefix.blank : total(prefix);
    const score = from + at(logProbs, row + k);
    if (score === -Infinity) continue;
    const longer = entryOf(next, [...prefix.labels, k]);
    longer.label = logAdd(longer.label, score);
  }
}

function entryOf(prefixes: Map<string, Prefix>, labels: readonly number[]): Prefix {
  const key = labels.join(" ");
  const found = prefixes.get(key) ?? { labels, blank: -Infinity, label: -Infinity };
  prefixes.set(key, found);
  return found;
}

const total = ({ blank, label }: Prefix): number => logAdd(blank, label);

/** log(e^a + e^b) */
function logAdd(a: number, b: number): number {
  const most = Math.max(a, b);
  return most === -Infinity ? most : most + Math.log1p(Math.exp(-Math.abs(a - b)));
}

const at = (numbers: Numbers, index: number): number => numbers[index] as number;

function argmax(numbers: Numbers, start: number, count: number): number {
  let best = 0;
  for (let k = 1; k < count; k++) if (at(numbers, start + k) > at(numbers, start + best)) best = k;
  return best;
}

function checked(
  scores: Numbers,
  { classes, blank = 0, frames = scores.length / classes }: CtcOptions,
): Required<CtcOptions> {
  const rows = scores.length / classes;
  if (!Number.isInteger(rows))
    reject("E0830", `the number of scores, ${scores.length}, is not a multiple of ${classes} classes`);
  if (!(blank >= 0 && blank < classes))
    reject("E0830", `\`blank\` must be a class from 0 to ${classes - 1}, got ${blank}`);
  if (!(frames >= 0 && frames <= rows)) reject("E0830", `\`frames\` must be from 0 to ${rows}, got ${frames}`);
  rejectNaN("scores", scores);
  return { classes, blank, frames };
}

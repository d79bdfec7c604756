/** Token sampling, beam search and edit distance. */
import { rejectNaN } from "./decode-checks.ts";
import { reject } from "./error.ts";

type Numbers = ArrayLike<number>;

export interface SampleOptions {
  /** Divides the logits: below 1 sharper, above 1 flatter, 0 always the best token. Default 1. */
  readonly temperature?: number;
  /** Samples from the k likeliest tokens; default all. */
  readonly topK?: number;
  /**
   * Samples from the smallest set of tokens that has this probability. A. Holtzman et al., "The curious case of neural
   * text degeneration", 2020. Default 1.
   */
  readonly topP?: number;
  /** A random number in [0, 1). The same number returns the same token. */
  readonly random: number;
}

/**
 * Samples the index of a token from softmax(logits / temperature), restricted by top-k and then by top-p.
 *
 * @example
 * import { sampleToken } from "dlc/runtime";
 * sampleToken([0, 5, 1], { temperature: 0, random: Math.random() }); // => 1
 * sampleToken([1, 1, -9], { topK: 2, random: 0.75 }); // => 1
 */
export function sampleToken(
  logits: Numbers,
  { temperature = 1, topK = logits.length, topP = 1, random }: SampleOptions,
): number {
  if (logits.length === 0) reject("E0830", "`logits` is empty");
  if (!(temperature >= 0)) reject("E0830", `\`temperature\` must not be negative, got ${temperature}`);
  if (!(topK >= 1)) reject("E0830", `\`topK\` must be at least 1, got ${topK}`);
  if (!(topP > 0 && topP <= 1)) reject("E0830", `\`topP\` must be above 0 and at most 1, got ${topP}`);
  if (!(random >= 0 && random < 1)) reject("E0830", `\`random\` must be in [0, 1), got ${random}`);
  rejectNaN("logits", logits);
  // Best first; ties go to the smaller index.
  const order = Array.from(logits, (_, k) => k).sort((a, b) => at(logits, b) - at(logits, a) || a - b);
  const best = order[0] as number;
  if (temperature === 0) return best;
  const kept = order.slice(0, topK);
  const weights = kept.map((k) => Math.exp((at(logits, k) - at(logits, best)) / temperature));
  const count = nucleus(weights, topP);
  let left = random * sum(weights.slice(0, count));
  for (let i = 0; i < count - 1; i++) {
    left -= at(weights, i);
    if (left < 0) return at(kept, i);
  }
  return at(kept, count - 1);
}

/** The smallest number of leading weights that have the share `p` of the sum. */
function nucleus(weights: readonly number[], p: number): number {
  if (p === 1) return weights.length;
  const enough = p * sum(weights);
  let seen = 0;
  const last = weights.findIndex((weight) => (seen += weight) >= enough);
  return last < 0 ? weights.length : last + 1;
}

export interface BeamOptions {
  readonly beam: number;
  /** The maximum number of tokens, including the end token. */
  readonly length: number;
  /** The token that ends a sentence. */
  readonly end: number;
  /**
   * Scores are divided by length ^ penalty. Default 0, which prefers short sentences. Y. Wu et al., "Google's neural
   * machine translation system", 2016.
   */
  readonly penalty?: number;
}

export interface Sentence {
  readonly tokens: readonly number[];
  readonly logProb: number;
}

/**
 * Beam search. `next` receives unfinished sentences and returns the log probabilities of the next token of each.
 * Returns the best sentences first, at most `beam`, with the end token if they have ended.
 *
 * @example
 * import { beamSearch } from "dlc/runtime";
 * const logProbs = [Math.log(0.1), Math.log(0.2), Math.log(0.7)]; // the same after every sentence
 * const sentences = beamSearch((open) => open.map(() => logProbs), { beam: 2, length: 3, end: 2 });
 * sentences.map(({ tokens }) => tokens); // => [[2], [1, 2]]
 */
export function beamSearch(
  next: (sentences: readonly (readonly number[])[]) => readonly Numbers[],
  options: BeamOptions,
): Sentence[] {
  const { beam, length, end, penalty = 0 } = options;
  if (!(beam >= 1)) reject("E0830", `the beam is ${beam}, and must be 1 or more`);
  const score = ({ tokens, logProb }: Sentence): number => logProb / Math.max(1, tokens.length) ** penalty;
  const best = (sentences: readonly Sentence[]): Sentence[] =>
    [...sentences].sort((a, b) => score(b) - score(a)).slice(0, beam);
  let sentences: Sentence[] = [{ tokens: [], logProb: 0 }];
  for (let turn = 0; turn < length; turn++) {
    const open = sentences.filter(({ tokens }) => tokens.at(-1) !== end);
    if (open.length === 0) break;
    const rows = next(open.map(({ tokens }) => tokens));
    for (const row of rows) rejectNaN("next", row);
    const longer = open.flatMap(({ tokens, logProb }, i) =>
      Array.from(rows[i] ?? [], (p, token) => ({ tokens: [...tokens, token], logProb: logProb + p })),
    );
    sentences = best([...sentences.filter(({ tokens }) => tokens.at(-1) === end), ...longer]);
  }
  return sentences;
}

/**
 * The fewest insertions, deletions and substitutions that turn one sequence into the other. V. Levenshtein, 1966.
 *
 * @example
 * import { editDistance } from "dlc/runtime";
 * editDistance([1, 2, 3], [1, 3]); // => 1
 */
export function editDistance(a: Numbers, b: Numbers): number {
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++)
      row.push(Math.min(at(above, j) + 1, at(row, j - 1) + 1, at(above, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)));
    above = row;
  }
  return at(above, b.length);
}

/**
 * Total edit distance divided by the total length of the references: the word or character error rate of several
 * sentences.
 *
 * @example
 * import { errorRate } from "dlc/runtime";
 * errorRate([{ found: [1, 2], right: [1, 2] }, { found: [3], right: [3, 4] }]); // => 0.25
 */
export function errorRate(pairs: readonly { readonly found: Numbers; readonly right: Numbers }[]): number {
  const errors = sum(pairs.map(({ found, right }) => editDistance(found, right)));
  const length = sum(pairs.map(({ right }) => right.length));
  return length === 0 ? (errors === 0 ? 0 : Infinity) : errors / length;
}

const at = (numbers: Numbers, index: number): number => numbers[index] as number;
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

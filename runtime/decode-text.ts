/** Choosing the next token, searching for the best sentence, comparing sentences. */
import { fail } from "./error.ts";

type Numbers = ArrayLike<number>;

export interface SampleOptions {
  /** Divides the logits: below 1 bolder, above 1 more even, 0 always the best. 1 by default. */
  readonly temperature?: number;
  /** Only the k likeliest tokens; all by default. */
  readonly topK?: number;
  /** Only the fewest tokens that together have this probability. A. Holtzman et al., "The curious case of neural text degeneration", 2020. 1 by default. */
  readonly topP?: number;
  /** A number in [0, 1): the draw. The same number gives the same token. */
  readonly random: number;
}

/** The index of a token, drawn from softmax(logits / temperature) among those that top-k and then top-p leave. */
export function sampleToken(logits: Numbers, { temperature = 1, topK = logits.length, topP = 1, random }: SampleOptions): number {
  if (logits.length === 0) fail("E0830", "there are no logits to sample from");
  if (!(temperature >= 0)) fail("E0830", `the temperature is ${temperature}, and must not be negative`);
  if (!(topK >= 1)) fail("E0830", `topK is ${topK}, and must be 1 or more`);
  if (!(topP > 0 && topP <= 1)) fail("E0830", `topP is ${topP}, and must be above 0 and at most 1`);
  if (!(random >= 0 && random < 1)) fail("E0830", `random is ${random}, and must be in [0, 1)`);
  // Best first; of equals the smaller index.
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

/** How many of the weights, from the first, have the share `p` of their sum. */
function nucleus(weights: readonly number[], p: number): number {
  if (p === 1) return weights.length;
  const enough = p * sum(weights);
  let seen = 0;
  const last = weights.findIndex((weight) => (seen += weight) >= enough);
  return last < 0 ? weights.length : last + 1;
}

export interface BeamOptions {
  readonly beam: number;
  /** Tokens at most, the end included. */
  readonly length: number;
  /** The token that ends a sentence. */
  readonly end: number;
  /** Scores are divided by length ^ penalty; 0, the default, prefers short sentences. Y. Wu et al., "Google's neural machine translation system", 2016. */
  readonly penalty?: number;
}

export interface Sentence {
  readonly tokens: readonly number[];
  readonly logProb: number;
}

/**
 * Beam search: `next` gives, for each of some sentences that have not ended, the log probabilities of the token after it. The best sentences first, at most
 * `beam`, each with its end where it came to one.
 */
export function beamSearch(next: (sentences: readonly (readonly number[])[]) => readonly Numbers[], options: BeamOptions): Sentence[] {
  const { beam, length, end, penalty = 0 } = options;
  if (!(beam >= 1)) fail("E0830", `the beam is ${beam}, and must be 1 or more`);
  const score = ({ tokens, logProb }: Sentence): number => logProb / Math.max(1, tokens.length) ** penalty;
  const best = (sentences: readonly Sentence[]): Sentence[] => [...sentences].sort((a, b) => score(b) - score(a)).slice(0, beam);
  let sentences: Sentence[] = [{ tokens: [], logProb: 0 }];
  for (let turn = 0; turn < length; turn++) {
    const open = sentences.filter(({ tokens }) => tokens.at(-1) !== end);
    if (open.length === 0) break;
    const rows = next(open.map(({ tokens }) => tokens));
    const longer = open.flatMap(({ tokens, logProb }, i) => Array.from(rows[i] ?? [], (p, token) => ({ tokens: [...tokens, token], logProb: logProb + p })));
    sentences = best([...sentences.filter(({ tokens }) => tokens.at(-1) === end), ...longer]);
  }
  return sentences;
}

/** The fewest insertions, deletions and substitutions that turn one sequence into the other. V. Levenshtein, 1966. */
export function editDistance(a: Numbers, b: Numbers): number {
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) row.push(Math.min(at(above, j) + 1, at(row, j - 1) + 1, at(above, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)));
    above = row;
  }
  return at(above, b.length);
}

/** Edit distance over the length of what was right: word or character error rate of several sentences together. */
export function errorRate(pairs: readonly { readonly found: Numbers; readonly right: Numbers }[]): number {
  const errors = sum(pairs.map(({ found, right }) => editDistance(found, right)));
  const length = sum(pairs.map(({ right }) => right.length));
  return length === 0 ? (errors === 0 ? 0 : Infinity) : errors / length;
}

const at = (numbers: Numbers, index: number): number => numbers[index] as number;
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

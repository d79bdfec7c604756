import fc from "fast-check";
import { expect, test } from "vitest";
import {
  beamSearch,
  boxOverlap,
  ctcBeamSearch,
  ctcGreedy,
  editDistance,
  errorRate,
  sampleToken,
  suppressBoxes,
} from "../../runtime/decode.ts";

const softmaxRows = (scores: readonly number[], classes: number): number[] =>
  scores.map((x, i) => {
    const row = Math.floor(i / classes) * classes;
    return x - Math.log(scores.slice(row, row + classes).reduce((sum, y) => sum + Math.exp(y), 0));
  });

/** The probability of every labelling, as a sum over all paths. */
function allLabels(logProbs: readonly number[], classes: number): Map<string, number> {
  const frames = logProbs.length / classes;
  const labels = new Map<string, number>();
  for (let path = 0; path < classes ** frames; path++) {
    const steps = Array.from({ length: frames }, (_, t) => Math.floor(path / classes ** t) % classes);
    const key = steps.filter((k, t) => k !== 0 && k !== steps[t - 1]).join(" ");
    const p = Math.exp(steps.reduce((sum, k, t) => sum + (logProbs[t * classes + k] ?? NaN), 0));
    labels.set(key, (labels.get(key) ?? 0) + p);
  }
  return labels;
}

const scores = (frames: number, classes: number) =>
  fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: frames * classes, maxLength: frames * classes });

test("a wide beam finds every labelling with its exact probability, the best first", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }).chain((frames) => scores(frames, 3)),
      (raw) => {
        const logProbs = softmaxRows(raw, 3);
        const exact = allLabels(logProbs, 3);
        const found = ctcBeamSearch(logProbs, { classes: 3, beam: 1000 });
        expect(found.length).toBe(exact.size);
        for (const { labels, logProb } of found)
          expect(Math.exp(logProb)).toBeCloseTo(exact.get(labels.join(" ")) ?? NaN, 10);
        expect(found.map((h) => h.logProb)).toEqual(found.map((h) => h.logProb).sort((a, b) => b - a));
      },
    ),
    { numRuns: 30 },
  );
});

test("a narrow beam keeps its width, and beats the best path if many paths have the same labelling", () => {
  // The best path is blank, blank (0.36); the label 1 has three paths: 0.64.
  const logProbs = [0.6, 0.4, 0.6, 0.4].map(Math.log);
  expect(ctcGreedy(logProbs, { classes: 2 })).toEqual([]);
  const [best, ...rest] = ctcBeamSearch(logProbs, { classes: 2, beam: 2 });
  expect(best?.labels).toEqual([1]);
  expect(Math.exp(best?.logProb ?? NaN)).toBeCloseTo(0.64, 12);
  expect(rest.length).toBe(1);
});

test("greedy decoding merges repeats, drops blanks, and stops at the last frame", () => {
  const path = [1, 1, 0, 1, 2, 2, 0, 0, 3];
  const rows = path.flatMap((k) => [0, 1, 2, 3].map((j) => (j === k ? 1 : 0)));
  expect(ctcGreedy(rows, { classes: 4 })).toEqual([1, 1, 2, 3]);
  expect(ctcGreedy(rows, { classes: 4, frames: 5 })).toEqual([1, 1, 2]);
  expect(ctcGreedy(rows, { classes: 4, blank: 1 })).toEqual([0, 2, 0, 3]);
  expect(ctcGreedy([], { classes: 4 })).toEqual([]);
});

test("sampling follows the probabilities; top-k, top-p and temperature narrow them", () => {
  const logits = [1, 3, 2, 0].map((x) => x * Math.log(2));
  const counts = (options: Partial<Parameters<typeof sampleToken>[1]>): number[] => {
    const found = [0, 0, 0, 0];
    for (let i = 0; i < 1500; i++) {
      const token = sampleToken(logits, { ...options, random: (i + 0.5) / 1500 });
      found[token] = (found[token] ?? NaN) + 1 / 100;
    }
    return found.map(Math.round);
  };
  expect(counts({})).toEqual([2, 8, 4, 1]);
  expect(counts({ topK: 2 })).toEqual([0, 10, 5, 0]);
  expect(counts({ topP: 0.8 })).toEqual([0, 10, 5, 0]);
  expect(counts({ topP: 1e-9 })).toEqual([0, 15, 0, 0]);
  expect(counts({ temperature: 0 })).toEqual([0, 15, 0, 0]);
  expect(counts({ temperature: 0.5 })).toEqual([1, 11, 3, 0]);
});

test("beam search finds the best sentence where greedy decoding does not", () => {
  // Token 0 ends. First 1 (0.6) then only weak ends (0.3); first 2 (0.4) then an end of 0.9.
  const next = (sentences: readonly (readonly number[])[]): number[][] =>
    sentences.map((tokens) =>
      (tokens.length === 0 ? [0, 0.6, 0.4] : tokens[0] === 1 ? [0.3, 0.35, 0.35] : [0.9, 0.05, 0.05]).map(Math.log),
    );
  const greedy = beamSearch(next, { beam: 1, length: 2, end: 0 });
  expect(greedy[0]?.tokens[0]).toBe(1);
  const wide = beamSearch(next, { beam: 4, length: 2, end: 0 });
  expect(wide[0]?.tokens).toEqual([2, 0]);
  expect(Math.exp(wide[0]?.logProb ?? NaN)).toBeCloseTo(0.36, 12);
  expect(wide.length).toBe(4);
});

test("edit distance is a metric, and counts single edits", () => {
  expect(
    editDistance(
      [..."kitten"].map((c) => c.charCodeAt(0)),
      [..."sitting"].map((c) => c.charCodeAt(0)),
    ),
  ).toBe(3);
  const word = fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 7 });
  fc.assert(
    fc.property(word, word, word, (a, b, c) => {
      expect(editDistance(a, a)).toBe(0);
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, []) + editDistance([], b)).toBe(a.length + b.length);
      expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
      expect(editDistance(a, b)).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
    }),
  );
  expect(
    errorRate([
      { found: [1, 2], right: [1, 3, 4] },
      { found: [5], right: [5] },
    ]),
  ).toBe(0.5);
});

test("the overlap of boxes, and the boxes that suppression keeps", () => {
  const boxes = [0, 0, 2, 2, 0, 1, 2, 3, 5, 5, 6, 6, 0, 0, 2, 1.9];
  expect(boxOverlap(boxes, 0, 1)).toBeCloseTo(1 / 3, 12);
  expect(boxOverlap(boxes, 0, 2)).toBe(0);
  expect(boxOverlap([0, 0, 0, 0, 0, 0, 0, 0], 0, 1)).toBe(0);
  const scores = [0.7, 0.6, 0.3, 0.9];
  expect(suppressBoxes(boxes, scores)).toEqual([3, 1, 2]);
  expect(suppressBoxes(boxes, scores, { overlap: 0.2 })).toEqual([3, 2]);
  expect(suppressBoxes(boxes, scores, { score: 0.5, limit: 1 })).toEqual([3]);
  expect(suppressBoxes(boxes, scores, { classes: [1, 1, 1, 2] })).toEqual([3, 0, 1, 2]);
});

test("invalid arguments are errors", () => {
  const codes = [
    () => ctcGreedy([1, 2, 3], { classes: 2 }),
    () => ctcGreedy([1, 2], { classes: 2, blank: 2 }),
    () => ctcBeamSearch([0, 0], { classes: 2, frames: 2 }),
    () => sampleToken([], { random: 0 }),
    () => sampleToken([1], { random: 1 }),
    () => sampleToken([1], { random: 0, topP: 0 }),
    () => suppressBoxes([1, 2, 3], [1]),
    () => beamSearch(() => [], { beam: 0, length: 1, end: 0 }),
    () => ctcGreedy([0, NaN], { classes: 2 }),
    () => ctcBeamSearch([NaN, 0], { classes: 2 }),
    () => sampleToken([1, NaN], { random: 0 }),
    () => suppressBoxes([0, 0, 1, 1], [NaN]),
    () => beamSearch(() => [[NaN]], { beam: 1, length: 1, end: 0 }),
  ];
  for (const wrong of codes) expect(wrong).toThrow(expect.objectContaining({ code: "E0830" }));
});

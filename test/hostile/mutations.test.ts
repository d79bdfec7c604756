import { expect, test } from "vitest";
import { sound } from "./sound.ts";
import { readers, type Format } from "./readers.ts";
import { runFiles } from "./run.ts";
import { changedByWriting } from "./writers.ts";

const formats = Object.keys(readers) as Format[];
const seed = Math.floor(Math.random() * 2 ** 31);

test.each(formats)("%s: mutated files are accepted or rejected with a code", (format) => {
  const failures: string[] = [];
  const { accepted, rejected } = runFiles(format, seed, 400, (line) => failures.push(line));
  expect(failures).toEqual([]);
  expect(accepted + rejected).toBe(400);
  expect(rejected).toBeGreaterThan(100);
});

test.each(formats)("%s: valid files round-trip", (format) => {
  expect(sound[format].length).toBeGreaterThan(2);
  expect(sound[format].map((file) => changedByWriting(format, file)).filter((failure) => failure !== null)).toEqual([]);
});

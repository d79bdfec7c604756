import { expect, test } from "vitest";
import { sound } from "./sound.ts";
import { readers, type Format } from "./readers.ts";
import { runFiles } from "./run.ts";
import { changedByWriting } from "./writers.ts";

const formats = Object.keys(readers) as Format[];
const seed = Math.floor(Math.random() * 2 ** 31);

test.each(formats)("%s: damaged files are read or refused, and nothing else happens", (format) => {
  const says: string[] = [];
  const { read, refused } = runFiles(format, seed, 400, (line) => says.push(line));
  expect(says).toEqual([]);
  expect(read + refused).toBe(400);
  expect(refused).toBeGreaterThan(100);
});

test.each(formats)("%s: what is written reads back, and is written the same again", (format) => {
  expect(sound[format].length).toBeGreaterThan(2);
  expect(sound[format].map((file) => changedByWriting(format, file)).filter((says) => says !== null)).toEqual([]);
});

import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { itemSize, limited, type Split } from "../../cli/data/dataset.ts";
import { openDataset } from "../../cli/data/open.ts";
import { createRandom, firstIntegers, shuffled } from "../../runtime/random.ts";

const folder = mkdtempSync(join(tmpdir(), "dlc-data-"));
afterAll(() => rmSync(folder, { recursive: true }));

const digits = openDataset("mnist");
const bytes = (split: Split, name: string): Uint8Array => split.fields.get(name)?.data as Uint8Array;
const countOf = (labels: Uint8Array): number[] =>
  Array.from({ length: 10 }, (_, label) => labels.filter((l) => l === label).length);
const sha = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex").slice(0, 16);

test("the embedded digits are split 9 to 1 in every class, the same way every time", () => {
  const { train, test: held } = digits;
  expect([train.count, held.count]).toEqual([9000, 1000]);
  const [trainCounts, testCounts] = [countOf(bytes(train, "label")), countOf(bytes(held, "label"))];
  trainCounts.forEach((count, label) => expect((testCounts[label] ?? 0) / count).toBeCloseTo(1 / 9, 2));
  const hashes = [train, held].flatMap((split) => [sha(bytes(split, "image")), sha(bytes(split, "label"))]);
  expect(hashes).toEqual(["0f108cd85850c6e6", "4164a593f4e4a16e", "467307f2b2ca3bd9", "c4d37f6c17d89a2c"]);
  const image = bytes(train, "image").subarray(0, 784);
  expect(Math.max(...image)).toBeGreaterThan(200);
  expect(image.filter((pixel) => pixel === 0).length).toBeGreaterThan(400);
});

function writeMnist(train: Buffer, labels: Buffer): void {
  writeFileSync(join(folder, "train-images-idx3-ubyte.gz"), gzipSync(train));
  writeFileSync(join(folder, "train-labels-idx1-ubyte"), labels);
  writeFileSync(join(folder, "t10k-images-idx3-ubyte"), train);
  writeFileSync(join(folder, "t10k-labels-idx1-ubyte.gz"), gzipSync(labels));
}

test("IDX files are read with and without gzip, and checked", () => {
  const spec = `mnist:${folder}`;
  expect(() => openDataset(spec)).toThrow(/contains neither train-images-idx3-ubyte nor/);
  const images = Buffer.from([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, ...firstIntegers(12)]);
  writeMnist(images, Buffer.from([0, 0, 8, 1, 0, 0, 0, 2, 7, 9]));
  const { train } = openDataset(spec);
  expect(train.fields.get("image")).toEqual({
    item: [2, 3, 1],
    data: Uint8Array.from(firstIntegers(12)),
    divisor: 255,
  });
  expect(bytes(train, "label")).toEqual(new Uint8Array([7, 9]));
  writeMnist(images, Buffer.from([0, 0, 8, 1, 0, 0, 0, 1, 7]));
  expect(() => openDataset(spec)).toThrow("the train labels must be u8 of shape [2], one for each image");
  writeFileSync(join(folder, "train-images-idx3-ubyte.gz"), Buffer.from([1, 2, 3]));
  expect(() => openDataset(spec)).toThrow(/cannot decompress/);
});

const real = fileURLToPath(new URL("../../../shared/data/mnist", import.meta.url));
test.skipIf(!existsSync(real))("the real MNIST files read (skipped if they are not available)", () => {
  const { train, test: held } = openDataset(`mnist:${real}`);
  expect([train.count, held.count]).toEqual([60_000, 10_000]);
  expect(countOf(bytes(held, "label"))).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
});

test("an unknown data source is an error", () => {
  expect(() => openDataset("cifar")).toThrow("unknown data source `cifar`");
  expect(() => openDataset("mnist:")).toThrow("unknown data source `mnist:`");
});

test("a limited split keeps whole samples", () => {
  const { train } = digits;
  const few = limited(train, 10);
  expect(few.count).toBe(10);
  for (const field of few.fields.values()) expect(field.data).toHaveLength(10 * itemSize(field));
  expect(limited(train, 1e9)).toBe(train);
});

test("the random generator is deterministic, and shuffles without bias", () => {
  const random = createRandom(1, 2);
  expect(Array.from({ length: 4 }, () => random.below(1000))).toMatchInlineSnapshot(`
    [
      84,
      75,
      331,
      870,
    ]
  `);
  const sums = new Float64Array(5);
  for (let i = 0; i < 2000; i++)
    shuffled(firstIntegers(5), random).forEach((item, position) => (sums[position] = (sums[position] ?? 0) + item));
  for (const sum of sums) expect(sum / 2000).toBeCloseTo(2, 0);
});

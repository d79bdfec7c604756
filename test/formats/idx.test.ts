import { expect, test } from "vitest";
import { readIdx } from "../../compiler/formats/idx.ts";

test("reads bytes and big-endian numbers", () => {
  expect(readIdx(Uint8Array.from([0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 3, 7, 8, 9]), "a")).toEqual({
    dtype: "u8",
    shape: [1, 3],
    data: new Uint8Array([7, 8, 9]),
  });
  expect(readIdx(Uint8Array.from([0, 0, 0x0c, 1, 0, 0, 0, 2, 0, 0, 1, 2, 255, 255, 255, 254]), "a").data).toEqual(
    new Int32Array([258, -2]),
  );
  expect(readIdx(Uint8Array.from([0, 0, 0x0d, 1, 0, 0, 0, 1, 0x40, 0x20, 0, 0]), "a").data).toEqual(
    new Float32Array([2.5]),
  );
});

test("a view into a larger buffer reads the same", () => {
  const pool = Buffer.from([9, 9, 9, 0, 0, 0x0c, 1, 0, 0, 0, 1, 0, 0, 1, 2, 9]);
  expect(readIdx(pool.subarray(3, 15), "a").data).toEqual(new Int32Array([258]));
});

test.each([
  [[0, 0], "error[E0703]: a: not an IDX file"],
  [[1, 0, 8, 1, 0, 0, 0, 0], "not an IDX file"],
  [[0, 0, 0x0b, 1, 0, 0, 0, 0], "not an IDX file"],
  [[0, 0, 8, 3, 0, 0, 0, 1], "the file ends within its header of 3 sizes"],
  [[0, 0, 8, 1, 0, 0, 0, 2, 5], "the file has 1 bytes of data, but its shape [2] needs 2"],
  [[0, 0, 8, 3, ...Array<number>(12).fill(255)], "needs more than the maximum"],
])("rejects a file %#", (bytes, message) => {
  expect(() => readIdx(Uint8Array.from(bytes), "a")).toThrow(message);
});

test("the error for a compressed file suggests gunzip", () => {
  try {
    readIdx(Uint8Array.from([0x1f, 0x8b, 8, 0]), "a");
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({
      diagnostics: [{ code: "E0703", help: "the file is compressed; decompress it with gunzip" }],
    });
  }
});

// Base64 as inline builds have it, against the decoder of the host.
import { expect, test } from "vitest";
import { bytesFromBase64 } from "../../runtime/base64.ts";

test("all digits, and all lengths of the end", () => {
  const bytes = Uint8Array.from({ length: 1024 }, (_, i) => (i * 167) ^ (i >> 3));
  for (const length of [0, 1, 2, 3, 4, 5, 1022, 1023, 1024]) {
    const text = Buffer.from(bytes.subarray(0, length)).toString("base64");
    expect(bytesFromBase64(text)).toEqual(bytes.slice(0, length));
  }
  expect(new Set(Buffer.from(bytes).toString("base64")).size).toBe(65);
});

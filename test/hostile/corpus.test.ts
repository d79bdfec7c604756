import { describe, expect, test } from "vitest";
import { bytesOf } from "./build.ts";
import { corpus } from "./corpus.ts";
import { judge, limits, type Format } from "./readers.ts";

for (const [format, { bad, good }] of Object.entries(corpus)) {
  describe(format, () => {
    test.each(bad)("rejected: $name", ({ file, code, message }) => {
      const verdict = judge(format as Format, typeof file === "string" ? bytesOf(file) : file);
      expect(verdict.thrown).toBe(null);
      expect(verdict.code).toBe(code);
      if (typeof message === "string") expect(verdict.message).toContain(message);
      else expect(verdict.message).toMatch(message);
      expect(verdict.message.length).toBeLessThan(2000);
      expect(verdict.milliseconds).toBeLessThan(limits.milliseconds);
    });
    test.each(good.map((file, index) => ({ file, index })))("accepted: valid file $index", ({ file }) => {
      expect(judge(format as Format, file)).toMatchObject({ code: null, thrown: null });
    });
  });
}

test("the corpus has more than 300 malformed files", () => {
  expect(Object.values(corpus).reduce((sum, { bad }) => sum + bad.length, 0)).toBeGreaterThan(300);
});

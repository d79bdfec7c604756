import { describe, expect, test } from "vitest";
import { bytesOf } from "./build.ts";
import { corpus } from "./corpus.ts";
import { judge, limits, type Format } from "./readers.ts";

for (const [format, { bad, good }] of Object.entries(corpus)) {
  describe(format, () => {
    test.each(bad)("refused: $name", ({ file, code, says }) => {
      const verdict = judge(format as Format, typeof file === "string" ? bytesOf(file) : file);
      expect(verdict.thrown).toBe(null);
      expect(verdict.code).toBe(code);
      if (typeof says === "string") expect(verdict.says).toContain(says);
      else expect(verdict.says).toMatch(says);
      expect(verdict.says.length).toBeLessThan(2000);
      expect(verdict.milliseconds).toBeLessThan(limits.milliseconds);
    });
    test.each(good.map((file, index) => ({ file, index })))("read: sound file $index", ({ file }) => {
      expect(judge(format as Format, file)).toMatchObject({ code: null, thrown: null });
    });
  });
}

test("the corpus is large", () => {
  expect(Object.values(corpus).reduce((sum, { bad }) => sum + bad.length, 0)).toBeGreaterThan(300);
});

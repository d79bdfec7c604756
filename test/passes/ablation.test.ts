// Every stage of the pipeline improves some program. SHOW=1 prints the program and the improvement.
import { expect, test } from "vitest";
import { stages, worseWithout } from "./ablation.ts";

test.each(stages)("a program is worse without %s", (stage) => {
  const found = worseWithout(stage);
  if (process.env["SHOW"] === "1") process.stdout.write(`${stage}: ${found}\n`);
  const advice =
    "remove the stage from compiler/pipeline.ts, or show its use: a program in test/passes/programs, or a golden in test/golden/passes";
  expect(found === null ? `no program is better for ${stage}; ${advice}` : "worse").toBe("worse");
});

// Replays every finding of past campaigns with every oracle, and checks some seconds of new graphs.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseGraph } from "../../compiler/graph/parse.ts";
import { printGraph } from "../../compiler/graph/print.ts";
import { ops } from "../../compiler/ops/table.ts";
import { createDraw } from "./draw.ts";
import { corpusText, examine, plannedAt } from "./examine.ts";
import { oracles } from "./oracles.ts";
import { subjectOf } from "./subject.ts";

const corpus = new URL("./corpus/", import.meta.url);

/** Seeds with which each oracle checks a finding. */
const tries = 2;

for (const file of readdirSync(corpus).filter((name) => name.endsWith(".ir"))) {
  test(`the finding ${file} is fixed`, async () => {
    const text = readFileSync(new URL(file, corpus), "utf8");
    const seed = Number(/^# seed (\d+)/.exec(text)?.[1] ?? 1);
    const subject = subjectOf(parseGraph(text, ops), seed, text.includes("special data") ? "special" : "plain");
    for (const oracle of oracles.filter(({ compiles }) => subject.compiles || !compiles)) {
      for (let attempt = 0; attempt < tries; attempt++)
        expect(await oracle.check(subject, createDraw(seed + attempt)), oracle.name).toBe(null);
    }
  });
}

describe("new graphs", () => {
  const milliseconds = Number(process.env["FUZZ_MS"] ?? 3000);
  const campaign = Date.now() % 1_000_000;

  test(`campaign ${campaign} finds nothing`, async () => {
    const start = performance.now();
    let index = 0;
    for (; performance.now() - start < milliseconds; index++) {
      const { finding } = await examine(plannedAt(campaign, index, { training: 0.1, special: 0.1 }));
      if (finding !== null)
        expect.fail(
          `graph ${index} of seed ${campaign}, ${finding.oracle}: ${finding.fault}\n${finding.oracle === "types" ? "" : corpusText(finding)}`,
        );
    }
    expect(index).toBeGreaterThan(0);
  });

  test("the graphs of a campaign are deterministic", async () => {
    const { generate } = await import("./generator/index.ts");
    for (let index = 0; index < 20; index++) {
      const { seed, trains, kind } = plannedAt(7, index, { training: 0.5, special: 0.2 });
      const [a, b] = [0, 1].map(() => printGraph(generate(seed, { trains, special: kind === "special" })));
      expect(a).toBe(b);
    }
  });
});

// Replays every finding of past campaigns of programs, checks some new ones, and checks that the generator covers the
// language.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createDraw } from "./draw.ts";
import { corpusProgram, corpusText, examine, programAt } from "./language/examine.ts";
import { programOracles } from "./language/oracles.ts";
import { generateProgram } from "./language/program.ts";
import { shrinkProgram } from "./language/shrink.ts";

const corpus = new URL("./programs/", import.meta.url);

for (const file of readdirSync(corpus).filter((name) => name.endsWith(".dl"))) {
  test(`the finding ${file} is fixed`, async () => {
    const program = corpusProgram(readFileSync(new URL(file, corpus), "utf8"));
    for (const oracle of programOracles)
      expect(await oracle.check(program, createDraw(program.seed)), oracle.name).toBe(null);
  });
}

describe("new programs", () => {
  const milliseconds = Number(process.env["FUZZ_MS"] ?? 1500);
  const campaign = Date.now() % 1_000_000;

  test(`campaign ${campaign} finds nothing`, async () => {
    const start = performance.now();
    for (let index = 0; performance.now() - start < milliseconds; index++) {
      const { finding } = await examine(programAt(campaign, index));
      if (finding !== null)
        expect.fail(
          `program ${index} of seed ${campaign}, ${finding.oracle}: ${finding.fault}\n${corpusText(finding)}`,
        );
    }
  });

  test("the programs of a campaign are deterministic", () => {
    for (let index = 0; index < 10; index++) expect(programAt(7, index)).toEqual(programAt(7, index));
  });
});

describe("coverage of the language", () => {
  const text = Array.from({ length: 500 }, (_, seed) => generateProgram(seed).text).join("\n");

  const constructs: Readonly<Record<string, RegExp>> = {
    dim: /^dim /m,
    setting: /^setting /m,
    import: /^import \{/m,
    optimizer: /^optimizer \w+\(/m,
    "named chain": /^optimizer \w+ = .* \|> /m,
    model: /^model /m,
    layer: /^layer /m,
    fn: /^fn /m,
    test: /^test "/m,
    "train entry": /^train entry/m,
    where: / where \w+ >= 1/,
    "with gradient": /with gradient/,
    param: /^ +param /m,
    state: /^ +state /m,
    write: /<-/,
    minimize: /minimize .* over/,
    freeze: /freeze /,
    scan: /scan \w+ in/,
    "scan reversed": / reversed /,
    "scan of a counter": /scan t along/,
    next: /next \w+ =/,
    yield: /yield /,
    while: /while carry/,
    cond: /cond /,
    if: /if train/,
    for: /for \w+ in/,
    repeat: /repeat /,
    checkpoint: /checkpoint \{/,
    grad: /grad\(/,
    jvp: /jvp\(/,
    rearrange: /rearrange\(/,
    einsum: /einsum\(/,
    "new axis": /\[_/,
    rest: /\[\.\., /,
    range: /\[\.\., \d?:/,
    record: /\{ a: /,
    "nested tuple": /let \(v\d+, \(/,
    "function as an argument": /act: /,
    pipe: /\|>/,
    comment: /\/\/ /,
  };

  test.each(Object.entries(constructs))("some program uses: %s", (_, pattern) => {
    expect(text).toMatch(pattern);
  });
});

test("a program shrinks to the part that shows the fault", async () => {
  const { text } = generateProgram(3);
  const marked = `${text}\nfn marked(x: f32[4]) -> f32[4] {\n  let a = tanh(x)\n  exp(a + 2) * 3\n}\n`;
  const small = await shrinkProgram(marked, async (candidate) => candidate.includes("exp("), 2000);
  expect(small).toContain("exp(");
  expect(small.length).toBeLessThan(60);
});

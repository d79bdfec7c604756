// Replays every finding of past campaigns of programs, checks some new ones, and checks that the generator covers the
// language.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Program } from "../../compiler/graph/ir.ts";
import { present } from "../../compiler/support/invariant.ts";
import { createDraw } from "./draw.ts";
import { corpusProgram, corpusText, examine, programAt } from "./language/examine.ts";
import { elaborated, programOracles } from "./language/oracles.ts";
import { generateProgram } from "./language/program.ts";
import { brokenRelation, relations } from "./language/relations.ts";
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
    "freeze with a pattern": /freeze (?:"\*|.*only: )/,
    only: /minimize .*, only: /,
    every: / every \d/,
    when: / when v/,
    update: /update .* with grad\(/,
    "several models in one step": /(?:over|update) \[M/,
    "a param as a tensor": /Mown\d+\.gain [-+*]/,
    "write of a param": /Mown\d+\.gain <-/,
    "write of a model": /Twinown\d+ <- (?:lerp|Mown)/,
    at: /at\(Mown/,
    tap: /tap\(Mown/,
    eval: /eval \{/,
    "draw entry": /^draw entry/m,
    "dropout in each entry": /always: true/,
    "setting in place of a number": /(?:dropout|scaled|lerp)\([^)]*\brate\)/,
    "function literal": /fn \(/,
    composition: /let f\d+ = \w+ \|> /,
    "named results": /own_stats\(/,
    "write at an index": /\w\[.*\] <- /,
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

test.each([...relations])("in some programs: $name", (relation) => {
  const programs = Array.from({ length: 60 }, (_, seed) => generateProgram(seed));
  const said = programs.filter(({ text }) => relation.other(text) !== null);
  expect(said.length).toBeGreaterThan(0);
});

test("a relation that does not hold is reported", () => {
  const text = (factor: number): string => `entry f(x: f32[4]) { { y: ${factor} * x } }`;
  const program = (factor: number): Program => present(elaborated(text(factor), {}).program, "a program");
  const relation = { name: "a factor", other: () => null };
  expect(brokenRelation(relation, program(1), program(1), 1)).toBe(null);
  expect(brokenRelation(relation, program(1), program(2), 1)).toMatch(/^a factor: f, the output y\[\d\] is /);
});

test("a program shrinks to the part that shows the fault", async () => {
  const { text } = generateProgram(3);
  const marked = `${text}\nfn marked(x: f32[4]) -> f32[4] {\n  let a = tanh(x)\n  exp(a + 2) * 3\n}\n`;
  const small = await shrinkProgram(marked, async (candidate) => candidate.includes("exp("), 2000);
  expect(small).toContain("exp(");
  expect(small.length).toBeLessThan(60);
});

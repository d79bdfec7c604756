// One program of a campaign: made, looked at by the oracles, and shrunk where one of them finds something.
import { createDraw } from "../draw.ts";
import { seedAt } from "../examine.ts";
import { elaborated, programOracles, type ProgramOracle } from "./oracles.ts";
import { generateProgram, type GeneratedProgram } from "./program.ts";
import { shrinkProgram } from "./shrink.ts";

export interface ProgramFinding {
  readonly oracle: string;
  readonly says: string;
  readonly program: GeneratedProgram;
}

export const programAt = (campaign: number, index: number): GeneratedProgram => generateProgram(seedAt(campaign, index));

/** What an oracle has against a program, errors included. */
export async function verdict(oracle: ProgramOracle, program: GeneratedProgram): Promise<string | null> {
  try {
    return await oracle.check(program, createDraw(program.seed ^ programOracles.indexOf(oracle)));
  } catch (error) {
    return error instanceof Error ? `throws ${error.message}\n${error.stack ?? ""}` : String(error);
  }
}

/** The first finding among the oracles whose turn it is. */
export async function examine(program: GeneratedProgram): Promise<{ readonly finding: ProgramFinding | null; readonly looked: readonly string[] }> {
  const draw = createDraw(program.seed ^ 0x6c078965);
  const looking = programOracles.filter(({ every }) => draw.below(every) === 0);
  for (const oracle of looking) {
    const says = await verdict(oracle, program);
    if (says !== null) return { finding: { oracle: oracle.name, says, program }, looked: looking.map(({ name }) => name) };
  }
  return { finding: null, looked: looking.map(({ name }) => name) };
}

/** Which kind of fault it is, whatever the numbers and names. */
const faultOf = (says: string): string =>
  /error\[[\w-]+\]/.exec(says)?.[0] ??
  (says.split("\n")[0] ?? "")
    .replaceAll(/[\w.]*\d[\w.]*/g, "#")
    .replace(/is # not #.*/, "")
    .slice(0, 60);

/** The same finding in a smaller program. What a type oracle expects of outputs that are left out is left out too. */
export async function shrunk({ oracle: name, says, program }: ProgramFinding): Promise<ProgramFinding> {
  const oracle = programOracles.find((each) => each.name === name);
  if (oracle === undefined) return { oracle: name, says, program };
  const fault = faultOf(says);
  const refused = says.includes("refused");
  let last = { says, program };
  const fitted = (text: string): GeneratedProgram | null => {
    const made = elaborated(text, program.files).program;
    if (made === null) return refused ? { ...program, text } : null;
    const has = (entry: string, output: string): boolean =>
      made.entries.some(({ graph }) => graph.name === entry && graph.outputs.some((o) => o.name === output));
    return { ...program, text, expected: program.expected.filter(({ entry, output }) => has(entry, output)) };
  };
  await shrinkProgram(program.text, async (text) => {
    let candidate: GeneratedProgram | null;
    try {
      candidate = fitted(text);
    } catch {
      candidate = { ...program, text };
    }
    const found = candidate === null ? null : await verdict(oracle, candidate);
    if (candidate === null || found === null || faultOf(found) !== fault) return false;
    last = { says: found, program: candidate };
    return true;
  });
  return { oracle: name, ...last };
}

/** A finding as a file of the corpus. */
export function corpusText({ oracle, says, program }: ProgramFinding): string {
  const parts = Object.entries(program.files).map(([path, text]) => `// file ${path}\n${text.replaceAll(/^/gm, "//   ").trimEnd()}\n`);
  const types = program.expected.map((expected) => `// expected ${JSON.stringify(expected)}\n`);
  const first = (says.split("\n")[0] ?? "").slice(0, 150);
  return `// seed ${program.seed}, found by ${oracle}: ${first}\n${[...types, ...parts].join("")}${program.text}`;
}

/** A file of the corpus as a program. */
export function corpusProgram(text: string): GeneratedProgram {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => !line.startsWith("//"));
  const head = lines.slice(0, start);
  const expected = head.filter((line) => line.startsWith("// expected ")).map((line) => JSON.parse(line.slice(12)) as GeneratedProgram["expected"][number]);
  const files: Record<string, string> = {};
  let path = "";
  for (const line of head) {
    path = /^\/\/ file (.*)$/.exec(line)?.[1] ?? path;
    if (line.startsWith("//   ") && path !== "") files[path] = `${files[path] ?? ""}${line.slice(5)}\n`;
  }
  return { seed: Number(/seed (\d+)/.exec(text)?.[1] ?? 1), text: lines.slice(start).join("\n"), files, expected };
}

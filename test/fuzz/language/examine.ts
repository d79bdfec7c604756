// Generates one program of a campaign, checks it with the oracles, and shrinks it if one of them reports a fault.
import { createDraw } from "../draw.ts";
import { seedAt } from "../examine.ts";
import { elaborated, programOracles, type ProgramOracle } from "./oracles.ts";
import { generateProgram, type GeneratedProgram } from "./program.ts";
import { shrinkProgram } from "./shrink.ts";

export interface ProgramFinding {
  readonly oracle: string;
  readonly fault: string;
  readonly program: GeneratedProgram;
}

export const programAt = (campaign: number, index: number): GeneratedProgram =>
  generateProgram(seedAt(campaign, index));

/** The fault that an oracle reports for a program, or throws; null if it reports none. */
export async function verdict(oracle: ProgramOracle, program: GeneratedProgram): Promise<string | null> {
  try {
    return await oracle.check(program, createDraw(program.seed ^ programOracles.indexOf(oracle)));
  } catch (error) {
    return error instanceof Error ? `throws ${error.message}\n${error.stack ?? ""}` : String(error);
  }
}

/** The first finding of the oracles that check this program. */
export async function examine(
  program: GeneratedProgram,
): Promise<{ readonly finding: ProgramFinding | null; readonly checkedBy: readonly string[] }> {
  const draw = createDraw(program.seed ^ 0x6c078965);
  const selected = programOracles.filter(({ every }) => draw.below(every) === 0);
  for (const oracle of selected) {
    const fault = await verdict(oracle, program);
    if (fault !== null)
      return { finding: { oracle: oracle.name, fault, program }, checkedBy: selected.map(({ name }) => name) };
  }
  return { finding: null, checkedBy: selected.map(({ name }) => name) };
}

/** The kind of a fault: its text without numbers and names. */
const kindOfFault = (fault: string): string =>
  /^.*?error\[[\w-]+\]/.exec(fault)?.[0] ??
  (fault.split("\n")[0] ?? "")
    .replaceAll(/[\w.]*\d[\w.]*/g, "#")
    .replace(/is # not #.*/, "")
    .slice(0, 60);

/** The same finding in a smaller program. Expected types of removed outputs are removed too. */
export async function shrunk({ oracle: name, fault, program }: ProgramFinding): Promise<ProgramFinding> {
  const oracle = programOracles.find((each) => each.name === name);
  if (oracle === undefined) return { oracle: name, fault, program };
  const kind = kindOfFault(fault);
  const isRejected = fault.includes("rejected");
  let last = { fault, program };
  const fitted = (text: string): GeneratedProgram | null => {
    const made = elaborated(text, program.files).program;
    if (made === null) return isRejected ? { ...program, text } : null;
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
    if (candidate === null || found === null || kindOfFault(found) !== kind) return false;
    last = { fault: found, program: candidate };
    return true;
  });
  return { oracle: name, ...last };
}

/** A finding as a file of the corpus. */
export function corpusText({ oracle, fault, program }: ProgramFinding): string {
  const parts = Object.entries(program.files).map(
    ([path, text]) => `// file ${path}\n${text.replaceAll(/^/gm, "//   ").trimEnd()}\n`,
  );
  const types = program.expected.map((expected) => `// expected ${JSON.stringify(expected)}\n`);
  const first = (fault.split("\n")[0] ?? "").slice(0, 150);
  return `// seed ${program.seed}, found by ${oracle}: ${first}\n${[...types, ...parts].join("")}${program.text}`;
}

/** A file of the corpus as a program. */
export function corpusProgram(text: string): GeneratedProgram {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => !line.startsWith("//"));
  const head = lines.slice(0, start);
  const expected = head
    .filter((line) => line.startsWith("// expected "))
    .map((line) => JSON.parse(line.slice(12)) as GeneratedProgram["expected"][number]);
  const files: Record<string, string> = {};
  let path = "";
  for (const line of head) {
    path = /^\/\/ file (.*)$/.exec(line)?.[1] ?? path;
    if (line.startsWith("//   ") && path !== "") files[path] = `${files[path] ?? ""}${line.slice(5)}\n`;
  }
  return { seed: Number(/seed (\d+)/.exec(text)?.[1] ?? 1), text: lines.slice(start).join("\n"), files, expected };
}

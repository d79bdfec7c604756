// Runs a slice of a campaign: a few programs, and a report of their findings.
import { corpusText, examine, programAt, shrunk, type ProgramFinding } from "../fuzz/language/examine.ts";

export interface ProgramTask {
  readonly seed: number;
  readonly first: number;
  readonly end: number;
  /** Shrinks findings, which takes a while. */
  readonly shrink: boolean;
}

export interface ProgramReport {
  readonly programs: number;
  readonly checked: Readonly<Record<string, number>>;
  readonly findings: readonly {
    readonly index: number;
    readonly oracle: string;
    readonly fault: string;
    readonly text: string;
  }[];
}

export async function slice({ seed, first, end, shrink }: ProgramTask): Promise<ProgramReport> {
  const checked: Record<string, number> = {};
  const findings: ProgramReport["findings"][number][] = [];
  let programs = 0;
  for (let index = first; index < end; index++) {
    programs++;
    const { finding, checkedBy: names } = await examine(programAt(seed, index));
    for (const name of names) checked[name] = (checked[name] ?? 0) + 1;
    if (finding === null) continue;
    const last: ProgramFinding = shrink ? await shrunk(finding) : finding;
    findings.push({
      index,
      oracle: last.oracle,
      fault: last.fault.split("\n").slice(0, 8).join("\n"),
      text: corpusText(last),
    });
    if (!shrink) break;
  }
  return { programs, checked, findings };
}

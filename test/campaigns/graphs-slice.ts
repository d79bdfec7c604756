// Runs a slice of a campaign: a few graphs, and a report of their findings.
import { corpusText, examine, plannedAt, type Mix } from "../fuzz/examine.ts";

export interface Task {
  readonly seed: number;
  readonly mix: Mix;
  readonly first: number;
  readonly end: number;
  /** Shrinks findings, which takes a while. */
  readonly shrink: boolean;
}

export interface Report {
  readonly graphs: number;
  readonly training: number;
  readonly special: number;
  readonly checked: Readonly<Record<string, number>>;
  readonly findings: readonly {
    readonly index: number;
    readonly oracle: string;
    readonly fault: string;
    readonly text: string;
  }[];
}

export async function slice({ seed, mix, first, end, shrink }: Task): Promise<Report> {
  const checked: Record<string, number> = {};
  const findings: Report["findings"][number][] = [];
  const count = { graphs: 0, training: 0, special: 0 };
  for (let index = first; index < end; index++) {
    const planned = plannedAt(seed, index, mix);
    count.graphs++;
    if (planned.trains) count.training++;
    if (planned.kind === "special") count.special++;
    const result = await examine(planned, shrink);
    for (const name of result.checkedBy) checked[name] = (checked[name] ?? 0) + 1;
    if (result.finding === null) continue;
    const { oracle, fault } = result.finding;
    findings.push({
      index,
      oracle,
      fault: fault
        .split("\n")
        .slice(0, shrink ? 12 : 1)
        .join("\n"),
      text: shrink ? corpusText(result.finding) : "",
    });
    if (!shrink) break;
  }
  return { ...count, checked, findings };
}

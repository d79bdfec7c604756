// Generates one graph of a campaign, checks it with the oracles, and shrinks it if one of them reports a fault.
import { shrinkGraphAsync } from "../../compiler/trust/shrink.ts";
import type { Graph } from "../../compiler/graph/ir.ts";
import { printGraph } from "../../compiler/graph/print.ts";
import { GraphBuilder } from "../../compiler/graph/build.ts";
import { countOps } from "./counters.ts";
import { createDraw } from "./draw.ts";
import { generate } from "./generator/index.ts";
import { oracles, type Oracle } from "./oracles.ts";
import { subjectOf, type DataKind, type Subject } from "./subject.ts";

export interface Finding {
  readonly oracle: string;
  readonly fault: string;
  readonly seed: number;
  readonly kind: DataKind;
  readonly graph: Graph;
}

/** The composition of a campaign; shares are from 0 to 1. */
export interface Mix {
  readonly training: number;
  readonly special: number;
  /** Divides the share of the graphs that sampling oracles check. Default 1. */
  readonly thin?: number;
}

/** The seed of the graph with this index in a campaign. */
export const seedAt = (campaign: number, index: number): number =>
  (Math.imul(campaign + 1, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)) >>> 0;

export interface Planned {
  readonly seed: number;
  readonly trains: boolean;
  readonly kind: DataKind;
  readonly thin: number;
}

export function plannedAt(campaign: number, index: number, mix: Mix): Planned {
  const seed = seedAt(campaign, index);
  const draw = createDraw(seed ^ 0x2545f491);
  const special = draw.below(1000) < 1000 * mix.special;
  return {
    seed,
    kind: special ? "special" : "plain",
    trains: !special && draw.below(1000) < (1000 * mix.training) / Math.max(1e-9, 1 - mix.special),
    thin: mix.thin ?? 1,
  };
}

/** The fault that an oracle reports for a subject, or throws; null if it reports none. */
export async function verdict(oracle: Oracle, subject: Subject): Promise<string | null> {
  if (oracle.compiles && !subject.compiles) return null;
  try {
    return await oracle.check(subject, createDraw(subject.seed ^ oracles.indexOf(oracle)));
  } catch (error) {
    return error instanceof Error ? `throws ${error.message}\n${error.stack ?? ""}` : String(error);
  }
}

/** Generates the graph of a plan; a finding if a result type differs from the generator's rules. */
export function made({ seed, trains, kind }: Planned): Subject | Finding {
  try {
    const graph = generate(seed, { trains, special: kind === "special" });
    countOps(graph);
    return subjectOf(graph, seed, kind);
  } catch (error) {
    const nothing: Graph = new GraphBuilder("none", new Map()).build();
    return {
      oracle: "types",
      fault: error instanceof Error ? (error.stack ?? error.message) : String(error),
      seed,
      kind,
      graph: nothing,
    };
  }
}

/** The oracles that check this graph: each samples its share. */
export const chosen = ({ seed, thin }: Planned): Oracle[] => {
  const draw = createDraw(seed ^ 0x6c078965);
  return oracles.filter(({ every }) => draw.below(every === 1 ? 1 : every * thin) === 0);
};

/** The first finding of the chosen oracles, shrunk on request; null if there is none. */
export async function examine(
  planned: Planned,
  shrink = true,
): Promise<{ readonly finding: Finding | null; readonly checkedBy: readonly string[] }> {
  const subject = made(planned);
  if ("oracle" in subject) return { finding: subject, checkedBy: ["types"] };
  const { graph, seed, kind } = subject;
  const selected = chosen(planned);
  const checkedBy = ["types", ...selected.map(({ name }) => name)];
  for (const oracle of selected) {
    const fault = await verdict(oracle, subject);
    if (fault !== null)
      return {
        finding: shrink ? await shrunk(oracle, subject, fault) : { oracle: oracle.name, fault, seed, kind, graph },
        checkedBy,
      };
  }
  return { finding: null, checkedBy };
}

/** The kind of a fault: its text without numbers. */
const kindOfFault = (fault: string): string =>
  fault.startsWith("throws") ? (fault.split("\n")[0] ?? "").replaceAll(/[\d.e+-]+/g, "#") : (fault.split(":")[0] ?? "");

async function shrunk(oracle: Oracle, subject: Subject, fault: string): Promise<Finding> {
  const kind = kindOfFault(fault);
  let last = fault;
  const graph = await shrinkGraphAsync(
    subject.graph,
    async (candidate) => {
      const found = await verdict(oracle, subjectOf(candidate, subject.seed, subject.kind));
      if (found === null || kindOfFault(found) !== kind) return false;
      last = found;
      return true;
    },
    { budget: 400 },
  );
  return { oracle: oracle.name, fault: last, seed: subject.seed, kind: subject.kind, graph };
}

/** The text of a finding as a file of the corpus. */
export const corpusText = ({ oracle, fault, seed, kind, graph }: Finding): string =>
  [`# seed ${seed}, ${kind} data, found by ${oracle}`, `# ${fault.split("\n")[0]}`, printGraph(graph)].join("\n");

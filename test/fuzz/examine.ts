// One graph of a campaign: made, looked at by the oracles, and shrunk where one of them finds something.
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
  readonly says: string;
  readonly seed: number;
  readonly kind: DataKind;
  readonly graph: Graph;
}

/** Shares of a campaign, from 0 to 1. */
export interface Mix {
  readonly training: number;
  readonly special: number;
  /** Oracles that do not look at every graph look at one in so many times as many. 1 unless told. */
  readonly thin?: number;
}

/** The number of the graph at a place in a campaign. */
export const seedAt = (campaign: number, index: number): number => (Math.imul(campaign + 1, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)) >>> 0;

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

/** What an oracle has against a subject, errors included. */
export async function verdict(oracle: Oracle, subject: Subject): Promise<string | null> {
  if (oracle.compiles && !subject.compiles) return null;
  try {
    return await oracle.check(subject, createDraw(subject.seed ^ oracles.indexOf(oracle)));
  } catch (error) {
    return error instanceof Error ? `throws ${error.message}\n${error.stack ?? ""}` : String(error);
  }
}

/** The graph of a plan as the oracles see it, or what is wrong with the generator's view of it. */
export function made({ seed, trains, kind }: Planned): Subject | Finding {
  try {
    const graph = generate(seed, { trains, special: kind === "special" });
    countOps(graph);
    return subjectOf(graph, seed, kind);
  } catch (error) {
    const nothing: Graph = new GraphBuilder("none", new Map()).build();
    return { oracle: "types", says: error instanceof Error ? (error.stack ?? error.message) : String(error), seed, kind, graph: nothing };
  }
}

/** Oracles that look at this graph: each at one in so many. */
export const chosen = ({ seed, thin }: Planned): Oracle[] => {
  const draw = createDraw(seed ^ 0x6c078965);
  return oracles.filter(({ every }) => draw.below(every === 1 ? 1 : every * thin) === 0);
};

/** The first finding among the chosen oracles, shrunk to a few nodes where that is asked for; null where there is none. */
export async function examine(planned: Planned, shrink = true): Promise<{ readonly finding: Finding | null; readonly looked: readonly string[] }> {
  const subject = made(planned);
  if ("oracle" in subject) return { finding: subject, looked: ["types"] };
  const { graph, seed, kind } = subject;
  const looking = chosen(planned);
  const looked = ["types", ...looking.map(({ name }) => name)];
  for (const oracle of looking) {
    const says = await verdict(oracle, subject);
    if (says !== null) return { finding: shrink ? await shrunk(oracle, subject, says) : { oracle: oracle.name, says, seed, kind, graph }, looked };
  }
  return { finding: null, looked };
}

/** Which kind of fault it is, whatever the numbers. */
const kindOfFault = (says: string): string =>
  says.startsWith("throws") ? (says.split("\n")[0] ?? "").replaceAll(/[\d.e+-]+/g, "#") : (says.split(":")[0] ?? "");

async function shrunk(oracle: Oracle, subject: Subject, says: string): Promise<Finding> {
  const fault = kindOfFault(says);
  let last = says;
  const graph = await shrinkGraphAsync(
    subject.graph,
    async (candidate) => {
      const found = await verdict(oracle, subjectOf(candidate, subject.seed, subject.kind));
      if (found === null || kindOfFault(found) !== fault) return false;
      last = found;
      return true;
    },
    { budget: 400 },
  );
  return { oracle: oracle.name, says: last, seed: subject.seed, kind: subject.kind, graph };
}

/** The text of a finding as the corpus keeps it. */
export const corpusText = ({ oracle, says, seed, kind, graph }: Finding): string =>
  [`# seed ${seed}, ${kind} data, found by ${oracle}`, `# ${says.split("\n")[0]}`, printGraph(graph)].join("\n");

// Entries that need the members of models which other entries apply come after these.
import { invariant } from "../support/invariant.ts";
import type { Context, ProgramState, Waits } from "./context.ts";

/** Ends an attempt to elaborate an entry. */
class Waiting extends Error {}

/** Called where an entry needs members of models that others apply; `known` if some are known already. */
export function waitForMembers({ waits }: Context, known: boolean): void {
  if (waits === "always" || (waits === "unknown" && !known)) throw new Waiting("members of a model are not known yet");
}

/** Called before a mistake is reported: it may be due to a path whose param is not known yet. */
export function waitForPaths({ waits, unknownPaths }: Context): void {
  if (waits !== "never" && unknownPaths.size > 0) throw new Waiting("a path is not known yet");
}

/** Runs `attempt`; null if it waits, as if it had not run, but for the params and states that it has found. */
function orWait<T>(program: ProgramState, attempt: () => T): { readonly value: T } | null {
  const { diagnostics, warnings, reported, exploration, trace, spent } = program;
  const before = {
    diagnostics: diagnostics.length,
    warnings: warnings.length,
    reported: new Set(reported),
    explored: new Set(exploration.explored),
    shapes: trace?.shapes.length ?? 0,
    applications: trace?.applications.length ?? 0,
    spent: { ...spent },
  };
  const { active, namesOnly } = exploration;
  try {
    return { value: attempt() };
  } catch (error) {
    if (!(error instanceof Waiting)) throw error;
    diagnostics.length = before.diagnostics;
    warnings.length = before.warnings;
    keepOnly(reported, before.reported);
    keepOnly(exploration.explored, before.explored);
    Object.assign(exploration, { active, namesOnly });
    if (trace !== null) {
      trace.shapes.length = before.shapes;
      trace.applications.length = before.applications;
      trace.depth = 0;
    }
    Object.assign(spent, before.spent);
    return null;
  }
}

function keepOnly<T>(set: Set<T>, kept: ReadonlySet<T>): void {
  for (const item of set) if (!kept.has(item)) set.delete(item);
}

/**
 * Runs the jobs of all entries, those that need members of models after the others; the results are in the order of the
 * jobs. `others` elaborates entries that were not asked for, whose members are needed where these do not suffice.
 */
export function inTurn<T>(program: ProgramState, jobs: readonly ((waits: Waits) => T)[], others: () => void): T[] {
  const done = new Map<number, T>();
  const waiting = (open: readonly number[], waits: Waits): readonly number[] =>
    open.filter((k) => {
      const made = orWait(program, () => jobs[k]?.(waits));
      if (made?.value !== undefined) done.set(k, made.value);
      return made === null;
    });
  let open = waiting([...jobs.keys()], "always");
  for (let extended = false; open.length > 0;) {
    const left = waiting(open, "unknown");
    if (left.length === open.length) {
      if (extended) break;
      extended = true;
      others();
    }
    open = left;
  }
  invariant(waiting(open, "never").length === 0, "an entry that must not wait waits");
  return [...jobs.keys()].flatMap((k) => {
    const made = done.get(k);
    return made === undefined ? [] : [made];
  });
}

/** Elaborates for its params and states alone: without diagnostics, and without counting the cost. */
export function withoutTrace(program: ProgramState, attempt: () => void): void {
  orWait(program, () => {
    attempt();
    throw new Waiting("nothing else is kept");
  });
}

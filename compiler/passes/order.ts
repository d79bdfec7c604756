// Order constraints: which pass has to run before which, and why. They are checked when the module with the list loads.
import { invariant } from "../support/invariant.ts";
import type { Pass } from "./pass.ts";

/** A position in the list: the first occurrence of a pass has its name, the second is `simplify.2`. */
export type Stage<Name extends string> = Name | `${Name}.${number}`;

/** One stage, or every occurrence of a pass. */
type Subject<Name extends string> = Stage<Name> | { readonly every: Name };

export interface OrderConstraint {
  readonly earlier: Subject<string>;
  readonly later: Subject<string>;
  readonly why: string;
}

/** The printed name: a stage, or `every simplify`. */
export const nameOf = (subject: Subject<string>): string =>
  typeof subject === "string" ? subject : `every ${subject.every}`;

/**
 * Constructors of constraints among passes of these names. `why` completes the sentence "`stage` runs after (before)
 * `other`:".
 */
export const constraintsOn = <Name extends string>() => ({
  after: (stage: Subject<Name>, other: Subject<Name>, why: string): OrderConstraint => ({
    earlier: other,
    later: stage,
    why,
  }),
  before: (stage: Subject<Name>, other: Subject<Name>, why: string): OrderConstraint => ({
    earlier: stage,
    later: other,
    why,
  }),
  every: (pass: Name): Subject<Name> => ({ every: pass }),
});

/** A name for each position in the list: the pass, numbered from its second occurrence on (`simplify.2`). */
export const stageNamesOf = (passes: readonly Pass[]): readonly string[] =>
  passes.map(({ name }, i) => {
    const occurrence = passes.slice(0, i + 1).filter((pass) => pass.name === name).length;
    return occurrence === 1 ? name : `${name}.${occurrence}`;
  });

/** Checks that every constraint holds and names stages that exist. */
export function checkOrder(passes: readonly Pass[], constraints: readonly OrderConstraint[]): void {
  const stages = stageNamesOf(passes);
  const positions = (subject: Subject<string>): readonly number[] => {
    const found =
      typeof subject === "string"
        ? [stages.indexOf(subject)]
        : passes.flatMap(({ name }, i) => (name === subject.every ? [i] : []));
    invariant(
      found.length > 0 && !found.includes(-1),
      `an order constraint names ${nameOf(subject)}, which is not in the pipeline`,
    );
    return found;
  };
  const broken = constraints.flatMap(({ earlier, later, why }) =>
    positions(earlier).flatMap((first) =>
      positions(later)
        .filter((second) => second <= first)
        .map((second) => `${stages[second]} has to run after ${stages[first]}: ${why}`),
    ),
  );
  invariant(broken.length === 0, `the order of the pipeline is wrong\n${broken.join("\n")}`);
}

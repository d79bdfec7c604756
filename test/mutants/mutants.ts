import { inCode, inSchedule } from "./in-code.ts";
import { inGradients, inOps } from "./in-ops.ts";
import { inMemory, inPasses, inRules } from "./in-passes.ts";
import { inSums } from "./in-sums.ts";
import type { Mutant } from "./mutant.ts";

/** Faults that an author could introduce. The fuzzer must detect them: `npm run mutants`. */
export const mutants: readonly Mutant[] = [
  ...inGradients,
  ...inOps,
  ...inRules,
  ...inPasses,
  ...inMemory,
  ...inSchedule,
  ...inSums,
  ...inCode,
];

/** Matches the text of a mutant. */
export const patternOf = ({ from }: Mutant): RegExp =>
  new RegExp(
    from
      .split(/\s+/)
      .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"))
      .join("\\s+"),
    "g",
  );

/** The source with the mutant applied. */
export const mutated = (mutant: Mutant, source: string): string => source.replace(patternOf(mutant), () => mutant.to);

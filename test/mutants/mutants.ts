import { inCode, inSchedule } from "./in-code.ts";
import { inGradients, inOps } from "./in-ops.ts";
import { inMemory, inPasses, inRules } from "./in-passes.ts";
import type { Mutant } from "./mutant.ts";

/** Bugs that a real author could make. The fuzzer must find them: `npm run mutants`. */
export const mutants: readonly Mutant[] = [...inGradients, ...inOps, ...inRules, ...inPasses, ...inMemory, ...inSchedule, ...inCode];

/** The source with the bug in it. */
export const mutated = (mutant: Mutant, source: string): string => source.replace(mutant.from, () => mutant.to);

import type { Address } from "./address.ts";
import type { GuardNotes, Operand, TurnNotes } from "./guard-notes.ts";
import type { SessionEntry, SessionPlan } from "./session-plan.ts";

export type * from "./session-plan.ts";

/** The steps of a function of the module, in order: calls of kernels, and control flow around them. */
export type Step =
  /**
   * One call of one kernel; the arguments are the addresses of its buffers, then come its scalars. Multiply-adds count
   * as two flops.
   */
  | {
      readonly kind: "call";
      readonly kernel: string;
      readonly args: readonly Address[];
      readonly scalars?: readonly number[];
      readonly flops: number;
      readonly bytes: number;
      readonly guard?: readonly Operand[];
    }
  | { readonly kind: "loop"; readonly turns: number; readonly body: readonly Step[]; readonly guard?: TurnNotes }
  /** `condition` writes the byte at `flag` before each iteration; the loop continues while it is not 0. */
  | {
      readonly kind: "while";
      readonly flag: Address;
      readonly condition: readonly Step[];
      readonly body: readonly Step[];
      readonly guard?: TurnNotes;
    }
  | {
      readonly kind: "branch";
      readonly flag: Address;
      readonly then: readonly Step[];
      readonly otherwise: readonly Step[];
      readonly guard?: TurnNotes;
    };

/** All calls among the steps, including those inside control flow, each as often as it occurs. */
export function callsOf(steps: readonly Step[]): readonly Extract<Step, { kind: "call" }>[] {
  return steps.flatMap((step) => {
    switch (step.kind) {
      case "call":
        return [step];
      case "loop":
        return callsOf(step.body);
      case "while":
        return [...callsOf(step.condition), ...callsOf(step.body)];
      case "branch":
        return [...callsOf(step.then), ...callsOf(step.otherwise)];
    }
  });
}

/** Floating-point operations of one run; counts one iteration of a `while`, and the larger side of a branch. */
export function flopsOf(steps: readonly Step[]): number {
  return steps.reduce((sum, step) => {
    switch (step.kind) {
      case "call":
        return sum + step.flops;
      case "loop":
        return sum + step.turns * flopsOf(step.body);
      case "while":
        return sum + flopsOf(step.condition) + flopsOf(step.body);
      case "branch":
        return sum + Math.max(flopsOf(step.then), flopsOf(step.otherwise));
    }
  }, 0);
}

export interface EntryPlan extends SessionEntry {
  readonly prepare: string | null;
  readonly outdates: boolean;
  readonly steps: readonly Step[];
  readonly prepareSteps: readonly Step[];
  /** Planned bytes of the scratch area, and the largest live set, which is a lower bound for it. */
  readonly scratchBytes: number;
  readonly liveBytes: number;
}

/** All that the compiler says about a module: also the steps of its functions, for reports and checked runs. */
export interface Plan extends SessionPlan {
  readonly format: "dlc-plan-1";
  readonly model: string;
  readonly entries: readonly EntryPlan[];
  /** Constant data that a session copies into the arena: base64 bytes at offsets. */
  readonly constants: readonly { readonly offset: number; readonly base64: string }[];
  /** The names of the kernels that are exported for profiling; empty in an ordinary build. */
  readonly profiled: readonly string[];
  /** For checked runs; absent in an ordinary build. */
  readonly guards?: GuardNotes;
}

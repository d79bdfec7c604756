import type { Step } from "../../runtime/plan.ts";

/** Floating-point operations (a multiply-add is two), and bytes that kernels read and write. */
export interface Amount {
  readonly flops: number;
  readonly bytes: number;
}

/** An upper bound of the work of some steps. */
export interface Work extends Amount {
  /** What each iteration of a `while` adds, one for each `while`: how many it does is known only at run time. */
  readonly iterations: readonly Amount[];
}

const none: Work = { flops: 0, bytes: 0, iterations: [] };

const sum = (works: readonly Work[]): Work =>
  works.reduce(
    (a, b) => ({ flops: a.flops + b.flops, bytes: a.bytes + b.bytes, iterations: [...a.iterations, ...b.iterations] }),
    none,
  );

/** Counts the iterations of loops, the larger side of a branch, and the first test of a `while`. */
export const workOf = (steps: readonly Step[]): Work => sum(steps.map(stepWork));

function stepWork(step: Step): Work {
  switch (step.kind) {
    case "call":
      return { flops: step.flops, bytes: step.bytes, iterations: [] };
    case "loop": {
      const { flops, bytes, iterations } = workOf(step.body);
      return { flops: step.turns * flops, bytes: step.turns * bytes, iterations };
    }
    case "while": {
      const test = workOf(step.condition);
      const { flops, bytes, iterations } = sum([test, workOf(step.body)]);
      return { ...test, iterations: [{ flops, bytes }, ...iterations] };
    }
    case "branch": {
      const [a, b] = [workOf(step.then), workOf(step.otherwise)];
      return {
        flops: Math.max(a.flops, b.flops),
        bytes: Math.max(a.bytes, b.bytes),
        iterations: [...a.iterations, ...b.iterations],
      };
    }
  }
}

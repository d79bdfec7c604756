import { exported } from "./instantiate.ts";
import type { Exports, Step } from "./plan.ts";

export interface KernelProfile {
  readonly kernel: string;
  /** Calls in one run of the entry. */
  readonly calls: number;
  /** The best time of each of its calls, summed: the figure to compare, since a shared machine only ever adds to it. */
  readonly bestMs: number;
  readonly meanMs: number;
  readonly flops: number;
  readonly bytes: number;
}

/** In order of first call. */
export type Profile = readonly KernelProfile[];

/** Calls the steps one by one. `fill` puts the inputs back, over which scratch may have been laid. */
export function profileSteps(steps: readonly Step[], exports: Exports, runs: number, fill: () => void): Profile {
  const calls = steps.map((step) => ({ step, call: exported(exports, step.kernel), best: Infinity, sum: 0 }));
  for (let run = 0; run < runs; run++) {
    fill();
    for (const timed of calls) {
      const start = performance.now();
      timed.call(...timed.step.args);
      const ms = performance.now() - start;
      timed.best = Math.min(timed.best, ms);
      timed.sum += ms;
    }
  }
  return [...Map.groupBy(calls, ({ step }) => step.kernel)].map(([kernel, group]) => ({
    kernel,
    calls: group.length,
    bestMs: total(group, ({ best }) => best),
    meanMs: total(group, ({ sum }) => sum / runs),
    flops: total(group, ({ step }) => step.flops),
    bytes: total(group, ({ step }) => step.bytes),
  }));
}

const total = <T>(items: readonly T[], of: (item: T) => number): number => items.reduce((sum, item) => sum + of(item), 0);

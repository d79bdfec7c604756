import { exported } from "./instantiate.ts";
import { addressAt } from "./address.ts";
import type { Exports, Step } from "./plan.ts";

export interface KernelProfile {
  readonly kernel: string;
  /** Number of calls in one run of the entry. */
  readonly calls: number;
  /** The sum of the best times of its calls: the figure to compare, because noise of a shared machine only ever adds time. */
  readonly bestMs: number;
  readonly meanMs: number;
  readonly flops: number;
  readonly bytes: number;
}

/** In order of first call. */
export type Profile = readonly KernelProfile[];

interface Timing {
  calls: number;
  /** Best time of each call of the kernel in a run. */
  readonly best: number[];
  sum: number;
  flops: number;
  bytes: number;
}

/** Runs the steps one by one, as the module would. `fill` restores the inputs, which scratch memory may have overwritten. */
export function profileSteps(steps: readonly Step[], exports: Exports, buffer: ArrayBufferLike, runs: number, fill: () => void): Profile {
  const memory = new Uint8Array(buffer);
  const timings = new Map<string, Timing>();
  for (let run = 0; run < runs; run++) {
    fill();
    for (const timing of timings.values()) timing.calls = 0;
    runSteps(steps, [], memory, ({ kernel, args, flops, bytes }, turns) => {
      const call = exported(exports, kernel);
      const at = args.map((arg) => addressAt(arg, turns));
      const start = performance.now();
      call(...at);
      const ms = performance.now() - start;
      const timing = timings.get(kernel) ?? { calls: 0, best: [], sum: 0, flops: 0, bytes: 0 };
      timings.set(kernel, timing);
      timing.best[timing.calls] = Math.min(timing.best[timing.calls] ?? Infinity, ms);
      timing.calls++;
      timing.sum += ms;
      if (run === 0) {
        timing.flops += flops;
        timing.bytes += bytes;
      }
    });
  }
  return [...timings].map(([kernel, { calls, best, sum, flops, bytes }]) => ({
    kernel,
    calls,
    bestMs: best.reduce((a, b) => a + b, 0),
    meanMs: sum / runs,
    flops,
    bytes,
  }));
}

/** Control flow in JavaScript; kernels are called through `call`. */
function runSteps(
  steps: readonly Step[],
  turns: readonly number[],
  memory: Uint8Array,
  call: (step: Extract<Step, { kind: "call" }>, turns: readonly number[]) => void,
): void {
  for (const step of steps) {
    switch (step.kind) {
      case "call":
        call(step, turns);
        break;
      case "loop":
        for (let turn = 0; turn < step.turns; turn++) runSteps(step.body, [...turns, turn], memory, call);
        break;
      case "while":
        for (;;) {
          runSteps(step.condition, turns, memory, call);
          if (memory[addressAt(step.flag, turns)] === 0) break;
          runSteps(step.body, turns, memory, call);
        }
        break;
      case "branch":
        runSteps(memory[addressAt(step.flag, turns)] === 0 ? step.otherwise : step.then, turns, memory, call);
        break;
    }
  }
}

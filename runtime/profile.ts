import { showValue } from "./door.ts";
import { reject } from "./error.ts";
import { exported } from "./instantiate.ts";
import { addressAt } from "./address.ts";
import { callsOf, type Exports, type Step } from "./plan.ts";

export interface KernelProfile {
  readonly kernel: string;
  /** Number of calls in one run of the entry. */
  readonly calls: number;
  /**
   * The sum of the best times of its calls: the figure to compare, because noise of a shared machine only ever adds
   * time.
   */
  readonly bestMs: number;
  readonly meanMs: number;
  readonly flops: number;
  readonly bytes: number;
  /** Its time by the steps that call it. */
  readonly sites: readonly CallSite[];
}

export interface CallSite {
  /** The index of the step in `callsOf(steps)`. */
  readonly site: number;
  readonly bestMs: number;
}

/** In order of first call. */
export type Profile = readonly KernelProfile[];

interface Timing {
  calls: number;
  /** Best time of each call of the kernel in a run. */
  readonly best: number[];
  /** And the step that calls it there. */
  readonly steps: number[];
  sum: number;
  flops: number;
  bytes: number;
}

/**
 * Runs the steps one by one, as the module would: the `profiler` of `createSession`. `fill` restores the inputs, which
 * scratch memory may have overwritten.
 *
 * @example
 * import { compileModule } from "dlc/compiler";
 * import { createSession, profileSteps } from "dlc/runtime";
 * const { plan, code } = compileModule(source, { ...options, profile: true });
 * const model = await createSession(plan, await code(), { profiler: profileSteps });
 * const kernels = model.profile("predict", { image: new Float32Array(784) }, 5);
 * kernels.every(({ bestMs }) => bestMs >= 0); // => true
 */
export function profileSteps(
  steps: readonly Step[],
  exports: Exports,
  buffer: ArrayBufferLike,
  runs: number,
  fill: () => void,
): Profile {
  if (!Number.isSafeInteger(runs) || runs < 1)
    reject("E0818", `the number of runs must be a positive integer, got ${showValue(runs)}`);
  const memory = new Uint8Array(buffer);
  const timings = new Map<string, Timing>();
  const order = new Map(callsOf(steps).map((step, index) => [step, index]));
  for (let run = 0; run < runs; run++) {
    fill();
    for (const timing of timings.values()) timing.calls = 0;
    runSteps(steps, [], memory, (step, turns) => {
      const { kernel, args, scalars = [], flops, bytes } = step;
      const call = exported(exports, kernel);
      const at = [...args.map((arg) => addressAt(arg, turns)), ...scalars];
      const start = performance.now();
      call(...at);
      const ms = performance.now() - start;
      const timing = timings.get(kernel) ?? { calls: 0, best: [], steps: [], sum: 0, flops: 0, bytes: 0 };
      timings.set(kernel, timing);
      timing.steps[timing.calls] = order.get(step) ?? -1;
      timing.best[timing.calls] = Math.min(timing.best[timing.calls] ?? Infinity, ms);
      timing.calls++;
      timing.sum += ms;
      if (run === 0) {
        timing.flops += flops;
        timing.bytes += bytes;
      }
    });
  }
  return [...timings].map(([kernel, { calls, best, steps: sites, sum, flops, bytes }]) => ({
    kernel,
    calls,
    bestMs: best.reduce((a, b) => a + b, 0),
    meanMs: sum / runs,
    flops,
    bytes,
    sites: sitesOf(best, sites),
  }));
}

function sitesOf(best: readonly number[], sites: readonly number[]): readonly CallSite[] {
  const sums = new Map<number, number>();
  for (const [call, site] of sites.entries()) sums.set(site, (sums.get(site) ?? 0) + (best[call] ?? 0));
  return [...sums].map(([site, bestMs]) => ({ site, bestMs }));
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

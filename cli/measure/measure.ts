import { flopsOf, type EntryPlan } from "../../runtime/plan.ts";
import type { Profile } from "../../runtime/profile.ts";
import type { Inputs } from "../../runtime/model.ts";
import type { Session } from "../../runtime/session.ts";
import { dtypes } from "../../runtime/dtype.ts";
import { count } from "../../runtime/tensor.ts";
import { createRandom } from "../../runtime/random.ts";

export interface Measurement {
  readonly bestMs: number;
  readonly medianMs: number;
  readonly runs: number;
  readonly flops: number;
  /** The highest peak measured between the runs, in GFLOP/s; null without WebAssembly. */
  readonly peak: number | null;
  readonly kernels: Profile;
}

const warmUpMs = 150;
const rounds = 12;

/**
 * Measures an entry. The speed of a shared machine varies, so the peak is measured between the rounds of runs, and the
 * best of each is kept: their ratio is the reliable figure. `ms` is the total time to measure for.
 */
export function measure(session: Session, entry: EntryPlan, ms: number, peak: (() => number) | null): Measurement {
  const inputs = randomInputs(entry);
  const once = (): number => {
    const start = performance.now();
    session.run(entry.name, inputs, { view: true });
    return performance.now() - start;
  };
  for (let spent = 0; spent < warmUpMs;) spent += Math.max(once(), 0.001);

  const times: number[] = [];
  const peaks: number[] = [];
  for (let round = 0; round < rounds; round++) {
    if (peak !== null) peaks.push(peak());
    for (let spent = 0; spent < ms / rounds;) {
      const time = once();
      times.push(time);
      spent += Math.max(time, 0.001);
    }
  }
  times.sort((a, b) => a - b);
  const bestMs = times[0] ?? NaN;
  return {
    bestMs,
    medianMs: times[Math.floor(times.length / 2)] ?? NaN,
    runs: times.length,
    flops: flopsOf(entry.steps),
    peak: peak === null ? null : Math.max(...peaks),
    kernels: session.profile(entry.name, inputs, Math.max(5, Math.min(200, Math.round(ms / 2 / bestMs)))),
  };
}

/** f32 and f64 from 0 to 1; integers are 0, or the least valid index. */
function randomInputs(entry: EntryPlan): Inputs {
  const random = createRandom(1);
  return Object.fromEntries(
    entry.inputs.map(({ name, dtype, shape, indices }) => {
      const data = new dtypes[dtype].array(count(shape)).fill(indices?.[0]?.allowed.at(-1)?.[0] ?? 0);
      if (dtype === "f32" || dtype === "f64") for (let i = 0; i < data.length; i++) data[i] = random.unit();
      return [name, { data, shape }];
    }),
  );
}

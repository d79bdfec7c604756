// Measures the garbage of repeated runs.
import { readFileSync } from "node:fs";
import { createResolver } from "../../cli/host/resolver.ts";
import { compileModule } from "../../compiler/index.ts";
import { dtypes } from "../../runtime/dtype.ts";
import { createSession, type BoundEntry, type EntryPlan, type Session, type TensorData } from "../../runtime/index.ts";

/**
 * Bytes of garbage on the JavaScript heap per run, as the median over a few windows: most windows see no collection,
 * and one that does measures a negative number. The cost of the measurement itself is subtracted. No other code may run
 * in the meantime.
 */
export function garbagePerRun(run: () => void, { runs = 2000, windows = 9 } = {}): number {
  window(run, runs);
  const idle = median(Array.from({ length: windows }, () => window(run, 0)));
  return (median(Array.from({ length: windows }, () => window(run, runs))) - idle) / runs;
}

/** Heap growth in bytes. */
function window(run: () => void, runs: number): number {
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < runs; i++) run();
  return process.memoryUsage().heapUsed - before;
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;

export interface TrainingStep {
  readonly session: Session;
  readonly inputs: Readonly<Record<string, TensorData>>;
  readonly step: BoundEntry;
  /** The same step, but copies its outputs. */
  readonly run: () => void;
}

/** The training step of an example on fixed data: floats in [0, 1), integers 0 and 1. */
export async function trainingStep(
  name: string,
  dims: Readonly<Record<string, number>>,
  target: "wasm" | "js" = "wasm",
): Promise<TrainingStep> {
  const text = readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
  const module = compileModule({ name, text }, { dims, entries: ["step"], resolve: createResolver(name) });
  const session = await createSession(module.plan, await module.code(target), { seed: 1 });
  const entry = module.plan.entries.find((candidate) => candidate.name === "step");
  const inputs = Object.fromEntries((entry?.inputs ?? []).map((slot) => [slot.name, filled(slot)]));
  return { session, inputs, step: session.bind("step", inputs), run: () => void session.run("step", inputs) };
}

function filled({ dtype, shape }: EntryPlan["inputs"][number]): TensorData {
  const whole = dtype !== "f32" && dtype !== "f64";
  const element = (i: number): number => (whole ? (i * 31) % 2 : ((i * 7919) % 101) / 101);
  return new dtypes[dtype].array(Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => element(i)));
}

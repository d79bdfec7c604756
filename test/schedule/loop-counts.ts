// The instructions of a kernel, counted in its WebAssembly rather than timed: the counts are the same on every machine,
// under any load.
import { analyse } from "../../compiler/codegen/wasm/analysis.ts";
import { emitKernel } from "../../compiler/codegen/wasm/emit-kernel.ts";
import type { FlatStmt } from "../../compiler/codegen/wasm/flatten.ts";
import type { Instruction, WasmFunction } from "../../compiler/codegen/wasm/function.ts";
import { blocksOf } from "../../compiler/codegen/wasm/walk.ts";
import type { Kernel } from "../../compiler/kernel/ir.ts";
import { functions } from "../../compiler/kernel/math.ts";
import { invariant, present } from "../../compiler/support/invariant.ts";
import { carriedVectors, liveLocals, loopsOf, mostLiveVectors, type LoopRange } from "./wasm-liveness.ts";

export interface Rates {
  /** Vectors, splats and single elements loaded per operator; a multiply-add is one operator. */
  readonly loads: number;
  readonly stores: number;
  /** The fraction of loads, stores and operators that process one element. */
  readonly scalar: number;
}

/** Instructions by kind. Those for addresses and loop counters are not counted. */
export interface Counts {
  readonly vectorLoads: number;
  /** Loads of one element into all lanes. */
  readonly splatLoads: number;
  readonly scalarLoads: number;
  readonly vectorStores: number;
  readonly scalarStores: number;
  /** Operators on vectors; a multiply-add is one. */
  readonly vectorOperators: number;
  readonly multiplyAdds: number;
  /** Operators on single f32 values. */
  readonly scalarOperators: number;
}

export interface KernelCounts {
  /**
   * The innermost loop in which the kernel executes the most instructions; the whole body of a kernel without loops.
   */
  readonly innermost: Counts;
  /** The number of iterations of that loop in a call. */
  readonly iterations: number;
  /** Vectors that one iteration of it passes to the next. */
  readonly chains: number;
  /**
   * The most live vectors of any innermost loop; in strict mode, without multiply-adds, the product also needs a
   * register.
   */
  readonly liveVectors: number;
  readonly liveVectorsStrict: number;
  /** For the whole kernel, each instruction as often as it is executed, counting both branches of an `if`. */
  readonly total: Counts;
}

export function countKernel(kernel: Kernel): KernelCounts {
  const f = emitKernel(kernel, { relaxed: true, functions });
  const ranges = loopsOf(f);
  const trips = tripsOf(analyse(kernel, functions).body);
  invariant(ranges.length === trips.length, "each loop of the kernel is one of the function");
  const inner = innermost(f);
  const runsOf = (range: LoopRange): number =>
    ranges.reduce(
      (runs, around, i) => (around.start <= range.start && around.end >= range.end ? runs * (trips[i] ?? 1) : runs),
      1,
    );
  const work = (range: LoopRange): number =>
    runsOf(range) * instructions(counted(f.body.slice(range.start + 1, range.end)));
  const hot = present(inner.toSorted((a, b) => work(b) - work(a))[0], "there is a loop, or the whole body");
  return {
    innermost: counted(f.body.slice(hot.start + 1, hot.end)),
    iterations: runsOf(hot),
    chains: carriedVectors(f, hot),
    liveVectors: mostLive(f),
    liveVectorsStrict: mostLive(
      emitKernel({ ...kernel, body: kernel.strict ?? kernel.body }, { relaxed: false, functions }),
    ),
    total: totalOf(f, ranges, trips),
  };
}

/** Loops without nested loops; the whole body of a kernel without loops. */
function innermost(f: WasmFunction): readonly LoopRange[] {
  const ranges = loopsOf(f);
  const found = ranges.filter((range) => !ranges.some((other) => other.start > range.start && other.end < range.end));
  return found.length > 0 ? found : [{ start: -1, end: f.body.length }];
}

function mostLive(f: WasmFunction): number {
  const live = liveLocals(f);
  return Math.max(...innermost(f).map((range) => mostLiveVectors(f, live, range)));
}

/** The trip count of each loop, in the order in which they begin; 1 if it is not known at compile time. */
const tripsOf = (body: readonly FlatStmt[]): readonly number[] =>
  body.flatMap((stmt) => [...(stmt.kind === "for" ? [stmt.trips ?? 1] : []), ...blocksOf(stmt).flatMap(tripsOf)]);

function totalOf({ body }: WasmFunction, ranges: readonly LoopRange[], trips: readonly number[]): Counts {
  const starts = new Map(ranges.map(({ start }, i) => [start, trips[i] ?? 1]));
  const ends = new Map(ranges.map(({ start, end }) => [end, starts.get(start) ?? 1]));
  let runs = 1;
  const total = { ...none };
  body.forEach((instruction, at) => {
    runs *= starts.get(at) ?? 1;
    for (const key of kindsOf(instruction)) total[key] += runs;
    runs /= ends.get(at) ?? 1;
  });
  return total;
}

const none: Readonly<Record<keyof Counts, number>> = {
  vectorLoads: 0,
  splatLoads: 0,
  scalarLoads: 0,
  vectorStores: 0,
  scalarStores: 0,
  vectorOperators: 0,
  multiplyAdds: 0,
  scalarOperators: 0,
};

function counted(body: readonly Instruction[]): Counts {
  const counts = { ...none };
  for (const instruction of body) for (const key of kindsOf(instruction)) counts[key]++;
  return counts;
}

export function ratesOf(counts: Counts): Rates {
  const operators = Math.max(1, counts.vectorOperators + counts.scalarOperators);
  const loads = counts.vectorLoads + counts.splatLoads + counts.scalarLoads;
  const scalar = counts.scalarLoads + counts.scalarStores + counts.scalarOperators;
  const stores = counts.vectorStores + counts.scalarStores;
  return { loads: loads / operators, stores: stores / operators, scalar: scalar / Math.max(1, instructions(counts)) };
}

/** Loads, stores and operators. */
export const instructions = (counts: Counts): number =>
  Object.values(counts).reduce((sum, n) => sum + n, 0) - counts.multiplyAdds;

/** Instructions that build or split vectors without arithmetic. */
const moves = /\.(splat|extract_lane|replace_lane|shuffle|const)/;

function kindsOf({ op }: Instruction): readonly (keyof Counts)[] {
  if (/^v128\.load\d*_splat/.test(op)) return ["splatLoads"];
  if (op.startsWith("v128.load")) return ["vectorLoads"];
  if (op.startsWith("v128.store")) return ["vectorStores"];
  if (/^(f32|i32)\.load/.test(op)) return ["scalarLoads"];
  if (/^(f32|i32)\.store/.test(op)) return ["scalarStores"];
  if (moves.test(op)) return [];
  if (op === "f32x4.relaxed_madd") return ["vectorOperators", "multiplyAdds"];
  if (/^(f32x4|i32x4|v128)\./.test(op)) return ["vectorOperators"];
  return op.startsWith("f32.") ? ["scalarOperators"] : [];
}

/** The counts as comments before a kernel. */
export function showCounts({
  innermost,
  iterations,
  chains,
  liveVectors,
  liveVectorsStrict,
  total,
}: KernelCounts): string {
  const { loads, stores, scalar } = ratesOf(total);
  const parts: readonly (readonly [number, string])[] = [
    [innermost.vectorLoads, "vector loads"],
    [innermost.splatLoads, "splat loads"],
    [innermost.scalarLoads, "scalar loads"],
    [innermost.vectorStores, "vector stores"],
    [innermost.scalarStores, "scalar stores"],
    [innermost.multiplyAdds, "multiply-adds"],
    [innermost.vectorOperators - innermost.multiplyAdds, "other vector operators"],
    [innermost.scalarOperators, "scalar operators"],
  ];
  const inner = parts.flatMap(([count, name]) => (count === 0 ? [] : [`${count} ${name}`])).join(", ");
  const strict = liveVectorsStrict === liveVectors ? "" : ` (${liveVectorsStrict} in strict mode)`;
  const operators = total.vectorOperators + total.scalarOperators;
  const rates = operators === 0 ? "copies" : `${loads.toFixed(3)} loads and ${stores.toFixed(3)} stores per operator`;
  return [
    `# innermost loop, ${iterations} iterations: ${inner}`,
    `# ${chains === 0 ? "" : `${chains} sums carried, `}at most ${liveVectors} live vectors${strict}`,
    `# in all: ${rates}, ${(100 * scalar).toFixed(1)} % of the instructions scalar`,
    "",
  ].join("\n");
}

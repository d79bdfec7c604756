import type { EntryPlan, Plan } from "../../runtime/plan.ts";
import { percent, table } from "../host/terminal.ts";
import type { Measurement } from "./measure.ts";

/** The text that `dlc bench` prints. */
export function showMeasurement(plan: Plan, entry: EntryPlan, found: Measurement): string {
  const dims = Object.entries(entry.dims).map(([name, size]) => ` ${name}=${size}`);
  const rate = gflops(found.flops, found.bestMs);
  const share = found.peak === null ? "" : `, ${percent(rate / found.peak)} of the measured peak of ${found.peak.toFixed(1)} GFLOP/s`;
  const total = found.kernels.reduce((sum, kernel) => sum + kernel.bestMs, 0);
  const rows = found.kernels
    .toSorted((a, b) => b.bestMs - a.bestMs)
    .map(({ kernel, calls, bestMs, flops, bytes }) => [
      kernel,
      String(calls),
      bestMs.toFixed(4),
      percent(bestMs / total),
      gflops(flops, bestMs).toFixed(2),
      found.peak === null ? "" : percent(gflops(flops, bestMs) / found.peak),
      (bytes / bestMs / 1e6).toFixed(2),
    ]);
  return [
    `${entry.name}${dims.join("")}: best ${found.bestMs.toFixed(4)} ms, median ${found.medianMs.toFixed(4)} ms of ${found.runs} runs`,
    `${(found.flops / 1e6).toFixed(2)} MFLOP: ${rate.toFixed(2)} GFLOP/s${share}`,
    "",
    table([["kernel", "calls", "best ms", "share", "GFLOP/s", "of peak", "GB/s"], ...rows]),
    "",
    memoryText(plan, entry),
  ].join("\n");
}

const gflops = (flops: number, ms: number): number => flops / ms / 1e6;

function memoryText(plan: Plan, entry: EntryPlan): string {
  const over = entry.liveBytes === 0 ? "" : ` (${((100 * entry.scratchBytes) / entry.liveBytes - 100).toFixed(1)} % over)`;
  return `memory: arena ${kib(plan.arenaBytes)}; scratch of this entry ${kib(entry.scratchBytes)}, largest live set ${kib(entry.liveBytes)}${over}`;
}

const kib = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`;

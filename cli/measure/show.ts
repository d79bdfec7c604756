import type { EntryPlan, Plan } from "../../runtime/plan.ts";
import { percent, table } from "../host/terminal.ts";
import type { Measurement } from "./measure.ts";
import type { Breakdown, KernelTime, Total } from "./origins.ts";

/** The text that `dlc bench` prints. */
export function showMeasurement(
  plan: Plan,
  entry: EntryPlan,
  found: Measurement,
  { kernels, byLayer, byRole }: Breakdown,
): string {
  const dims = Object.entries(entry.dims).map(([name, size]) => ` ${name}=${size}`);
  const rate = gflops(found.flops, found.bestMs);
  const share =
    found.peak === null
      ? ""
      : `, ${percent(rate / found.peak)} of the measured peak of ${found.peak.toFixed(1)} GFLOP/s`;
  const total = kernels.reduce((sum, kernel) => sum + kernel.bestMs, 0);
  const ordered = kernels.toSorted((a, b) => b.bestMs - a.bestMs);
  const [head = "", ...rows] = table([
    ["kernel", "calls", "best ms", "share", "GFLOP/s", "of peak", "GB/s"],
    ...ordered.map(({ kernel, calls, bestMs, flops, bytes }) => [
      kernel,
      String(calls),
      bestMs.toFixed(4),
      percent(bestMs / total),
      gflops(flops, bestMs).toFixed(2),
      found.peak === null ? "" : percent(gflops(flops, bestMs) / found.peak),
      (bytes / bestMs / 1e6).toFixed(2),
    ]),
  ]).split("\n");
  return [
    `${entry.name}${dims.join("")}: best ${found.bestMs.toFixed(4)} ms, median ${found.medianMs.toFixed(4)} ms of ${found.runs} runs`,
    `${(found.flops / 1e6).toFixed(2)} MFLOP: ${rate.toFixed(2)} GFLOP/s${share}`,
    ...disagreement(found.bestMs, total),
    "",
    head,
    ...ordered.flatMap((kernel, index) => [rows[index] ?? "", `  ${originText(kernel)}`]),
    "",
    totalsText("layer", byLayer, total),
    "",
    totalsText("role", byRole, total),
    "",
    memoryText(plan, entry),
  ].join("\n");
}

const gflops = (flops: number, ms: number): number => flops / ms / 1e6;

/** How far the sum of the kernels' best times may be from the best run of the whole before it is worth a word. */
const tolerance = 0.15;

function disagreement(bestMs: number, kernelsMs: number): readonly string[] {
  const ratio = kernelsMs / bestMs;
  if (Math.abs(ratio - 1) <= tolerance) return [];
  const why =
    ratio < 1
      ? "other work kept the machine busy during the runs"
      : "timing single calls costs about as much as the shortest of them";
  return [`the kernels' best times add up to ${kernelsMs.toFixed(4)} ms, ${percent(ratio)} of the best run: ${why}`];
}

const andMore = ([first = "", ...more]: readonly string[]): string =>
  more.length === 0 ? first : `${first} and ${more.length} more`;

/** `Net.block2.attention: backward, net.dl:9:27; threefry 78 %: random bits, drawn again for the backward pass` */
function originText({ layers, roles, lines, costs, drawnAgain }: KernelTime): string {
  const cost = costs.map(({ op, share }) => `${op} ${Math.round(100 * share)} %`).join(", ");
  const text = [
    `${andMore(layers)}: ${[...roles.slice(0, 1), andMore(lines)].filter((part) => part !== "").join(", ")}`,
    cost,
  ]
    .filter((part) => part !== "")
    .join("; ");
  return drawnAgain ? `${text}: random bits, drawn again for the backward pass` : text;
}

const totalsText = (name: string, totals: readonly Total[], all: number): string =>
  table([
    [name, "best ms", "share"],
    ...totals.map((total) => [total.name, total.bestMs.toFixed(4), percent(total.bestMs / all)]),
  ]);

function memoryText(plan: Plan, entry: EntryPlan): string {
  const over =
    entry.liveBytes === 0 ? "" : ` (${((100 * entry.scratchBytes) / entry.liveBytes - 100).toFixed(1)} % over)`;
  return `memory: arena ${kib(plan.arenaBytes)}; scratch of this entry ${kib(entry.scratchBytes)}, largest live set ${kib(entry.liveBytes)}${over}`;
}

const kib = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`;

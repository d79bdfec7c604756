import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { DiagnosticError } from "../../dsl/diagnostic-error.ts";
import type { Plan } from "../../runtime/plan.ts";
import { thousands } from "../host/terminal.ts";
import { kernelSizes } from "./kernel-sizes.ts";
import { arenaUse, bytesOf, downloaded, entryTitle, type Build } from "./report.ts";

/** Limits in bytes; absent if unlimited. */
export interface Budget {
  /** Of all files but the weights that one host loads, compressed with gzip. */
  readonly budgetBytes?: number;
  readonly budgetArena?: number;
}

interface Part {
  readonly name: string;
  readonly bytes: number;
}

/** Throws E1014 for each limit that the build exceeds. */
export function checkBudget(build: Build, { budgetBytes, budgetArena }: Budget): void {
  const { plan } = build.code;
  const download = downloaded(build.files).reduce((sum, { gzip }) => sum + gzip, 0);
  const found = [
    ...over(download, budgetBytes, "the download takes", downloadParts(build), "build fewer entries or variants"),
    ...over(plan.arenaBytes, budgetArena, "the arena takes", arenaParts(plan), "use smaller dims"),
  ];
  if (found.length > 0) throw new DiagnosticError(found);
}

function over(
  bytes: number,
  limit: number | undefined,
  says: string,
  parts: readonly Part[],
  remedy: string,
): readonly Diagnostic[] {
  if (limit === undefined || bytes <= limit) return [];
  const largest = parts
    .toSorted((a, b) => b.bytes - a.bytes)
    .slice(0, 3)
    .map((part) => `${part.name} (${thousands(part.bytes)})`);
  return [
    {
      code: "E1014",
      says: `${says} ${thousands(bytes)} bytes, ${thousands(bytes - limit)} more than its budget`,
      help: `the largest parts are ${largest.slice(0, -1).join(", ")} and ${largest.at(-1)}; ${remedy}, or raise the budget`,
    },
  ];
}

/** The files, and of files with code each kernel with its share of the compressed file. */
function downloadParts({ code, files, modules }: Build): readonly Part[] {
  const kernels = kernelSizes(code, modules);
  return downloaded(files).flatMap((file): readonly Part[] => {
    const index = modules.findIndex((module) => module.file === file.name);
    if (index < 0) return [{ name: file.name, bytes: file.gzip }];
    const parts = kernels.map(({ kernel, layers, bytes }) => ({
      name: `the kernel ${kernel} of ${layers[0] ?? ""}`,
      bytes: ((bytes[index] ?? 0) / file.bytes) * file.gzip,
    }));
    const rest = file.gzip - parts.reduce((sum, { bytes }) => sum + bytes, 0);
    return [...parts, { name: `the rest of ${file.name}`, bytes: rest }];
  });
}

/** Each param and state, and the parts that entries share. */
function arenaParts(plan: Plan): readonly Part[] {
  const { scratch, constants, others } = arenaUse(plan);
  const largest = plan.entries.find(({ scratchBytes }) => scratchBytes === scratch);
  return [
    ...plan.persistent.map((tensor) => ({ name: tensor.path, bytes: bytesOf(tensor) })),
    { name: "constants", bytes: constants },
    { name: "weights as kernels read them", bytes: others },
    ...(largest === undefined ? [] : [{ name: `scratch of ${entryTitle(largest)}`, bytes: scratch }]),
  ];
}

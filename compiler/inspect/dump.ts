import { DiagnosticError } from "../../dsl/diagnostic-error.ts";
import type { Address } from "../../runtime/address.ts";
import { callsOf, type EntryPlan, type Plan, type Slot, type Step } from "../../runtime/plan.ts";
import { parse } from "../../dsl/parse.ts";
import type { Source, Span } from "../../dsl/span.ts";
import { nearOr } from "../../dsl/suggest.ts";
import { compileModule, elaborateSource, entryOf, type CompiledModule, type CompileOptions } from "../compile.ts";
import { printGraph } from "../graph/print.ts";
import { functions } from "../kernel/math.ts";
import { printFunction, printKernel } from "../kernel/print.ts";
import { stageNamesOf } from "../passes/order.ts";
import { pipeline } from "../pipeline.ts";
import { wrapLines } from "../support/columns.ts";
import { never, present } from "../support/invariant.ts";
import { at } from "../support/lists.ts";
import { originsOfCalls } from "./kernel-origins.ts";

export interface DumpOptions extends CompileOptions {
  readonly entry: string;
  readonly stage: string;
  /** Shows where each node of a graph comes from, and for each kernel the layers, roles and lines that it computes. */
  readonly origins?: boolean;
  /** Wraps graphs and kernels at this width, for terminals. The text parses back. */
  readonly width?: number;
}

/**
 * Everything that `--stage` takes, in the order of compilation.
 *
 * @example
 * import { stageNames } from "dlc/compiler";
 * stageNames.includes("differentiate"); // => true
 */
export const stageNames: readonly string[] = [
  "ast",
  "graph",
  ...stageNamesOf(pipeline),
  "final",
  "kernels",
  "plan",
  "wat",
  "js",
];

/**
 * The text of one stage of one entry. Throws a `DiagnosticError` for errors in the source, and for a stage or entry
 * that does not exist.
 *
 * @example
 * import { dump } from "dlc/compiler";
 * const graph = dump(source, { ...options, entry: "predict", stage: "graph" });
 * graph.startsWith("graph predict("); // => true
 */
export function dump(
  source: Source,
  { entry, stage, origins = false, width = Infinity, ...options }: DumpOptions,
): string {
  if (!stageNames.includes(stage))
    throw new DiagnosticError([
      { code: "E0902", says: `unknown stage \`${stage}\``, help: nearOr(stage, stageNames, "the stages are") },
    ]);
  if (stage === "ast") return dumpAst(source);
  if (stage === "graph") {
    const { program } = elaborateSource(source, { ...options, entries: [entry] });
    return printGraph(
      present(program.entries.find(({ graph }) => graph.name === entry)?.graph, `elaboration left ${entry} out`),
      { origins, width },
    );
  }
  const module = compileModule(source, { ...options, entries: [entry] });
  const { plan, stages } = entryOf(module, entry);
  switch (stage) {
    case "kernels":
      return wrapLines(dumpKernels(module, plan, origins), width);
    case "plan":
      return dumpPlan(module.plan, plan);
    case "wat":
      return module.wasm(options.mode ?? "fast").wat();
    case "js":
      return module.js().text;
    default: {
      const found = stage === "final" ? stages.at(-1) : stages.find(({ name }) => name === stage);
      return printGraph((found ?? rejectDisabled(stage)).graph, { origins, width });
    }
  }
}

/** A pass that `without` leaves out has no stage. */
function rejectDisabled(stage: string): never {
  throw new DiagnosticError([
    {
      code: "E0902",
      says: `the stage \`${stage}\` does not exist, since its pass is disabled`,
      help: "enable the pass, or print another stage",
    },
  ]);
}

/** The tree without its spans, as JSON. */
function dumpAst(source: Source): string {
  const { file, diagnostics } = parse(source);
  if (file === null || diagnostics.length > 0) throw new DiagnosticError(diagnostics);
  const plain = (key: string, value: unknown): unknown => (isSpanKey(key) && isSpan(value) ? undefined : value);
  return `${JSON.stringify(file, plain, 2)}\n`;
}

const isSpanKey = (key: string): boolean => key === "span" || key.endsWith("Span");
const isSpan = (value: unknown): value is Span => typeof value === "object" && value !== null && "source" in value;

/** The math functions that the entry's kernels call, then the kernels in the order of their first call. */
function dumpKernels(module: CompiledModule, entry: EntryPlan, origins: boolean): string {
  const steps = [...entry.prepareSteps, ...entry.steps];
  const used = new Set(callsOf(steps).map(({ kernel }) => kernel));
  const kernels = module.assembly.kernels.filter(({ name }) => used.has(name));
  const comments = origins ? originComments(module, steps) : new Map<string, readonly string[]>();
  const text = kernels
    .map((kernel) => [...(comments.get(kernel.name) ?? []), printKernel(kernel)].join("\n"))
    .join("\n");
  const called = [...functions.values()].filter(({ name }) => text.includes(`${name}(`));
  return [...called.map(printFunction), text].join("\n");
}

/** By kernel, a comment for each call of it: layers, roles, lines and what costs most. */
function originComments(module: CompiledModule, steps: readonly Step[]): ReadonlyMap<string, readonly string[]> {
  const comments = new Map<string, string[]>();
  const origins = originsOfCalls(module, steps);
  for (const [index, { kernel }] of callsOf(steps).entries()) {
    const { layers, roles, lines, costs, drawnAgain } = at(origins, index);
    const cost = costs.map(({ op, share }) => `${op} ${Math.round(100 * share)} %`).join(", ");
    const parts = [
      layers.join(", "),
      roles.join(", "),
      lines.join(", "),
      cost,
      drawnAgain ? "random bits, drawn again for the backward pass" : "",
    ];
    const list = comments.get(kernel) ?? [];
    list.push(`# ${parts.filter((part) => part !== "").join("; ")}`);
    comments.set(kernel, list);
  }
  return comments;
}

/** Memory, then each step: its kernel, the offsets of its buffers, its work. */
function dumpPlan(plan: Plan, entry: EntryPlan): string {
  const { liveBytes, scratchBytes } = entry;
  const share =
    liveBytes === 0 ? "" : ` (${((100 * scratchBytes) / liveBytes - 100).toFixed(1)} % over the largest live set)`;
  const line = (name: string, { offset, dtype, shape }: Slot): string =>
    `  ${String(offset).padStart(9)}  ${dtype}[${shape.join(",")}]  ${name}`;
  return [
    `entry ${entry.name}`,
    `arena ${kib(plan.arenaBytes)}, scratch ${kib(scratchBytes)}, largest live set ${kib(liveBytes)}${share}`,
    "inputs and outputs",
    ...[...entry.inputs, ...entry.outputs].map((slot) => line(slot.name, slot)),
    "params and state",
    ...plan.persistent.map((slot) => line(slot.path, slot)),
    "weights stage",
    ...stepLines(entry.prepareSteps, 1),
    "call stage",
    ...stepLines(entry.steps, 1),
    "",
  ].join("\n");
}

const kib = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`;
const showAddress = (address: Address): string =>
  typeof address === "number"
    ? String(address)
    : [address.offset, ...address.strides.map((stride, depth) => `${stride}*t${depth}`)].join("+");

/** One line per step; the steps inside control flow are indented. */
function stepLines(steps: readonly Step[], depth: number): string[] {
  const pad = "  ".repeat(depth);
  return steps.flatMap((step): string[] => {
    switch (step.kind) {
      case "call":
        return [
          `${pad}${step.kernel}(${[...step.args, ...(step.scalars ?? [])].map(showAddress).join(", ")})  ${(step.flops / 1e6).toFixed(3)} MFLOP, ${kib(step.bytes)}`,
        ];
      case "loop":
        return [`${pad}${step.turns} times`, ...stepLines(step.body, depth + 1)];
      case "while":
        return [
          `${pad}while ${showAddress(step.flag)} is set by`,
          ...stepLines(step.condition, depth + 1),
          `${pad}do`,
          ...stepLines(step.body, depth + 1),
        ];
      case "branch":
        return [
          `${pad}if ${showAddress(step.flag)}`,
          ...stepLines(step.then, depth + 1),
          `${pad}else`,
          ...stepLines(step.otherwise, depth + 1),
        ];
      default:
        return never(step);
    }
  });
}

import { DiagnosticError } from "../../dsl/diagnostic.ts";
import type { Address } from "../../runtime/address.ts";
import { callsOf, type Step } from "../../runtime/plan.ts";
import { parse } from "../../dsl/parse.ts";
import type { Source, Span } from "../../dsl/span.ts";
import { nearOr } from "../../dsl/suggest.ts";
import { compileModule, elaborateSource, type CompiledModule, type CompileOptions } from "../compile.ts";
import { printGraph } from "../graph/print.ts";
import { functions } from "../kernel/math.ts";
import { printFunction, printKernel } from "../kernel/print.ts";
import { stageNamesOf } from "../passes/order.ts";
import { pipeline } from "../pipeline.ts";
import { never, present } from "../support/invariant.ts";
import { at } from "../support/lists.ts";
import { originsOfCalls } from "./kernel-origins.ts";

export interface DumpOptions extends CompileOptions {
  readonly entry: string;
  readonly stage: string;
  /** With each node of a graph where it comes from; with each kernel the layers, roles and lines that it computes for. */
  readonly origins?: boolean;
}

/** Everything that `--stage` takes, in the order of a model's way. */
export const stageNames: readonly string[] = ["ast", "graph", ...stageNamesOf(pipeline), "final", "kernels", "plan", "wat", "js"];

/** The text of one stage of one entry. Throws a `DiagnosticError` for mistakes in the source, and for a stage or entry that does not exist. */
export function dump(source: Source, { entry, stage, origins = false, ...options }: DumpOptions): string {
  if (!stageNames.includes(stage))
    throw new DiagnosticError([{ code: "E0902", says: `there is no stage ${stage}`, help: nearOr(stage, stageNames, "the stages are") }]);
  if (stage === "ast") return dumpAst(source);
  if (stage === "graph") {
    const { program } = elaborateSource(source, { ...options, entries: [entry] });
    return printGraph(present(program.entries.find(({ graph }) => graph.name === entry)?.graph, `elaboration left ${entry} out`), { origins });
  }
  const module = compileModule(source, { ...options, entries: [entry] });
  switch (stage) {
    case "kernels":
      return dumpKernels(module, entry, origins);
    case "plan":
      return dumpPlan(module, entry);
    case "wat":
      return module.wasm(options.mode ?? "fast").wat();
    case "js":
      return module.js();
    default: {
      const stages = present(module.stages[indexOf(module, entry)], "every entry has stages");
      return printGraph(present(stage === "final" ? stages.at(-1) : stages.find(({ name }) => name === stage), `the pass ${stage} was left out`).graph, {
        origins,
      });
    }
  }
}

const indexOf = (module: CompiledModule, entry: string): number => module.plan.entries.findIndex(({ name }) => name === entry);

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
function dumpKernels(module: CompiledModule, entry: string, origins: boolean): string {
  const plan = present(module.plan.entries[indexOf(module, entry)], "every entry has a plan");
  const steps = [...plan.prepareSteps, ...plan.steps];
  const used = new Set(callsOf(steps).map(({ kernel }) => kernel));
  const kernels = module.assembly.kernels.filter(({ name }) => used.has(name));
  const comments = origins ? originComments(module, steps) : new Map<string, readonly string[]>();
  const text = kernels.map((kernel) => [...(comments.get(kernel.name) ?? []), printKernel(kernel)].join("\n")).join("\n");
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
    const parts = [layers.join(", "), roles.join(", "), lines.join(", "), cost, drawnAgain ? "random bits, drawn again for the backward pass" : ""];
    const list = comments.get(kernel) ?? [];
    list.push(`# ${parts.filter((part) => part !== "").join("; ")}`);
    comments.set(kernel, list);
  }
  return comments;
}

/** Memory, then each step: its kernel, the offsets of its buffers, its work. */
function dumpPlan(module: CompiledModule, entry: string): string {
  const plan = present(module.plan.entries[indexOf(module, entry)], "every entry has a plan");
  const share = plan.liveBytes === 0 ? "" : ` (${((100 * plan.scratchBytes) / plan.liveBytes - 100).toFixed(1)} % over the largest live set)`;
  const persistent = module.plan.persistent.map(({ offset, dtype, shape, path }) => `  ${String(offset).padStart(9)}  ${dtype}[${shape.join(",")}]  ${path}`);
  const slots = [...plan.inputs, ...plan.outputs].map(
    ({ name, offset, dtype, shape }) => `  ${String(offset).padStart(9)}  ${dtype}[${shape.join(",")}]  ${name}`,
  );
  return [
    `entry ${plan.name}`,
    `arena ${kib(module.plan.arenaBytes)}, scratch ${kib(plan.scratchBytes)}, largest live set ${kib(plan.liveBytes)}${share}`,
    "inputs and outputs",
    ...slots,
    "params and state",
    ...persistent,
    "weights stage",
    ...stepLines(plan.prepareSteps, 1),
    "call stage",
    ...stepLines(plan.steps, 1),
    "",
  ].join("\n");
}

const kib = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`;
const showAddress = (address: Address): string =>
  typeof address === "number" ? String(address) : [address.offset, ...address.strides.map((stride, depth) => `${stride}*t${depth}`)].join("+");

/** One line a step; what is inside of control is indented. */
function stepLines(steps: readonly Step[], depth: number): string[] {
  const pad = "  ".repeat(depth);
  return steps.flatMap((step): string[] => {
    switch (step.kind) {
      case "call":
        return [`${pad}${step.kernel}(${step.args.map(showAddress).join(", ")})  ${(step.flops / 1e6).toFixed(3)} MFLOP, ${kib(step.bytes)}`];
      case "loop":
        return [`${pad}${step.turns} times`, ...stepLines(step.body, depth + 1)];
      case "while":
        return [`${pad}while ${showAddress(step.flag)} is set by`, ...stepLines(step.condition, depth + 1), `${pad}do`, ...stepLines(step.body, depth + 1)];
      case "branch":
        return [`${pad}if ${showAddress(step.flag)}`, ...stepLines(step.then, depth + 1), `${pad}else`, ...stepLines(step.otherwise, depth + 1)];
      default:
        return never(step);
    }
  });
}

import type { Step } from "../../../runtime/plan.ts";
import { present } from "../../support/invariant.ts";
import type { Kernel } from "../../kernel/ir.ts";
import { at } from "../../support/lists.ts";
import { functions } from "../../kernel/math.ts";
import { Names } from "../../kernel/names.ts";
import { kernelLines, mathLines } from "./function.ts";
import { stepLines } from "./steps.ts";
import { helperLines, helpers, taken, views } from "./helpers.ts";

/** An exported function without arguments: calls of kernels, in order, and control around them. */
export interface Entry {
  readonly name: string;
  readonly steps: readonly Step[];
}

export interface JsOutput {
  readonly text: string;
  /** The size of the text of each kernel and entry, by name. */
  readonly functionBytes: ReadonlyMap<string, number>;
}

/**
 * The text of an ES module that exports `instantiate(memory)`, which returns the entries by name, and the kernels named
 * in `exported` as functions of the byte offsets of their buffers. Each lane is a statement and every operator rounds
 * to f32, so that results have the bits of strict WebAssembly.
 */
export function emitJs(
  kernels: readonly Kernel[],
  entries: readonly Entry[],
  exported: readonly string[] = [],
): JsOutput {
  const names = new Names(taken);
  const mathNames = new Map([...functions.keys()].map((name) => [name, names.fresh(name)]));
  const kernelNames = new Map(kernels.map((kernel) => [kernel.name, names.fresh(kernel.name)]));
  const used = new Set<string>();
  const called = new Set<string>();
  let registers = 0;
  const module = {
    registers: (length: number) => ((registers = Math.max(registers, length)), "registers"),
    use: (name: string) => (used.add(name), name),
    fn: (name: string) => (called.add(name), present(mathNames.get(name), `unknown function ${name}`)),
    globals: [...mathNames.values(), ...kernelNames.values()],
  };
  const kernelName = (name: string): string => present(kernelNames.get(name), `unknown kernel ${name}`);
  const bodies = kernels.map((kernel) => kernelLines(kernelName(kernel.name), kernel, module));
  const maths = [...functions.values()]
    .filter((fn) => called.has(fn.name))
    .map((fn) => mathLines(mathNames.get(fn.name) ?? fn.name, fn, module));
  const methods = entries.map((entry) => [
    `${JSON.stringify(entry.name)}() {`,
    ...indent(stepLines(entry.steps, 0, kernelName, module.use)),
    "},",
  ]);
  const results = [...methods, ...exported.map((name) => [`${JSON.stringify(name)}: ${kernelName(name)},`])];
  const lines = [
    ...(registers > 0 ? [`const registers = new Float64Array(${registers});`] : []),
    ...helperLines(new Set([...used].filter((name) => helpers.has(name)))),
    ...maths.flat(),
    "",
    "export function instantiate(memory) {",
    ...indent([...viewLines(used), ...bodies.flat(), "return {", ...indent(results.flat()), "};"]),
    "}",
  ];
  const functionBytes = new Map([
    ...kernels.map(({ name }, i) => [name, bytesOf(indent(at(bodies, i)))] as const),
    ...entries.map(({ name }, i) => [name, bytesOf(indent(indent(at(methods, i))))] as const),
  ]);
  return { text: `${lines.join("\n")}\n`, functionBytes };
}

const bytesOf = (lines: readonly string[]): number => new TextEncoder().encode(`${lines.join("\n")}\n`).length;

const indent = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

function viewLines(used: ReadonlySet<string>): string[] {
  const arrays = new Map(Object.values(views).map((view): [string, string] => [view.name, view.array]));
  return [...arrays]
    .filter(([name]) => used.has(name))
    .map(([name, array]) => `const ${name} = new ${array}(memory.buffer);`);
}

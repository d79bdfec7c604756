// Modules with checked runs, and ways to break their plans or kernels.
import { compileProgram, type CompiledModule } from "../../compiler/compile.ts";
import { parseGraph } from "../../compiler/graph/parse.ts";
import { ops } from "../../compiler/ops/table.ts";
import { programOf } from "../../compiler/trust/run-graph.ts";
import { createSession, memoryGuards, MemoryFault, type Code, type Plan, type Step } from "../../runtime/index.ts";
import { addressAt } from "../../runtime/address.ts";
import { callsOf } from "../../runtime/plan.ts";

export type Call = Extract<Step, { kind: "call" }>;

export function moduleOf(text: string): CompiledModule {
  return compileProgram(programOf(parseGraph(text, ops)), { mode: "strict", guards: true });
}

/** The plan with different steps in its first entry; the functions of the module do not change. */
export function withSteps(plan: Plan, change: (steps: readonly Step[]) => readonly Step[]): Plan {
  return {
    ...plan,
    entries: plan.entries.map((entry, i) => (i === 0 ? { ...entry, steps: change(entry.steps) } : entry)),
  };
}

/** The plan with the calls of one kernel changed, at any depth. */
export function withCall(plan: Plan, kernel: string, change: (call: Call) => Call): Plan {
  const each = (step: Step): Step => {
    switch (step.kind) {
      case "call":
        return step.kernel.startsWith(kernel) ? change(step) : step;
      case "loop":
        return { ...step, body: step.body.map(each) };
      case "while":
        return { ...step, condition: step.condition.map(each), body: step.body.map(each) };
      case "branch":
        return { ...step, then: step.then.map(each), otherwise: step.otherwise.map(each) };
    }
  };
  return withSteps(plan, (steps) => steps.map(each));
}

/** The call with one argument moved by `by` bytes. */
export const moved = (call: Call, arg: number, by: number): Call => ({
  ...call,
  args: call.args.map((address, i) =>
    i !== arg ? address : typeof address === "number" ? address + by : { ...address, offset: address.offset + by },
  ),
});

export interface Memory {
  readonly f32: Float32Array;
  readonly u8: Uint8Array;
}

type Kernel = (...at: readonly number[]) => void;

const nothing: Kernel = () => undefined;

/**
 * The module's code with the kernels and functions whose names begin with `prefix` replaced. Functions without loops
 * call the replaced kernels.
 */
export async function withKernel(
  module: CompiledModule,
  prefix: string,
  change: (kernel: Kernel, memory: Memory) => Kernel,
): Promise<Code> {
  const code = await module.code("js");
  if (code.kind !== "js") throw new TypeError("JavaScript was asked for");
  return {
    kind: "js",
    instantiate: (memory) => {
      const exports = code.instantiate(memory);
      const views = {
        f32: new Float32Array(memory.buffer as ArrayBuffer),
        u8: new Uint8Array(memory.buffer as ArrayBuffer),
      };
      const kernels = new Map(module.plan.profiled.map((name) => [name, exports[name] ?? nothing]));
      for (const [name, run] of kernels) if (name.startsWith(prefix)) kernels.set(name, change(run, views));
      const functions = module.assembly.entries.map(({ name, steps }) => {
        const run = (): void =>
          callsOf(steps).forEach(({ kernel, args, scalars = [] }) =>
            kernels.get(kernel)?.(...args.map((address) => addressAt(address, [])), ...scalars),
          );
        return [name, name.startsWith(prefix) ? change(run, views) : run] as const;
      });
      return Object.fromEntries<Kernel>([...kernels, ...functions]);
    },
  };
}

/** Runs the first entry on inputs of ones; returns the outputs, or the fault that the checks found. */
export async function checkedRun(plan: Plan, code: Code): Promise<Record<string, readonly number[]> | MemoryFault> {
  const session = await createSession(plan, code, { mode: "strict", guards: memoryGuards });
  for (const { data } of session.state.values()) data.fill(2);
  session.touch();
  const [entry] = plan.entries;
  if (entry === undefined) throw new TypeError("a plan has an entry");
  const inputs = entry.inputs.map(({ name, shape }) => [
    name,
    new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1),
  ]);
  try {
    return Object.fromEntries(
      Object.entries(session.run(entry.name, Object.fromEntries(inputs))).map(([name, { data }]) => [name, [...data]]),
    );
  } catch (error) {
    if (error instanceof MemoryFault) return error;
    throw error;
  }
}

import { dtypes } from "../../runtime/dtype.ts";
import { profileSteps } from "../../runtime/profile.ts";
import { pathOf, resultOf } from "../../compiler/graph/facts.ts";
import { groupsOf } from "../../compiler/graph/groups.ts";
import type { Graph, Persistent, Value } from "../../compiler/graph/ir.ts";
import { bufferSize, evaluateKernel } from "../../compiler/kernel/evaluate.ts";
import type { Kernel } from "../../compiler/kernel/ir.ts";
import { layOut } from "../../compiler/link/layout.ts";
import { chooseAlgorithms } from "../../compiler/passes/choose-algorithms/choose-algorithms.ts";
import { runPasses } from "../../compiler/passes/driver.ts";
import { fuse } from "../../compiler/passes/fuse/fuse.ts";
import { planMemory } from "../../compiler/passes/plan-memory/plan-memory.ts";
import { splitByStage } from "../../compiler/passes/split-by-stage.ts";
import { Lowering } from "../../compiler/schedule/lowering.ts";
import { addressOf, stepsOfEntry } from "../../compiler/link/steps.ts";
import { present } from "../../compiler/support/invariant.ts";
import { defaultMachine, type Machine } from "../../compiler/support/machine.ts";
import { elements } from "../../compiler/types/tensor-type.ts";

/** Runs the last passes, which choose the kernels and the memory locations of a graph. */
export const planned = (graph: Graph, machine: Machine = defaultMachine): Graph =>
  runPasses(graph, [chooseAlgorithms, splitByStage, fuse, planMemory], { verify: true, machine });

export interface Memory {
  readonly outputs: ReadonlyMap<string, Float64Array>;
  readonly persistent: ReadonlyMap<string, Float64Array>;
}

/** Lowers a planned graph and runs its kernels in the kernel interpreter, on one arena, weights stage first. */
export function runLowered(
  graph: Graph,
  inputs: ReadonlyMap<string, Float64Array>,
  persistent: ReadonlyMap<string, Float64Array>,
): Memory {
  const leaves = new Map<string, Persistent>();
  const add = (path: string, { type }: Value): void => void leaves.set(path, { kind: "param", path, type, span: null });
  for (const node of graph.nodes) {
    const path = pathOf(node);
    if (path !== null) add(path, resultOf(node));
  }
  for (const { path, value } of graph.writes) add(path, value);
  const layout = layOut([...leaves.values()], [graph]);
  const memory = new ArrayBuffer(layout.arenaBytes);
  const bytes = new Uint8Array(memory).fill(0xa5);
  for (const { offset, base64 } of layout.constants)
    bytes.set(
      Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)),
      offset,
    );

  const view = (value: Value) =>
    new dtypes[value.type.dtype].array(memory, addressOf(value, graph, layout), elements(value.type.shape));
  const at = (path: string) => {
    const { type } = present(leaves.get(path), path);
    return new dtypes[type.dtype].array(memory, present(layout.persistent.get(path), path), elements(type.shape));
  };
  for (const [path, data] of persistent) if (leaves.has(path)) at(path).set(data);
  const kernels = new Map<string, Kernel>();
  const lowering = new Lowering();
  const steps = stepsOfEntry(graph, layout, {
    recordOrigin: () => undefined,
    add: (kernel) => {
      const name = `k${kernels.size}`;
      kernels.set(name, kernel);
      return { kernel: name };
    },
    lower: (group) => lowering.of(group),
  });
  const exports = Object.fromEntries(
    [...kernels].map(([name, kernel]) => [
      name,
      (...args: readonly number[]) =>
        evaluateKernel(
          kernel,
          Object.fromEntries(
            kernel.buffers.map((b, i) => [b.name, new dtypes[b.element].array(memory, args[i], bufferSize(kernel, b))]),
          ),
        ),
    ]),
  );
  profileSteps(steps.weights, exports, memory, 1, () => {});
  for (const input of graph.inputs) view(input).set(present(inputs.get(String(input.node.attrs["name"])), "an input"));
  profileSteps(steps.call, exports, memory, 1, () => {});
  return {
    outputs: new Map(graph.outputs.map(({ name, value }) => [name, Float64Array.from(view(value))])),
    persistent: new Map([...leaves.keys()].map((path) => [path, Float64Array.from(at(path))])),
  };
}

/** The number of kernels of a planned graph. */
export const kernelCount = (graph: Graph): number => groupsOf(graph).length;

// For each call of a kernel: the layers, roles and lines that it computes, and its most expensive ops.
import { locationOf } from "../../dsl/span.ts";
import { callsOf, type Step } from "../../runtime/plan.ts";
import { elementCost } from "../analysis/element-cost.ts";
import { nodeFlops } from "../analysis/flops.ts";
import type { CompiledModule } from "../compile.ts";
import type { Node } from "../graph/ir.ts";
import { rootsOf, spanOf, type Role } from "../graph/provenance.ts";
import { defaultMachine } from "../support/machine.ts";
import { elements } from "../types/tensor-type.ts";

export interface KernelOrigin {
  /** Of what the kernel stores first, then those of the other nodes that it was made from. */
  readonly layers: readonly string[];
  readonly roles: readonly Role[];
  /** `net.dl:7:20`: where the user's text asks for it. */
  readonly lines: readonly string[];
  /** The ops that take most of its operations, with their shares; those under a tenth are left out. */
  readonly costs: readonly { readonly op: string; readonly share: number }[];
  /** Random bits that an earlier kernel has drawn are drawn again, for the backward pass. */
  readonly drawnAgain: boolean;
}

/** One for each of `callsOf(steps)`, in that order, of the call stage of an entry. */
export function originsOfCalls(
  { assembly }: Pick<CompiledModule, "assembly">,
  steps: readonly Step[],
): readonly KernelOrigin[] {
  const drawn = new Set<number>();
  return callsOf(steps).map((step) => {
    const nodes = assembly.madeFrom.get(step) ?? [];
    const draws = nodes.filter(
      ({ op, provenance }) => provenance.attribution.role === "random" && op.form.kind === "pointwise",
    );
    const bits = rootsOf(draws.map(({ provenance }) => provenance)).map(({ id }) => id);
    const [main] = nodes;
    const isAgain = main?.provenance.attribution.role === "backward" && bits.some((id) => drawn.has(id));
    bits.forEach((id) => drawn.add(id));
    return { ...whereFrom(nodes), costs: costsOf(nodes), drawnAgain: isAgain };
  });
}

function whereFrom(nodes: readonly Node[]): Pick<KernelOrigin, "layers" | "roles" | "lines"> {
  const attributions = nodes.map(({ provenance }) => provenance.attribution);
  return {
    layers: [...new Set(attributions.map(({ path }) => path))],
    roles: [...new Set(attributions.map(({ role }) => role))],
    lines: [...new Set(nodes.flatMap((node) => spanOf(node) ?? []).map(locationOf))],
  };
}

function costsOf(nodes: readonly Node[]): KernelOrigin["costs"] {
  const byOp = new Map<string, number>();
  for (const node of nodes) byOp.set(node.op.name, (byOp.get(node.op.name) ?? 0) + operationsOf(node));
  const total = [...byOp.values()].reduce((a, b) => a + b, 0);
  return [...byOp]
    .map(([op, operations]) => ({ op, share: total === 0 ? 0 : operations / total }))
    .filter(({ share }) => share >= 0.1)
    .sort((a, b) => b.share - a.share);
}

/** Operations of floats and of integers. */
function operationsOf(node: Node): number {
  const [result] = node.results;
  const perElement = elementCost(node, defaultMachine.fusion);
  return perElement === 0 || result === undefined ? nodeFlops(node) : perElement * elements(result.type.shape);
}

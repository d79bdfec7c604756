import type { Span } from "../../../dsl/span.ts";
import type { Value as GraphValue } from "../../graph/ir.ts";
import { sameType } from "../../types/tensor-type.ts";
import { pointwise } from "../tensors/arithmetic.ts";
import type { DlValue, Env, Tensor } from "../context.ts";
import { report } from "../errors.ts";
import { counted } from "./optimizer-states.ts";
import { applyOptimizer, type Optimizer, type Trained } from "./optimizers.ts";
import { describe } from "../values/values.ts";
import { valueAtStart, write } from "../values/variables.ts";

/**
 * Whether the rest of the chain updates in this call, and how often each param and state had been written before it.
 */
export interface Gate {
  readonly due: Tensor;
  /** The same for single params by path, where each has its own states. */
  readonly own: ReadonlyMap<string, Tensor>;
  readonly before: ReadonlyMap<string, number>;
}

/**
 * A transformation with states: an optimizer before the last one in the chain. It returns the gradient for the next
 * step, or a tuple of that and of a bool scalar; where it is false, nothing after it changes a param or state. Null
 * after a report.
 */
export function accumulate(
  env: Env,
  transformation: Optimizer,
  span: Span,
  trained: readonly Trained[],
  gradients: readonly Tensor[],
): { readonly gradients: readonly Tensor[]; readonly gate: Gate | null } | null {
  const made = applyOptimizer(env, transformation, span, trained, gradients);
  if (made.some((value) => value === null || value.kind === "error")) return null;
  const given = made.flatMap((value) => (value === null ? [] : [value.kind === "tuple" ? value.items : [value]]));
  const kept = keptTypes(
    env,
    given.flatMap(([gradient]) => gradient ?? []),
    gradients,
    span,
  );
  if (kept === null) return null;
  // If it is computed from shared states alone, the one of the first param is valid for all.
  const [due] = given.map(([, second]) => second);
  if (due === undefined) return { gradients: kept, gate: null };
  const isDue = (value: DlValue | undefined): value is Tensor =>
    value?.kind === "tensor" && value.value.type.dtype === "bool" && value.value.type.shape.length === 0;
  if (isDue(due)) {
    const each = trained.flatMap(({ declared }, k) => {
      const second = given[k]?.[1];
      return isDue(second) ? [[declared.path, second] as const] : [];
    });
    const own = new Map(transformation.instance === null ? [] : each);
    return { gradients: kept, gate: { due, own, before: counted(env.context) } };
  }
  report(
    env.context,
    "E0604",
    span,
    `expected a bool scalar as the second result of the transformation, found ${describe(due)}`,
  );
  return null;
}

/** The gradients returned by a transformation, with their types unchanged; null after a report. */
export function keptTypes(
  env: Env,
  made: readonly DlValue[],
  gradients: readonly Tensor[],
  span: Span,
): readonly Tensor[] | null {
  const good = made.flatMap((item, k) =>
    item.kind === "tensor" && gradients[k] && sameType(item.value.type, gradients[k].value.type) ? [item] : [],
  );
  if (good.length === gradients.length && made.length === gradients.length) return good;
  report(env.context, "E0604", span, "a gradient transformation must not change the types of the gradients", {
    label: `returns ${made.map(describe).join(", ")}`,
  });
  return null;
}

/** If the gate is false, every param and state written since keeps its old value. */
export function hold(env: Env, { due, own, before }: Gate, span: Span): void {
  const { context } = env;
  for (const [path, versions] of [...context.versions]) {
    const count = before.get(path) ?? 0;
    const last = versions.at(-1);
    const old = versions[count - 1] ?? foundValue(env, path, versions);
    if (last === undefined || old === undefined || versions.length === count || last === old) continue;
    const operands = [
      own.get(context.program.declared.get(path)?.param ?? path) ?? due,
      ...[last, old].map((value): Tensor => ({ ...due, value, symbols: value.type.shape.map(() => null) })),
    ];
    const chosen = pointwise(
      env,
      context.builder.op("select"),
      operands.map((value) => ({ value, span })),
      span,
    );
    if (chosen.kind === "tensor") write(context, path, chosen.value);
  }
}

/** The value at the start of the call or iteration, for a state that was first used after the gate. */
function foundValue(env: Env, path: string, versions: readonly GraphValue[]): GraphValue | undefined {
  const [first] = versions;
  if (first !== undefined && first.node.op.form.kind === "leaf" && first.node.attrs["path"] === path) return first;
  const declared = env.context.program.declared.get(path);
  if (declared === undefined) return undefined;
  const value = valueAtStart(env.context, declared);
  if (first !== value) env.context.versions.set(path, [value, ...versions]);
  return value;
}

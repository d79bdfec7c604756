import { siteOf } from "../graph/facts.ts";
import { overwrittenBy, type GroupView } from "../graph/groups.ts";
import type { Node, Value } from "../graph/ir.ts";
import type { Contraction, Form } from "../graph/op.ts";
import type { KernelBuilder } from "../kernel/build.ts";
import type { Buffer, Expr } from "../kernel/ir.ts";
import { present } from "../support/invariant.ts";
import { elements, type Shape } from "../types/tensor-type.ts";
import { elementOf, type Evaluator } from "./evaluator.ts";

/** Declares the buffers of a group: the values that it reads, then those that it stores. */
export function declareBuffers(
  k: KernelBuilder,
  group: GroupView,
  without: ReadonlySet<Value> = new Set(),
): Map<Value, Buffer> {
  const buffers = new Map<Value, Buffer>();
  const overwritten = overwrittenBy(group);
  for (const value of group.reads)
    if (!without.has(value) && value !== overwritten)
      buffers.set(value, k.buffer(bufferName(value), elementOf(value.type), elements(value.type.shape), "in"));
  for (const value of group.stored)
    buffers.set(value, k.buffer("out", elementOf(value.type), elements(value.type.shape), accessOf(group)));
  return buffers;
}

/** Forms that read elements that they have stored. */
const readsBack: ReadonlySet<Form["kind"]> = new Set(["scatter", "lines"]);

const accessOf = (group: GroupView): "out" | "inout" =>
  group.anchor !== null && readsBack.has(group.anchor.op.form.kind) ? "inout" : "out";

/** The last part of a param's path, or the op that made the value. */
export function bufferName(value: Value): string {
  const { attrs, op } = value.node;
  const path = attrs["path"] ?? attrs["name"];
  const last = typeof path === "string" ? (path.split(".").at(-1) ?? op.name) : op.name;
  return last.replaceAll(/\W/g, "_");
}

/** Nested loops over an index space. */
export function loops(
  k: KernelBuilder,
  scope: Evaluator,
  shape: Shape,
  body: (index: readonly Expr[], scope: Evaluator) => void,
  hint = "i",
): void {
  const nest = (axis: number, index: readonly Expr[]): void => {
    const extent = shape[axis];
    if (extent === undefined) body(index, scope.within(index.map((e, i) => [e, shape[i] ?? 1] as const)));
    else k.loop(`${hint}${axis}`, 0, extent, 1, (variable) => nest(axis + 1, [...index, variable]));
  };
  nest(0, []);
}

/** All values are computed before any is stored, since a result may alias an operand. */
export function storeAll(
  k: KernelBuilder,
  group: GroupView,
  buffers: ReadonlyMap<Value, Buffer>,
  index: readonly Expr[],
  scope: Evaluator,
): void {
  const values = group.stored.map((value) => [value, scope.at(value, index)] as const);
  for (const [value, expr] of values)
    k.store(present(buffers.get(value), "a stored value has a buffer"), scope.flat(value.type.shape, index), expr);
}

export function contractionOf(anchor: Node): Contraction {
  const { form } = anchor.op;
  return present(
    form.kind === "contract" ? form.contraction(siteOf(anchor)) : null,
    `${anchor.op.name} was not lowered to a plain product`,
  );
}

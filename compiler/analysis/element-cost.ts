import { resultOf, siteOf } from "../graph/facts.ts";
import type { Site } from "../graph/form.ts";
import type { Node } from "../graph/ir.ts";
import { KernelBuilder } from "../kernel/build.ts";
import { i32, registerOf, type Expr } from "../kernel/ir.ts";
import { expressions, some } from "../kernel/walk.ts";
import { at } from "../support/lists.ts";
import type { FusionLimits } from "../support/machine.ts";

/**
 * The cost of one element of a pointwise node or a map, without its operands: 1 per operator, `call` per call of a math
 * function. 0 for any other node.
 */
export function elementCost(node: Node, { call }: FusionLimits): number {
  const { form } = node.op;
  if (form.kind !== "pointwise" && form.kind !== "map") return 0;
  const k = new KernelBuilder();
  const site = siteOf(node);
  const operand = (i: number): Expr => operandOf(k, site, i);
  const { shape } = resultOf(node).type;
  const result =
    form.kind === "pointwise"
      ? form.scalar(
          k,
          site.operands.map((_, i) => operand(i)),
          site,
        )
      : form.element(
          k,
          shape.map(() => k.variable("i", i32)),
          (i) => operand(i),
          site,
        );
  k.let(result);
  let cost = 0;
  const count = (e: Expr): boolean => {
    if (e.kind === "apply") cost++;
    if (e.kind === "call") cost += call;
    return false;
  };
  for (const expr of expressions(k.build("cost", "").body)) some(expr, count);
  return cost;
}

function operandOf(k: KernelBuilder, { operands }: Site, i: number): Expr {
  const { dtype } = at(operands, i);
  return k.variable("x", { scalar: dtype === "f64" ? "f32" : registerOf(dtype), lanes: 1 });
}

/** Whether a node is pointwise and computes nothing: each element is one of an operand. */
export function isCopy(node: Node): boolean {
  const { form } = node.op;
  if (form.kind !== "pointwise") return false;
  const k = new KernelBuilder();
  const site = siteOf(node);
  const operands = site.operands.map((_, i) => operandOf(k, site, i));
  return operands.includes(form.scalar(k, operands, site));
}

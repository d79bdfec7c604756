import type { Expr, Stmt } from "../../dsl/ast.ts";
import type { Value as GraphValue } from "../graph/ir.ts";
import type { Env } from "./context.ts";
import { report } from "./errors.ts";
import { describe } from "./values/values.ts";
import type { OpName } from "../graph/op.ts";

const comparisons: ReadonlySet<OpName> = new Set(["eq", "ne", "lt", "le", "gt", "ge"]);

/** `assert c`: a static bool, or a tensor of bools, which becomes an output of the test's graph. */
export function assertion(env: Env, statement: Stmt & { kind: "assert" }): void {
  const { context } = env;
  const { assertions, builder } = context;
  if (assertions === null || context.region !== null) {
    report(context, "E0512", statement.span, "`assert` is only allowed in a test", {
      help: "`require(condition, message)` checks a static condition, `where` a condition of a signature",
    });
    return;
  }
  const condition = context.evaluate(env, statement.condition);
  const says = messageOf(env, statement.says);
  if (condition.kind === "error" || says === undefined) return;
  const { span } = statement;
  if (condition.kind === "bool") {
    assertions.push({ span, says, holds: condition.value, sides: null });
    return;
  }
  if (condition.kind !== "tensor" || condition.value.type.dtype !== "bool") {
    report(
      context,
      "E0512",
      statement.condition.span,
      `expected a bool or a bool tensor for the assertion, found ${describe(condition)}`,
    );
    return;
  }
  const name = `assert${assertions.length}`;
  builder.output(name, condition.value);
  const sides = sidesOf(condition.value);
  if (sides !== null) sides.forEach((side, k) => builder.output(`${name}.${k}`, side));
  assertions.push({ span, says, holds: { output: name }, sides: sides && [`${name}.0`, `${name}.1`] });
}

/** Undefined after a report. */
function messageOf(env: Env, says: Expr | null): string | null | undefined {
  if (says === null) return null;
  const value = env.context.evaluate(env, says);
  if (value.kind === "string") return value.value;
  if (value.kind !== "error")
    report(
      env.context,
      "E0512",
      says.span,
      `expected a string for the message of the assertion, found ${describe(value)}`,
    );
  return undefined;
}

/** The two sides of a comparison; a and b for `|a - b| <= tolerance`. */
function sidesOf({ node }: GraphValue): readonly [GraphValue, GraphValue] | null {
  const [left, right] = node.operands;
  if (!comparisons.has(node.op.name) || left === undefined || right === undefined) return null;
  const [difference] = left.node.op.name === "abs" ? left.node.operands : [];
  const [a, b] = difference?.node.op.name === "sub" ? difference.node.operands : [];
  return a !== undefined && b !== undefined ? [a, b] : [left, right];
}

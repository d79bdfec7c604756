import type { Expr, Name, Pattern } from "../../../dsl/ast.ts";
import type { Span } from "../../../dsl/span.ts";
import type { DlValue, Env } from "../context.ts";
import { report } from "../errors.ts";
import { exploreBlock } from "../exploration.ts";
import { instancePath, makeFrame, makeInstance, type Frame } from "../values/frames.ts";
import { makeScope } from "../values/scope.ts";
import { describe, ERROR, int, list, UNIT } from "../values/values.ts";

const maxIterations = 10_000;

/** The name at the head of the block's last pipe carries the value from one iteration to the next. */
function carried(expr: Expr & { kind: "repeat" }): Expr | null {
  const last = expr.body.statements.at(-1);
  let head: Expr | null = last?.kind === "expression" ? last.value : null;
  while (head?.kind === "pipe") head = head.value;
  return head?.kind === "name" ? head : null;
}

const frameOf = (env: Env, span: Span, word: string): Frame =>
  makeFrame("repeat", instancePath(env.context.program.naming, makeInstance(env.frame, span), word), env.frame);

/** `repeat 8 { x |> residual(64) }`: the block, unrolled; each iteration has its own params. */
export function repeat(env: Env, expr: Expr & { kind: "repeat" }): DlValue {
  const { context } = env;
  const count = context.evaluate(env, expr.count);
  if (count.kind === "error") {
    exploreBlock(env, expr.body, expr.counter === null ? [] : [nameOf(expr.counter)]);
    return ERROR;
  }
  if (count.kind !== "int" || count.value < 0 || count.value > maxIterations)
    return report(
      context,
      "E0503",
      expr.count.span,
      `expected an int from 0 to ${maxIterations} for the count of \`repeat\`, found ${describe(count)}`,
    );
  const head = carried(expr);
  const name = head?.kind === "name" ? head.text : null;
  const frame = frameOf(env, expr.span, "repeat");
  let value: DlValue = name === null ? UNIT : context.evaluate(env, { kind: "name", text: name, span: expr.span });
  for (let iteration = 0; iteration < count.value; iteration++) {
    const scope = makeScope(env.scope);
    if (expr.counter !== null) scope.bindValue(expr.counter.text, int(iteration), expr.counter.span);
    if (name !== null) scope.bindValue(name, value);
    value = context.block(
      { ...env, scope, frame: makeFrame("repeat", `${frame.path}.${iteration}`, frame) },
      expr.body,
    );
    if (value.kind === "error") return ERROR;
  }
  return value;
}

/** `for i in 8 { ... }`: the list of the block's values. */
export function forEach(env: Env, expr: Expr & { kind: "for" }): DlValue {
  const { context } = env;
  const over = context.evaluate(env, expr.over);
  if (over.kind === "error") {
    exploreBlock(env, expr.body, [nameOf(expr.name)]);
    return ERROR;
  }
  const items =
    over.kind === "int" ? countTo(over.value) : over.kind === "list" || over.kind === "tuple" ? over.items : null;
  if (items === null || items.length > maxIterations)
    return report(
      context,
      "E0510",
      expr.over.span,
      `expected a list, or an int from 0 to ${maxIterations}, for \`for\`, found ${describe(over)}`,
      {
        help: over.kind === "tensor" ? "use `scan` to iterate along an axis of a tensor" : undefined,
      },
    );
  const frame = frameOf(env, expr.span, "for");
  const values: DlValue[] = [];
  for (const [iteration, item] of items.entries()) {
    const scope = makeScope(env.scope);
    scope.bindValue(expr.name.text, item, expr.name.span);
    const value = context.block(
      { ...env, scope, frame: makeFrame("repeat", `${frame.path}.${iteration}`, frame) },
      expr.body,
    );
    if (value.kind === "error") return ERROR;
    values.push(value);
  }
  return list(values);
}

const nameOf = (name: Name): Pattern => ({ kind: "name", name, span: name.span });

const countTo = (n: number): readonly DlValue[] | null =>
  n < 0 || n > maxIterations ? null : Array.from({ length: n }, (_, k) => int(k));

import type { Expr } from "../../../dsl/ast.ts";
import type { Span } from "../../../dsl/span.ts";
import type { Value as GraphValue } from "../../graph/ir.ts";
import { present } from "../../support/invariant.ts";
import { at } from "../../support/lists.ts";
import type { Context, DlValue, Env } from "../context.ts";
import { build } from "../tensors/add-node.ts";
import { report } from "../errors.ts";
import { exploreBlock } from "../exploration.ts";
import { closeRegion, invariantsOf, openRegion } from "./regions.ts";
import { makeScope } from "../values/scope.ts";
import { convertLike, tensorized, tensorsIn, withTensors } from "./structure.ts";
import { describe, ERROR, isFaulty, makeTensor, UNIT } from "../values/values.ts";
import { current, write, writtenIn } from "../values/variables.ts";

type CondExpr = Expr & { readonly kind: "cond" };
type CheckpointExpr = Expr & { readonly kind: "checkpoint" };

interface Branch {
  readonly context: Context;
  readonly env: Env;
  readonly value: DlValue;
}

/** Null after a mistake in the block. */
function runBlock(env: Env, at: Span, name: string, block: CheckpointExpr["body"]): Branch | null {
  const context = openRegion(env, at, name);
  const before = context.program.diagnostics.length;
  const inner: Env = { ...env, context, scope: makeScope(env.scope), loop: null };
  const value = context.block(inner, block);
  return isFaulty(value) || context.program.diagnostics.length > before ? null : { context, env: inner, value };
}

/** `cond`: one of two graphs runs. A condition known at compile time selects its branch statically. */
export function cond(env: Env, expr: CondExpr): DlValue {
  const { context } = env;
  const condition = context.evaluate(env, expr.condition);
  if (condition.kind === "error") {
    exploreBlock(env, expr.then);
    exploreBlock(env, expr.otherwise);
    return ERROR;
  }
  if (condition.kind === "bool")
    return context.block({ ...env, scope: makeScope(env.scope) }, condition.value ? expr.then : expr.otherwise);
  if (condition.kind !== "tensor" || condition.value.type.dtype !== "bool" || condition.value.type.shape.length > 0)
    return report(
      context,
      "E0627",
      expr.condition.span,
      `expected a bool scalar for the condition of \`cond\`, found ${describe(condition)}`,
      {
        help:
          condition.kind === "tensor" && condition.value.type.dtype === "bool"
            ? "select(condition, a, b) chooses per element; all(x) and any(x) reduce to one bool"
            : undefined,
      },
    );
  const then = runBlock(env, expr.span, "then", expr.then);
  const otherwise = runBlock(env, expr.span, "else", expr.otherwise);
  if (then === null || otherwise === null) return ERROR;
  const values = joined(then, otherwise, expr);
  if (values === null) return ERROR;
  // A state written by one branch keeps its value in the other.
  const paths = [...new Set([...writtenIn(then.context).keys(), ...writtenIn(otherwise.context).keys()])];
  const branches = [then, otherwise];
  branches.forEach((branch, k) => addOutputs(branch.context, at(values, k), paths));
  const invariants = invariantsOf(branches.map((branch) => branch.context));
  const graphs = branches.map((branch) => closeRegion(branch.context, [], invariants));
  const { builder } = context;
  const results = build(
    env,
    expr.span,
    () => builder.addNode(builder.op("cond"), [condition.value, ...invariants], {}, {}, graphs).results,
  );
  return taken(env, values[0] ?? UNIT, paths, results, expr.span);
}

/** Both values as tensors of the same structure and types; null after a report. */
function joined(then: Branch, otherwise: Branch, expr: CondExpr): readonly [DlValue, DlValue] | null {
  if (then.value.kind === "unit" && otherwise.value.kind === "unit") return [UNIT, UNIT];
  const spanOf = (block: CondExpr["then"]): Span => block.statements.at(-1)?.span ?? block.span;
  const [spanA, spanB] = [spanOf(expr.then), spanOf(expr.otherwise)];
  // A number in one branch takes the dtype of the tensor in the other.
  const like = tensorsIn(then.value).length >= tensorsIn(otherwise.value).length ? then : otherwise;
  const other = like === then ? otherwise : then;
  const span = like === then ? spanB : spanA;
  const whole = tensorized(like.env, like.value, span);
  const converted = whole && convertLike(other.env, other.value, whole, span);
  if (whole !== null && converted !== null) return like === then ? [whole, converted] : [converted, whole];
  report(
    then.context,
    "E0626",
    expr.span,
    `the branches of \`cond\` have different types: ${describe(then.value)} and ${describe(otherwise.value)}`,
    {
      also: [
        { span: spanA, says: describe(then.value) },
        { span: spanB, says: describe(otherwise.value) },
      ],
      help: "both branches must return tensors of the same type, or tuples or records of them",
    },
  );
  return null;
}

/** `checkpoint { ... }`: the block is recomputed in the backward pass. */
export function checkpoint(env: Env, expr: CheckpointExpr): DlValue {
  const branch = runBlock(env, expr.span, "checkpoint", expr.body);
  if (branch === null) return ERROR;
  const paths = [...writtenIn(branch.context).keys()];
  // Only tensors and writes go through the graph; static values are returned as they are.
  if (tensorsIn(branch.value).length === 0 && paths.length === 0) return branch.value;
  addOutputs(branch.context, branch.value, paths);
  const invariants = invariantsOf([branch.context]);
  const graph = closeRegion(branch.context, [], invariants);
  const { builder } = env.context;
  const results = build(
    env,
    expr.span,
    () => builder.addNode(builder.op("checkpoint"), invariants, {}, {}, [graph]).results,
  );
  return taken(env, branch.value, paths, results, expr.span);
}

/** The outputs of a branch: its tensors, then the states written by any branch. */
function addOutputs(context: Context, value: DlValue, paths: readonly string[]): void {
  const { builder, program } = context;
  tensorsIn(value).forEach((t, k) => builder.output(`y${k}`, t.value));
  paths.forEach((path, k) =>
    builder.output(`state${k}`, current(context, present(program.declared.get(path), `${path} is declared`))),
  );
}

/** The value of the branches in the enclosing graph, where the states are written. */
function taken(
  env: Env,
  value: DlValue,
  paths: readonly string[],
  results: readonly GraphValue[],
  span: Span,
): DlValue {
  const inner = tensorsIn(value);
  paths.forEach((path, k) => write(env.context, path, at(results, inner.length + k)));
  const tensors = inner.map((t, k) => makeTensor(env.context.builder, at(results, k), span, t.symbols));
  return withTensors(value, tensors);
}

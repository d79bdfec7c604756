import type { Argument, Expr, Pack } from "../../dsl/ast.ts";
import type { Span } from "../../dsl/span.ts";
import { didYouMean } from "../../dsl/suggest.ts";
import { never } from "../support/invariant.ts";
import { binary, unary } from "./arithmetic.ts";
import { call } from "./calls.ts";
import type { Arg, DlValue, Env } from "./context.ts";
import { packNamed, text } from "./dims.ts";
import { report } from "./errors.ts";
import { makeInstance, instancePath, makeFrame, type Frame } from "./frames.ts";
import { index } from "./indexing.ts";
import { makeScope, within } from "./scope.ts";
import { bool, describe, ERROR, float, int, isPack, UNIT } from "./values.ts";
import { read } from "./variables.ts";

const maxTurns = 10_000;

export function evaluate(env: Env, expr: Expr): DlValue {
  switch (expr.kind) {
    case "number":
      return expr.int ? int(expr.value) : float(expr.value);
    case "string":
      return { kind: "string", value: expr.value };
    case "bool":
      return bool(expr.value);
    case "name":
      return lookUp(env, expr.text, expr.span);
    case "list":
      return { kind: "list", items: expr.items.flatMap((item) => listItem(env, item)) };
    case "tuple":
      return expr.items.length === 1 && expr.items[0] !== undefined
        ? evaluate(env, expr.items[0])
        : { kind: "tuple", items: expr.items.map((item) => evaluate(env, item)) };
    case "record":
      return record(env, expr);
    case "unary":
      return unary(env, expr.op, { value: evaluate(env, expr.value), span: expr.value.span }, expr.span);
    case "binary":
      return binaryExpression(env, expr);
    case "call":
      return callExpression(env, expr, []);
    case "pipe":
      return pipe(env, expr);
    case "member":
      return member(env, expr);
    case "index":
      return index(env, evaluate(env, expr.object), expr);
    case "if":
      return choose(env, expr);
    case "repeat":
      return repeat(env, expr);
    default:
      return never(expr);
  }
}

function lookUp(env: Env, name: string, span: Span): DlValue {
  const { context } = env;
  const binding = env.scope.find(name);
  if (binding?.kind === "value") {
    if (binding.value.kind !== "tensor" || binding.value.graph === context.builder) return binding.value;
    return report(context, "E0506", span, `an initializer depends on static values only, and ${name} is ${describe(binding.value)}`);
  }
  if (binding?.kind === "variable") return read(env, binding.declared, span);
  if (binding?.kind === "dim") return dimNamed(env, name, span);
  if (name === "train") return bool(context.train);
  const op = context.program.ops.get(name);
  if (op !== undefined) return op;
  const near = didYouMean(name, [...env.scope.all().filter((n) => !n.startsWith("..")), ...context.program.ops.keys(), "train"]);
  return report(context, "E0201", span, `there is no ${name}`, { label: "unknown name", help: near === null ? undefined : `did you mean ${near}?` });
}

/** A dim of the file: its size is given from outside. */
export function dimNamed(env: Env, name: string, span: Span): DlValue {
  const size = env.context.dims.get(name);
  env.context.usedDims.add(name);
  if (size !== undefined) return int(size, name);
  // Once for each dim, however many types it stands in.
  const { reported } = env.context.program;
  if (reported.has(`dim ${name}`)) return ERROR;
  reported.add(`dim ${name}`);
  return report(env.context, "E0306", span, `the dim ${name} has no size`, { help: `give it with --dim ${name}=32` });
}

function listItem(env: Env, item: Expr | Pack): readonly DlValue[] {
  if (!isPack(item)) return [evaluate(env, item)];
  const pack = packNamed(env, item.name.text, item.span);
  return pack === null ? [ERROR] : pack.sizes.map((size, k) => int(size, pack.symbols[k] ?? null));
}

function record(env: Env, expr: Expr & { kind: "record" }): DlValue {
  const fields = new Map<string, DlValue>();
  for (const { name, value } of expr.fields) {
    if (fields.has(name.text)) report(env.context, "E0202", name.span, `the field ${name.text} is given twice`);
    fields.set(name.text, evaluate(env, value));
  }
  return { kind: "record", fields };
}

function binaryExpression(env: Env, expr: Expr & { kind: "binary" }): DlValue {
  const left = evaluate(env, expr.left);
  // The right side of a decided `and` or `or` is not looked at, as everywhere.
  if (left.kind === "bool" && ((expr.op === "and" && !left.value) || (expr.op === "or" && left.value))) return left;
  const right = evaluate(env, expr.right);
  return binary(env, expr.op, { value: left, span: expr.left.span }, { value: right, span: expr.right.span }, expr.span);
}

function argument(env: Env, arg: Argument): Arg {
  const name = arg.name?.text ?? null;
  if (!isPack(arg.value)) return { name, value: evaluate(env, arg.value), span: arg.value.span };
  return { name, value: packNamed(env, arg.value.name.text, arg.value.span) ?? ERROR, span: arg.value.span };
}

/** `piped` goes before the arguments written in the call. */
function callExpression(env: Env, expr: Expr & { kind: "call" }, piped: readonly Arg[]): DlValue {
  const callee = evaluate(env, expr.callee);
  const args = [...piped, ...expr.args.map((arg) => argument(env, arg))];
  return apply(env, callee, args, expr.callee.span, expr.span);
}

function apply(env: Env, callee: DlValue, args: readonly Arg[], calleeSpan: Span, span: Span): DlValue {
  if (callee.kind === "error") return ERROR;
  if (callee.kind !== "function") return report(env.context, "E0401", calleeSpan, `${describe(callee)} cannot be called`);
  return call(env, callee, args, span);
}

function pipe(env: Env, expr: Expr & { kind: "pipe" }): DlValue {
  const value = evaluate(env, expr.value);
  const piped: Arg = { name: null, value, span: expr.value.span };
  const { into } = expr;
  if (into.kind === "call") return callExpression(env, into, [piped]);
  const result = apply(env, evaluate(env, into), [piped], into.span, into.span);
  if (result.kind === "function") return report(env.context, "E0402", into.span, `${text(into)} needs more than what is piped into it`);
  return result;
}

function member(env: Env, expr: Expr & { kind: "member" }): DlValue {
  const object = evaluate(env, expr.object);
  const { text: name, span } = expr.name;
  if (object.kind === "error") return ERROR;
  const known = object.kind === "record" ? object.fields : object.kind === "ops" ? env.context.program.ops : new Map<string, DlValue>();
  const found = known.get(name);
  if (found !== undefined) return found;
  const near = didYouMean(name, [...known.keys()]);
  return report(env.context, "E0208", span, `${describe(object)} has no member ${name}`, { help: near === null ? undefined : `did you mean ${near}?` });
}

function choose(env: Env, expr: Expr & { kind: "if" }): DlValue {
  const condition = evaluate(env, expr.condition);
  if (condition.kind === "error") return ERROR;
  if (condition.kind !== "bool")
    return report(env.context, "E0502", expr.condition.span, `\`if\` needs a static bool, not ${describe(condition)}`, {
      help: condition.kind === "tensor" ? "select(condition, a, b) chooses element by element" : undefined,
    });
  const branch = condition.value ? expr.then : expr.otherwise;
  return branch === null ? UNIT : env.context.block(within(env, makeScope(env.scope)), branch);
}

/** The name at the head of the block's last pipe carries the value from turn to turn. */
function carried(expr: Expr & { kind: "repeat" }): string | null {
  const last = expr.body.statements.at(-1);
  let head: Expr | null = last?.kind === "expression" ? last.value : null;
  while (head?.kind === "pipe") head = head.value;
  return head?.kind === "name" ? head.text : null;
}

function repeat(env: Env, expr: Expr & { kind: "repeat" }): DlValue {
  const { context } = env;
  const count = evaluate(env, expr.count);
  if (count.kind === "error") return ERROR;
  if (count.kind !== "int" || count.value < 0 || count.value > maxTurns)
    return report(context, "E0503", expr.count.span, `\`repeat\` needs an int from 0 to ${maxTurns}, not ${describe(count)}`);
  const name = carried(expr);
  const path = instancePath(context.program.naming, makeInstance(env.frame, expr.span), "repeat");
  const turns: Frame = makeFrame("repeat", path, env.frame);
  let value: DlValue = name === null ? UNIT : lookUp(env, name, expr.span);
  for (let turn = 0; turn < count.value; turn++) {
    const scope = makeScope(env.scope);
    if (expr.counter !== null) scope.bindValue(expr.counter.text, int(turn), expr.counter.span);
    if (name !== null) scope.bindValue(name, value);
    value = context.block({ ...env, scope, frame: makeFrame("repeat", `${turns.path}.${turn}`, turns) }, expr.body);
    if (value.kind === "error") return ERROR;
  }
  return value;
}

import type { Argument, Block, Expr, Pack } from "../../dsl/ast.ts";
import type { Span } from "../../dsl/span.ts";
import { didYouMean } from "../../dsl/suggest.ts";
import { never } from "../support/invariant.ts";
import { binary, unary } from "./tensors/arithmetic.ts";
import { checkpoint, cond } from "./control/branches.ts";
import { constantNamed, defaultSize } from "./constants.ts";
import { calleeHints } from "./callee-hints.ts";
import { call } from "./calls.ts";
import type { Arg, DlValue, Env } from "./context.ts";
import { packNamed, text } from "./types/dims.ts";
import { hasManyMistakes, report } from "./errors.ts";
import { countExpression } from "./limits.ts";
import { methodHint, nameHint } from "./migration-hints.ts";
import { exploreBlock, exploreNames } from "./exploration.ts";
import { index } from "./tensors/indexing.ts";
import { nextOf } from "./control/loop-words.ts";
import { scan, whileLoop } from "./control/loops.ts";
import { memberPath } from "./training/param-paths.ts";
import { localize } from "./control/regions.ts";
import { forEach, repeat } from "./control/repetition.ts";
import { composition, functionLiteral } from "./values/function-literal.ts";
import { reportRunTime } from "./values/run-time-arguments.ts";
import { makeScope, within } from "./values/scope.ts";
import { namedChain } from "./training/named-chains.ts";
import { readSetting } from "./training/settings.ts";
import { stepNumber, stepOfEntry } from "./training/step.ts";
import { noteShape } from "./values/trace.ts";
import { bool, describe, ERROR, float, int, isPack, UNIT } from "./values/values.ts";
import { read } from "./values/variables.ts";

export function evaluate(env: Env, expr: Expr): DlValue {
  const found = valueOf(env, expr);
  const value = named.has(expr.kind) ? (env.standing?.(found) ?? found) : found;
  countExpression(env.context, value, !passesOn.has(expr.kind), expr.span);
  return value;
}

/** Expressions whose value, if it is a list, existed before. */
const passesOn: ReadonlySet<Expr["kind"]> = new Set(["name", "member", "if", "repeat"]);

/** Expressions that name a model or a part of one. */
const named: ReadonlySet<Expr["kind"]> = new Set(["name", "member"]);

function valueOf(env: Env, expr: Expr): DlValue {
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
    case "for":
      return forEach(env, expr);
    case "scan":
      return scan(env, expr);
    case "while":
      return whileLoop(env, expr);
    case "cond":
      return cond(env, expr);
    case "checkpoint":
      return checkpoint(env, expr);
    case "eval":
      return asInference(env, expr.body);
    case "function":
      return functionLiteral(env, expr);
    case "next":
      return nextOf(env, expr.name);
    default:
      return never(expr);
  }
}

/** `eval { ... }`: dropout is off, running statistics are used and kept. */
const asInference = (env: Env, body: Block): DlValue =>
  env.context.block({ ...within(env, makeScope(env.scope)), context: { ...env.context, train: false } }, body);

function lookUp(env: Env, name: string, span: Span): DlValue {
  const { context } = env;
  const binding = env.scope.find(name);
  if (binding?.kind === "value") return localize(env, binding.value, span);
  if (binding?.kind === "variable") return read(env, binding.declared, span);
  if (binding?.kind === "dim") return dimNamed(env, name, span);
  if (binding?.kind === "constant") return localize(env, constantNamed(env, name, binding, span), span);
  if (binding?.kind === "setting") return readSetting(env, binding, span);
  if (binding?.kind === "chain") return namedChain(env, binding);
  if (name === "train") return bool(context.train);
  if (name === "step") return stepNumber(env, span);
  const op = context.program.ops.get(name);
  if (op !== undefined) return op;
  if (hasManyMistakes(context)) return report(context, "E0201", span, `unknown name \`${name}\``);
  const near = didYouMean(name, [
    ...env.scope.all().filter((n) => !n.startsWith("..")),
    ...context.program.ops.keys(),
    "train",
    "step",
  ]);
  const help = nameHint(name) ?? (near === null ? undefined : `did you mean \`${near}\`?`);
  return report(context, "E0201", span, `unknown name \`${name}\``, { label: "not found in this scope", help });
}

/** A dim of the file: its size is given from outside, or the default of its declaration. */
export function dimNamed(env: Env, name: string, span: Span): DlValue {
  const given = env.context.program.defaultSizes.get(name);
  const size = env.context.dims.get(name) ?? (given && defaultSize(env, name, given, span));
  if (size === null) return ERROR;
  env.context.usedDims.set(name, size ?? null);
  if (size !== undefined) return int(size, name);
  if (env.context.program.assumedDim !== null) return int(env.context.program.assumedDim, name);
  // Reported once per dim, however many types use it.
  const { reported } = env.context.program;
  if (reported.has(`dim ${name}`)) return ERROR;
  reported.add(`dim ${name}`);
  return report(env.context, "E0306", span, `the size of dim \`${name}\` is not given`, {
    help: `give it: dims: { ${name}: 32 }`,
    commandHelp: `give it with --dim ${name}=32`,
  });
}

function listItem(env: Env, item: Expr | Pack): readonly DlValue[] {
  if (!isPack(item)) return [evaluate(env, item)];
  const pack = packNamed(env, item.name.text, item.span);
  return pack === null ? [ERROR] : pack.sizes.map((size, k) => int(size, pack.symbols[k] ?? null));
}

function record(env: Env, expr: Expr & { kind: "record" }): DlValue {
  const fields = new Map<string, DlValue>();
  for (const { name, value } of expr.fields) {
    if (fields.has(name.text)) report(env.context, "E0202", name.span, `duplicate field \`${name.text}\``);
    fields.set(name.text, evaluate(env, value));
  }
  return { kind: "record", fields };
}

function binaryExpression(env: Env, expr: Expr & { kind: "binary" }): DlValue {
  const left = evaluate(env, expr.left);
  // `and` and `or` do not evaluate the right side if the left side decides.
  if (left.kind === "bool" && ((expr.op === "and" && !left.value) || (expr.op === "or" && left.value))) {
    if (env.context.program.exploration.active) exploreNames(env, (inner) => void evaluate(inner, expr.right));
    return left;
  }
  const right = evaluate(env, expr.right);
  return binary(
    env,
    expr.op,
    { value: left, span: expr.left.span },
    { value: right, span: expr.right.span },
    expr.span,
  );
}

function argument(env: Env, arg: Argument): Arg {
  const name = arg.name?.text ?? null;
  const { span } = arg.value;
  const value = isPack(arg.value) ? (packNamed(env, arg.value.name.text, span) ?? ERROR) : evaluate(env, arg.value);
  return { name, value, span, ...(arg.name !== null && { nameSpan: arg.name.span }) };
}

/** `piped` precedes the arguments written in the call. */
function callExpression(env: Env, expr: Expr & { kind: "call" }, piped: readonly Arg[]): DlValue {
  const callee = evaluate(env, expr.callee);
  const args = [...piped, ...expr.args.map((arg) => argument(env, arg))];
  return apply(env, callee, args, expr.callee.span, expr.span);
}

function apply(env: Env, callee: DlValue, args: readonly Arg[], calleeSpan: Span, span: Span): DlValue {
  if (callee.kind === "error") return ERROR;
  if (callee.kind !== "function")
    return report(
      env.context,
      "E0401",
      calleeSpan,
      `cannot call ${describe(callee)}`,
      calleeHints(env, callee, calleeSpan),
    );
  return call(env, callee, args, span);
}

function pipe(env: Env, expr: Expr & { kind: "pipe" }): DlValue {
  const value = evaluate(env, expr.value);
  if (value.kind === "function") return composition(env, expr);
  // A mismatch is reported at the step that rejects the value; the value's origin is a secondary label.
  const span = expr.into.kind === "call" ? expr.into.callee.span : expr.into.span;
  const piped: Arg = { name: null, value, span, piped: true };
  const result = pipeInto(env, piped, expr.into);
  noteShape(env.context, expr.into.span, result);
  return result;
}

function pipeInto(env: Env, piped: Arg, into: Expr): DlValue {
  if (into.kind === "call") return callExpression(env, into, [piped]);
  const result = apply(env, evaluate(env, into), [piped], into.span, into.span);
  if (result.kind === "function")
    return report(env.context, "E0402", into.span, `\`${text(into)}\` needs more arguments than the piped value`);
  return result;
}

function member(env: Env, expr: Expr & { kind: "member" }): DlValue {
  const step = stepOfEntry(env, expr);
  if (step !== null) return step;
  const { standing: _, ...plain } = env;
  const object = evaluate(plain, expr.object);
  const { text: name, span } = expr.name;
  if (object.kind === "error") return ERROR;
  const last = "members" in object ? object.members?.get(name) : undefined;
  if (last !== undefined) return localize(env, last, span);
  if (object.kind === "function" || object.kind === "path") return memberPath(env, object, expr.name);
  if (object.kind === "tuple" || object.kind === "list") {
    const named = object.items[object.names?.indexOf(name) ?? -1];
    if (named !== undefined) return named;
    if (/^\d/.test(name)) return itemAt(env, object, expr);
  }
  const known =
    object.kind === "record"
      ? object.fields
      : object.kind === "ops"
        ? env.context.program.ops
        : new Map<string, DlValue>(
            (object.kind === "tuple" && object.names ? object.names : []).flatMap((n) =>
              n === null ? [] : [[n, ERROR]],
            ),
          );
  const found = known.get(name);
  if (found !== undefined) return found;
  const near = didYouMean(name, [...known.keys()]);
  const members =
    object.kind === "int"
      ? "a number ends with a digit: `5.0`"
      : known.size > 0 && object.kind !== "ops"
        ? `its members are ${[...known.keys()].join(", ")}`
        : methodHint(name);
  const help =
    near === null ? (object.kind === "tensor" ? methodHelp(env, name) : members) : `did you mean \`${near}\`?`;
  return report(env.context, "E0208", span, `${describe(object)} has no member \`${name}\``, { help });
}

/** `pair.0` */
function itemAt(
  env: Env,
  { kind, items }: DlValue & { kind: "tuple" | "list" },
  { name: { text: position, span } }: Expr & { kind: "member" },
): DlValue {
  const item = items[Number(position)];
  if (item !== undefined) return item;
  return report(env.context, "E0311", span, `index ${position} is out of range for a ${kind} of ${items.length}`);
}

/** A tensor has no methods: methods of other frameworks are functions. */
function methodHelp(env: Env, name: string): string {
  if (/^\d/.test(name)) return `write x[${name}], or x[.., ${name}] for the last axis`;
  const known = env.scope.find(name) !== undefined || env.context.program.ops.has(name);
  return (
    methodHint(name) ??
    (known ? `tensors have no members; write ${name}(x)` : "tensors have no members; use functions instead of methods")
  );
}

const runTimeChoice = "`cond p { a } else { b }` chooses at run time, select(p, a, b) per element";

function choose(env: Env, expr: Expr & { kind: "if" }): DlValue {
  const condition = evaluate(env, expr.condition);
  if (condition.kind !== "bool")
    exploreNames(env, (inner) => {
      exploreBlock(inner, expr.then);
      if (expr.otherwise !== null) exploreBlock(inner, expr.otherwise);
    });
  if (condition.kind === "error") return ERROR;
  if (condition.kind !== "bool" && reportRunTime(env, expr.condition)) return ERROR;
  if (condition.kind !== "bool")
    return report(
      env.context,
      "E0502",
      expr.condition.span,
      `expected a static bool for the condition of \`if\`, found ${describe(condition)}`,
      {
        help:
          condition.kind !== "tensor"
            ? undefined
            : condition.value.type.shape.length > 0
              ? "select(condition, a, b) chooses per element"
              : runTimeChoice,
      },
    );
  const [branch, other] = condition.value ? [expr.then, expr.otherwise] : [expr.otherwise, expr.then];
  if (other !== null && env.context.program.exploration.active)
    exploreNames(env, (inner) => exploreBlock(inner, other));
  return branch === null ? UNIT : env.context.block(within(env, makeScope(env.scope)), branch);
}

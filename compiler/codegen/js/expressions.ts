import { invariant, never, present } from "../../support/invariant.ts";
import { at } from "../../support/lists.ts";
import { moves, movesLanes, type LaneOperator } from "../../kernel/arithmetic.ts";
import type { Sizable, Expr } from "../../kernel/ir.ts";
import { views } from "./helpers.ts";

/** What an expression uses of its enclosing function. */
export interface ExprContext {
  /** The JavaScript name of a variable or register. */
  local(name: string): string;
  buffer(name: string): Sizable;
  /** The JavaScript name of a math function. */
  fn(name: string): string;
  /** The name of a helper or view, which the module must then define. */
  use(name: string): string;
  /** A temporary with the value of `text`; the same expression has one temporary for each statement. */
  share(of: Expr, text: () => string): string;
  /** An element of a register array, as a number in memory. */
  element(name: string, at: readonly Expr[]): string;
  /** Whether a maximum or minimum is seldom the second operand. */
  readonly isBound: boolean;
  /** Whether the value depends on more than the indices of loops. */
  isData(x: Expr): boolean;
}

/** Lane `lane` of a local: `x`, or `x$2` for a vector. */
export const laneName = (local: string, lanes: number, lane: number): string =>
  lanes === 1 ? local : `${local}$${lane}`;

/**
 * JavaScript for the value of one lane: a name, a number, a call, or an expression in parentheses. An f32 is a number
 * rounded to f32, a bool a boolean, or 0 or 1.
 */
export function code(x: Expr, lane: number, context: ExprContext): string {
  switch (x.kind) {
    case "const":
      return constant(x);
    case "register":
      if (x.at.length > 0) return context.element(x.name, x.at);
      return laneName(context.local(x.name), x.type.lanes, lane);
    case "var":
      return laneName(context.local(x.name), x.type.lanes, lane);
    case "load":
      return element(x, lane, context);
    case "splat":
      return x.value.kind === "var" || x.value.kind === "register"
        ? code(x.value, 0, context)
        : context.share(x, () => code(x.value, 0, context));
    case "lane":
      return x.value.kind === "var"
        ? code(x.value, x.lane, context)
        : context.share(x, () => code(x.value, x.lane, context));
    case "call":
      return `${context.fn(x.fn)}(${x.args.map((arg) => bare(code(arg, lane, context))).join(", ")})`;
    case "apply":
      return operator(x, lane, context);
    default:
      return never(x);
  }
}

/** The text without its outermost parentheses, where they are not needed. */
export function bare(text: string): string {
  if (!text.startsWith("(")) return text;
  let depth = 0;
  for (let i = 0; i < text.length - 1; i++) {
    if (text[i] === "(") depth++;
    if (text[i] === ")") depth--;
    if (depth === 0) return text;
  }
  return text.slice(1, -1);
}

function constant(x: Expr & { kind: "const" }): string {
  if (x.type.scalar === "bool") return x.value !== 0 ? "true" : "false";
  return Object.is(x.value, -0) ? "-0" : String(x.value);
}

function element(x: Expr & { kind: "load" }, lane: number, context: ExprContext): string {
  const buffer = context.buffer(x.buffer);
  const at =
    x.type.lanes === 1 ? position(x.buffer, x.at, context) : context.share(x, () => position(x.buffer, x.at, context));
  const text = `${context.use(views[buffer.element].name)}[${lane === 0 ? at : `${at} + ${lane}`}]`;
  return buffer.element === "bool" ? `(${text} !== 0)` : text;
}

/** The index of a buffer's element in the view. The buffer's local holds the index of its first element. */
export function position(buffer: string, at: Expr, context: ExprContext): string {
  const start = context.local(buffer);
  if (at.kind === "const") return at.value === 0 ? start : `${start} + ${at.value}`;
  return `${start} + ${sum(at, context)}`;
}

/**
 * An i32 that is not wrapped yet. Sums of i32s are exact in JavaScript's numbers, so a whole sum is wrapped once. An
 * index needs no wrapping, since an access inside its buffer does not overflow.
 */
export function sum(x: Expr, context: ExprContext, lane = 0): string {
  if (x.kind === "apply" && x.type.scalar === "i32" && (x.op === "add" || x.op === "sub")) {
    const [a, b] = operands(x);
    const right = x.op === "add" ? sum(b, context, lane) : code(b, lane, context);
    return `${sum(a, context, lane)} ${x.op === "add" ? "+" : "-"} ${right}`;
  }
  return code(x, lane, context);
}

function operands(x: Expr & { kind: "apply" }): readonly [Expr, Expr] {
  const [a, b] = x.args;
  invariant(a && b, `${x.op} has two operands`);
  return [a, b];
}

type Emit = (args: readonly string[], use: ExprContext["use"]) => string;

const rounded =
  (sign: string): Emit =>
  ([a, b], use) =>
    `${use("fround")}(${a} ${sign} ${b})`;
const infix =
  (sign: string): Emit =>
  ([a, b]) =>
    `(${a} ${sign} ${b})`;
const wrapped =
  (sign: string): Emit =>
  ([a, b]) =>
    `((${a} ${sign} ${b}) | 0)`;
const helper =
  (name: string): Emit =>
  (args, use) =>
    `${use(name)}(${args.map(bare).join(", ")})`;
const negated: Emit = ([a = ""]) => (a.startsWith("-") ? `(-(${a}))` : `(-${a})`);

/** By operator and scalar type of the operands; `any` if all types have the same JavaScript. */
const emitters: Readonly<
  Record<
    Exclude<LaneOperator, "select">,
    { readonly any?: Emit; readonly f32?: Emit; readonly i32?: Emit; readonly bool?: Emit }
  >
> = {
  add: { f32: rounded("+"), i32: wrapped("+") },
  sub: { f32: rounded("-"), i32: wrapped("-") },
  mul: { f32: rounded("*"), i32: helper("imul") },
  div: { f32: rounded("/"), i32: wrapped("/") },
  rem: { f32: infix("%"), i32: wrapped("%") },
  neg: { f32: negated, i32: ([a = ""]) => `((${a.startsWith("-") ? `-(${a})` : `-${a}`}) | 0)` },
  abs: { f32: helper("abs"), i32: ([a = ""], use) => `(${use("abs")}(${bare(a)}) | 0)` },
  min: { f32: helper("min"), i32: helper("min_i32") },
  max: { f32: helper("max"), i32: helper("max_i32") },
  madd: {
    f32: ([a, b, c], use) => `${use("fround")}(${use("fround")}(${a} * ${b}) + ${c})`,
    i32: ([a, b, c], use) => `((${use("imul")}(${a}, ${b}) + ${c}) | 0)`,
  },
  sqrt: { any: ([a = ""], use) => `${use("fround")}(${use("sqrt")}(${bare(a)}))` },
  floor: { any: helper("floor") },
  ceil: { any: helper("ceil") },
  trunc: { any: helper("trunc") },
  nearest: { any: helper("nearest") },
  and: { any: infix("&") },
  or: { any: infix("|") },
  xor: { any: infix("^") },
  not: { i32: ([a]) => `(~${a})`, bool: ([a]) => `(!${a})` },
  shl: { any: infix("<<") },
  shrs: { any: infix(">>") },
  shru: { any: ([a, b]) => `((${a} >>> ${b}) | 0)` },
  eq: { any: infix("===") },
  ne: { any: infix("!==") },
  lt: { any: infix("<") },
  le: { any: infix("<=") },
  gt: { any: infix(">") },
  ge: { any: infix(">=") },
  to_f32: { any: helper("fround") },
  to_i32: { any: helper("saturate") },
  bits_f32: { any: helper("bits_f32") },
  bits_i32: { any: helper("bits_i32") },
};

const bounds: Partial<Record<LaneOperator, Emit>> = { min: helper("at_most"), max: helper("at_least") };

/** A choice by an index is predictable, one by data is not: it is made without a branch. */
function chosen({ type, args }: Expr & { kind: "apply" }, context: ExprContext): Emit {
  if (type.scalar === "bool" || !context.isData(at(args, 0))) return ([c, a, b]) => `(${c} ? ${a} : ${b})`;
  return helper(type.scalar === "f32" ? "select" : "select_i32");
}

function operator(x: Expr & { kind: "apply" }, lane: number, context: ExprContext): string {
  if (x.op === "ramp") return String(lane);
  if (movesLanes(x.op)) {
    const [operand, from] = at(moves[x.op], lane);
    return code(at(x.args, operand), from, context);
  }
  if (x.type.scalar === "i32" && (x.op === "add" || x.op === "sub")) return `((${sum(x, context, lane)}) | 0)`;
  const scalar = at(x.args, 0).type.scalar;
  const { any, [scalar]: own } = x.op === "select" ? { any: chosen(x, context) } : emitters[x.op];
  const bound = context.isBound && scalar === "f32" ? bounds[x.op] : undefined;
  const emit = present(bound ?? own ?? any, `${x.op} of ${scalar} has no JavaScript`);
  return emit(
    x.args.map((arg) => code(arg, arg.type.lanes === 1 ? 0 : lane, context)),
    context.use,
  );
}

import type { Expr, Pattern } from "../../../dsl/ast.ts";
import type { Span } from "../../../dsl/span.ts";
import type { DlValue, Env, Loop, Members, UnrolledLoop } from "../context.ts";
import { report } from "../errors.ts";
import { exploreBlock } from "../exploration.ts";
import { instancePath, makeFrame, makeInstance, type Frame } from "../values/frames.ts";
import { bindPattern } from "../values/pattern.ts";
import { makeScope } from "../values/scope.ts";
import { writesIn } from "../values/variables.ts";
import { describe, ERROR, int, isFaulty, list, UNIT, withMembers } from "../values/values.ts";
import { text } from "../types/dims.ts";
import { unrolled } from "../unrolled-loops.ts";
import { carriedName, carriesNothing } from "./implicit-carry.ts";
import { initialOf, missingNext } from "./loop-words.ts";

const maxIterations = 10_000;

type RepeatExpr = Expr & { readonly kind: "repeat" };
type ForExpr = Expr & { readonly kind: "for" };

const frameOf = (env: Env, span: Span, word: string): Frame =>
  makeFrame("repeat", instancePath(env.context.program.naming, makeInstance(env.frame, span), word), env.frame);

/** A `for`, or a `repeat` without carries. */
function bareLoop({ loop: outer }: Env, { pattern, over }: RepeatExpr | ForExpr): Loop {
  const bare = `repeat ${pattern === null ? "" : `${text(pattern)} in `}${text(over)}`;
  return { kind: "repeat", carries: new Map(), nexts: new Map(), yielded: null, outer, bare };
}

/** The environment of one iteration: a new scope, and params of its own. */
function iterationOf(env: Env, frame: Frame, iteration: number, pattern: Pattern | null, item: DlValue): Env {
  const inner = {
    ...env,
    scope: makeScope(env.scope),
    frame: makeFrame("repeat", `${frame.path}.${iteration}`, frame),
  };
  if (pattern !== null) bindPattern(inner, pattern, item);
  return inner;
}

/** The items of a list, or the ints below a count; null for other values. */
function itemsOf(value: DlValue): readonly DlValue[] | null {
  if (value.kind === "list" || value.kind === "tuple") return value.items.length > maxIterations ? null : value.items;
  if (value.kind !== "int" || value.value < 0 || value.value > maxIterations) return null;
  return Array.from({ length: value.value }, (_, k) => int(k));
}

/** `repeat 8 { x |> residual(64) }`: the block, unrolled; each iteration has its own params. */
export function repeat(env: Env, expr: RepeatExpr): DlValue {
  const { context } = env;
  const over = context.evaluate(env, expr.over);
  const items = itemsOf(over);
  if (over.kind === "error") return exploreRepeat(env, expr);
  if (items === null)
    return report(
      context,
      "E0503",
      expr.over.span,
      `expected a list, or an int from 0 to ${maxIterations}, for \`repeat\`, found ${describe(over)}`,
    );
  const frame = frameOf(env, expr.span, "repeat");
  return unrolled(context, { ...headOf(env, expr, over), iterations: items.length, path: frame.path }, () =>
    expr.carries.length > 0 ? explicit(env, expr, items, frame) : implicit(env, expr, items, frame),
  );
}

/** The text before the body, and the same as a `scan`, which counts: null for a loop over a list. */
function headOf(env: Env, expr: RepeatExpr | ForExpr, over: DlValue): Pick<UnrolledLoop, "head" | "scan"> {
  const head = { ...expr.span, end: expr.over.span.end };
  if (over.kind !== "int") return { head, scan: null };
  const item = expr.pattern === null ? "_" : text(expr.pattern);
  const carries = expr.kind === "for" ? [] : carriesOf(env, expr);
  const body = carries.length > 0 ? `carry ${carries.join(", ")} { next ... }` : "{ ... }";
  return { head, scan: `scan ${item} in ${text(expr.over)} ${body}` };
}

const carriesOf = ({ scope }: Env, expr: RepeatExpr): readonly string[] =>
  expr.carries.length > 0 ? expr.carries.map(text) : [carriedName(scope, expr) ?? []].flat();

/** The name at the head of the last pipe carries the value; without one the body is there for what it writes. */
function implicit(env: Env, expr: RepeatExpr, items: readonly DlValue[], frame: Frame): DlValue {
  const { context } = env;
  const name = carriedName(env.scope, expr);
  let value: DlValue = name === null ? UNIT : context.evaluate(env, { kind: "name", text: name, span: expr.span });
  for (const [iteration, item] of items.entries()) {
    const inner = iterationOf(env, frame, iteration, expr.pattern, item);
    if (name !== null) inner.scope.bindValue(name, value);
    const before = writesIn(context);
    value = context.block({ ...inner, loop: bareLoop(env, expr) }, expr.body);
    if (value.kind === "error") return ERROR;
    if (name === null && writesIn(context) === before && carriesNothing(env, expr, value)) return ERROR;
  }
  return value;
}

/** `repeat 8 carry x, k = 0 { next x = ...; next k = ... }` */
function explicit(env: Env, expr: RepeatExpr, items: readonly DlValue[], frame: Frame): DlValue {
  const { context } = env;
  let carries = initial(env, expr);
  if (carries === null) return exploreRepeat(env, expr);
  for (const [iteration, item] of items.entries()) {
    const inner = iterationOf(env, frame, iteration, expr.pattern, item);
    for (const [name, { value, span }] of carries) inner.scope.bindValue(name, value, span);
    const loop: Loop = { kind: "repeat", carries, nexts: new Map(), yielded: null, outer: env.loop };
    const before = context.program.diagnostics.length;
    const value = context.block({ ...inner, loop }, expr.body);
    if (value.kind === "error" || context.program.diagnostics.length > before) return ERROR;
    if (value.kind !== "unit")
      return report(
        context,
        "E0621",
        expr.body.statements.at(-1)?.span ?? expr.span,
        `unused value in the body of a loop: ${describe(value)}`,
        { help: "write `next` to carry it" },
      );
    const nexts = new Map<string, { value: DlValue; span: Span }>();
    for (const { name, span } of expr.carries) {
      const next = loop.nexts.get(name.text);
      if (next === undefined) return missingNext(context, name.text, span);
      if (isFaulty(next.value)) return ERROR;
      nexts.set(name.text, next);
    }
    carries = nexts;
  }
  return final(carries);
}

/** The carries before the first iteration; null after a report. */
function initial(env: Env, expr: RepeatExpr): Loop["carries"] | null {
  const carries = new Map<string, { value: DlValue; span: Span }>();
  for (const carry of expr.carries) {
    const { name, span } = carry;
    const again = carries.get(name.text);
    if (again !== undefined)
      report(env.context, "E0202", name.span, `duplicate carry \`${name.text}\``, {
        also: [{ span: again.span, says: "first declared here" }],
      });
    const value = initialOf(env, carry);
    if (again !== undefined || isFaulty(value)) return null;
    carries.set(name.text, { value, span });
  }
  return carries;
}

/** The last values of the carries; several are a tuple. Its members are the carries. */
function final(carries: Loop["carries"]): DlValue {
  const members: Members = new Map([...carries].map(([name, { value }]) => [name, value]));
  const [first, ...more] = members.values();
  const whole: DlValue =
    first === undefined || more.length > 0 ? { kind: "tuple", items: [...members.values()] } : first;
  return withMembers(whole, members);
}

/** The body of a `repeat` whose head has a mistake. */
function exploreRepeat(env: Env, expr: RepeatExpr): DlValue {
  const names = expr.carries.map(({ name }): Pattern => ({ kind: "name", name, span: name.span }));
  const loop: Loop = {
    kind: "repeat",
    carries: new Map(expr.carries.map(({ name, span }) => [name.text, { value: ERROR, span }])),
    nexts: new Map(),
    yielded: null,
    outer: env.loop,
  };
  exploreBlock(env, expr.body, [...(expr.pattern === null ? [] : [expr.pattern]), ...names], loop);
  return ERROR;
}

/** `for i in 8 { ... }`: the list of the block's values; an iteration without a value adds nothing. */
export function forEach(env: Env, expr: ForExpr): DlValue {
  const { context } = env;
  const over = context.evaluate(env, expr.over);
  if (over.kind === "error") {
    exploreBlock(env, expr.body, [expr.pattern]);
    return ERROR;
  }
  const items = itemsOf(over);
  if (items === null)
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
  return unrolled(context, { ...headOf(env, expr, over), iterations: items.length, path: frame.path }, () =>
    valuesOf(env, expr, items, frame),
  );
}

function valuesOf(env: Env, expr: ForExpr, items: readonly DlValue[], frame: Frame): DlValue {
  const { context } = env;
  const values: DlValue[] = [];
  for (const [iteration, item] of items.entries()) {
    const inner = iterationOf(env, frame, iteration, expr.pattern, item);
    const value = context.block({ ...inner, loop: bareLoop(env, expr) }, expr.body);
    if (value.kind === "error") return ERROR;
    values.push(value);
  }
  const given = values.filter(({ kind }) => kind !== "unit");
  return values.length > 0 && given.length === 0 ? UNIT : list(given);
}

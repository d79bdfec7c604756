import type { Carry, Expr, Name, Pattern } from "../../../dsl/ast.ts";
import type { Span } from "../../../dsl/span.ts";
import { nodesIn } from "../../../dsl/walk.ts";
import { distinct } from "../../graph/inline.ts";
import type { Value as GraphValue } from "../../graph/ir.ts";
import { suffixes } from "../../graph/notation.ts";
import { present } from "../../support/invariant.ts";
import { at } from "../../support/lists.ts";
import { showType, tensor } from "../../types/tensor-type.ts";
import type { Carries, Context, DlValue, Env, Loop, Members, Tensor } from "../context.ts";
import { build } from "../tensors/add-node.ts";
import { report } from "../errors.ts";
import { exploreBlock } from "../exploration.ts";
import { bindPattern } from "../values/pattern.ts";
import { carryLeaf, closeRegion, invariantsOf, openRegion, iterationOf } from "./regions.ts";
import { initialOf, missingNext } from "./loop-words.ts";
import { makeScope } from "../values/scope.ts";
import { sequencesOf, type Sequences } from "./sequences.ts";
import { convertLike, tensorized, tensorsIn, withTensors } from "./structure.ts";
import { describe, ERROR, isFaulty, makeTensor, UNIT, withMembers } from "../values/values.ts";
import { current, write, writtenIn } from "../values/variables.ts";

type ScanExpr = Expr & { readonly kind: "scan" };
type WhileExpr = Expr & { readonly kind: "while" };

/** A carry of the source: its initial value, and the index of its first tensor among the carries of the loop. */
interface Carried {
  readonly carry: Carry;
  readonly init: DlValue;
  readonly first: number;
}

/**
 * `scan`: the body becomes the graph of one iteration. The op scans the first axis of its operands and results; if the
 * scanned axis is another one, transposes around the loop move it there and back.
 */
export function scan(env: Env, expr: ScanExpr): DlValue {
  const { context } = env;
  const sequences = sequencesOf(env, expr);
  const carries: Carries = {
    kind: "scan",
    list: [],
    counter: null,
    iterations: sequences?.length ?? 1,
    params: writesParams(env, expr),
  };
  const carried = openCarries(env, expr.carries, carries);
  if (sequences === null || carried === null) {
    exploreLoop(env, expr);
    return ERROR;
  }
  const inner = openRegion(env, expr.span, "scan", carries);
  const region = present(inner.region, "a region");
  const scope = makeScope(env.scope);
  const items = sequences.parts.map(({ type, symbols, axis }, k) => {
    const item = inner.builder.input(distinct(region.names, `item${k}`), tensor(type.dtype, type.shape.slice(1)));
    return makeTensor(inner.builder, item, expr.span, symbols.toSpliced(axis, 1));
  });
  const body: Env = { ...env, context: inner, scope, loop: null };
  for (const { pattern, structure, first } of sequences.named) {
    const own = items.slice(first, first + tensorsIn(structure).length);
    bindPattern(body, pattern, withTensors(structure, own));
  }
  if (items.length === 0) {
    const iteration = makeTensor(inner.builder, iterationOf(inner, region), expr.span);
    if (sequences.counter !== null) bindPattern(body, sequences.counter, iteration);
  }
  const loop = runBody(body, expr, carried, inner);
  const yielded = loop && yieldedBy(body, loop);
  if (loop === null || yielded === undefined || !closeCarries(body, carried, loop, inner)) return ERROR;
  const outputs = yielded === null ? [] : tensorsIn(yielded);
  outputs.forEach((y, k) => inner.builder.output(`y${k}`, y.value));
  writeCarries(inner, carries);
  const leading = [...items.map((item) => item.value), ...(region.iteration === null ? [] : [region.iteration])];
  const invariants = invariantsOf([inner]);
  const graph = closeRegion(inner, leading, invariants);
  const { builder } = context;
  const results = build(env, expr.span, () => {
    const iterations =
      region.iteration === null ? [] : [builder.call("iota", [], { shape: [sequences.length], axis: 0, dtype: "i32" })];
    const operands = [...carries.list.map((carry) => carry.init), ...sequences.moved, ...iterations, ...invariants];
    const attrs = {
      carries: carries.list.length,
      sequences: leading.length,
      length: sequences.length,
      reverse: expr.reversed,
    };
    return builder.addNode(builder.op("scan"), operands, attrs, {}, [graph]).results;
  });
  const members = lastCarries(env, carried, carries, results, expr.span, inner);
  const stacked = results
    .slice(carries.list.length)
    .map((value, k) => movedBack(env, value, outputs[k], sequences, expr.span));
  if (yielded === null) return valueOf(members);
  return withMembers(withTensors(yielded, stacked), members);
}

/** `while`: the members of its value are the final carries. */
export function whileLoop(env: Env, expr: WhileExpr): DlValue {
  const { context } = env;
  const carries: Carries = { kind: "while", list: [], counter: null, iterations: 1, params: writesParams(env, expr) };
  const carried = openCarries(env, expr.carries, carries);
  if (carried === null) {
    exploreLoop(env, expr);
    return ERROR;
  }
  const test = openRegion(env, expr.span, "condition", carries);
  const testEnv: Env = { ...env, context: test, scope: makeScope(env.scope), loop: null };
  bindCarries(testEnv, carried, test);
  const until = test.evaluate(testEnv, expr.until);
  const stop = until.kind === "bool" ? tensorized(testEnv, until, expr.until.span) : until;
  if (stop?.kind !== "tensor" || stop.value.type.dtype !== "bool" || stop.value.type.shape.length > 0) {
    exploreLoop(env, expr);
    if (until.kind === "error") return ERROR;
    return report(
      context,
      "E0627",
      expr.until.span,
      `expected a bool scalar for the condition of \`until\`, found ${describe(until)}`,
      {
        help:
          until.kind === "tensor" && until.value.type.dtype === "bool"
            ? "all(x) and any(x) reduce to one bool"
            : undefined,
      },
    );
  }
  test.builder.output(
    "continue",
    build(testEnv, expr.until.span, () => test.builder.call("not", [stop.value])),
  );
  const inner = openRegion(env, expr.span, "while", carries);
  const body: Env = { ...env, context: inner, scope: makeScope(env.scope), loop: null };
  const loop = runBody(body, expr, carried, inner);
  if (loop === null || !closeCarries(body, carried, loop, inner)) return ERROR;
  if (loop.yielded !== null)
    return report(
      context,
      "E0621",
      loop.yielded.span,
      "`yield` is not allowed in `while`: its iteration count is not known at compile time",
      {
        help: "carry the value instead",
      },
    );
  writeCarries(inner, carries);
  if (carries.counter !== null)
    setNext(
      inner,
      carries.counter,
      inner.builder.add(carryLeaf(inner, present(inner.region, "a region"), carries.counter), 1),
    );
  const invariants = invariantsOf([test, inner]);
  const graphs = [closeRegion(test, [], invariants), closeRegion(inner, [], invariants)];
  const { builder } = context;
  const operands = [...carries.list.map((carry) => carry.init), ...invariants];
  const results = build(
    env,
    expr.span,
    () => builder.addNode(builder.op("while"), operands, { carries: carries.list.length }, {}, graphs).results,
  );
  return valueOf(lastCarries(env, carried, carries, results, expr.span, inner));
}

/** A loop without carries is there for what it writes. */
const valueOf = (members: Members): DlValue => (members.size === 0 ? UNIT : { kind: "record", fields: members });

/** The body of a loop whose head has a mistake. */
function exploreLoop(env: Env, expr: ScanExpr | WhileExpr): void {
  const name = (text: Name): Pattern => ({ kind: "name", name: text, span: text.span });
  const loop: Loop = {
    kind: expr.kind,
    carries: new Map(expr.carries.map((carry) => [carry.name.text, { value: ERROR, span: carry.span }])),
    nexts: new Map(),
    yielded: null,
    outer: null,
  };
  const items =
    expr.kind === "scan"
      ? [...expr.sequences.map(({ pattern }) => pattern), ...(expr.counter === null ? [] : [name(expr.counter)])]
      : [];
  exploreBlock(env, expr.body, [...items, ...expr.carries.map((carry) => name(carry.name))], loop);
}

/** The initial values of the carries; null after a report. */
function openCarries(env: Env, texts: readonly Carry[], carries: Carries): Carried[] | null {
  const opened = texts.map((carry, k): Carried | null => {
    const { name, init } = carry;
    const again = texts.slice(0, k).find((other) => other.name.text === name.text);
    if (again !== undefined) {
      report(env.context, "E0202", name.span, `duplicate carry \`${name.text}\``, {
        also: [{ span: again.name.span, says: "first declared here" }],
      });
      return null;
    }
    const value = initialOf(env, carry);
    if (isFaulty(value)) return null;
    const tensors = tensorized(env, value, init.span);
    if (tensors === null) {
      report(
        env.context,
        "E0628",
        init.span,
        `expected a tensor or a number for the carry \`${name.text}\`, found ${describe(value)}`,
        {
          help: value.kind === "function" ? "give it a shape, as in zeros([N, 64])" : undefined,
        },
      );
      return null;
    }
    const first = carries.list.length;
    carries.list.push(...tensorsIn(tensors).map((t) => ({ name: name.text, path: null, init: t.value })));
    return { carry, init: tensors, first };
  });
  return opened.includes(null) ? null : opened.filter((carried) => carried !== null);
}

/** Binds the carries to their values at the start of an iteration. */
function bindCarries(
  env: Env,
  carried: readonly Carried[],
  inner: Context,
): Map<string, { value: DlValue; span: Span }> {
  const bound = new Map<string, { value: DlValue; span: Span }>();
  for (const { carry, init, first } of carried) {
    const leaves = tensorsIn(init).map((t, k) =>
      makeTensor(inner.builder, carryLeaf(inner, present(inner.region, "a region"), first + k), carry.span, t.symbols),
    );
    const value = withTensors(init, leaves);
    env.scope.bindValue(carry.name.text, value, carry.name.span);
    bound.set(carry.name.text, { value, span: carry.span });
  }
  return bound;
}

/** What carry `index` becomes in the body of its loop. */
function setNext(inner: Context, index: number, value: GraphValue): void {
  inner.builder.next(carryLeaf(inner, present(inner.region, "a region"), index), value);
}

/** Whether the body may write params: by a statement in it, or in a test by the call of an entry. */
const writesParams = ({ context }: Env, { body }: ScanExpr | WhileExpr): boolean =>
  context.assertions !== null || [...nodesIn(body)].some(({ kind }) => trainingStatements.has(String(kind)));

const trainingStatements: ReadonlySet<string> = new Set(["minimize", "update", "write"]);

/** Null after a mistake anywhere in the body. */
function runBody(body: Env, expr: ScanExpr | WhileExpr, carried: readonly Carried[], inner: Context): Loop | null {
  const { diagnostics } = inner.program;
  const before = diagnostics.length;
  const loop: Loop = {
    kind: expr.kind,
    carries: bindCarries(body, carried, inner),
    nexts: new Map(),
    yielded: null,
    outer: null,
  };
  const value = inner.block({ ...body, scope: makeScope(body.scope), loop }, expr.body);
  if (isFaulty(value) || diagnostics.length > before) return null;
  const last = expr.body.statements.at(-1);
  if (last?.kind === "expression" && value.kind !== "unit") {
    report(inner, "E0621", last.span, `unused value in the body of a loop: ${describe(value)}`, {
      help:
        expr.kind === "scan"
          ? "write `yield` before it to stack it, or `next` to carry it"
          : "write `next` to carry it",
    });
    return null;
  }
  return loop;
}

/** Null if the body yields nothing, undefined after a mistake. */
function yieldedBy(body: Env, { yielded }: Loop): DlValue | null | undefined {
  if (yielded === null) return null;
  if (isFaulty(yielded.value)) return undefined;
  const made = tensorized(body, yielded.value, yielded.span);
  if (made !== null) return made;
  report(body.context, "E0628", yielded.span, `expected tensors to yield, found ${describe(yielded.value)}`);
  return undefined;
}

/** Writes the next values of the carries; false after a report. */
function closeCarries(body: Env, carried: readonly Carried[], loop: Loop, inner: Context): boolean {
  let good = true;
  for (const { carry, init, first } of carried) {
    const name = carry.name.text;
    const next = loop.nexts.get(name);
    if (next === undefined) {
      missingNext(inner, name, carry.span);
      good = false;
      continue;
    }
    if (isFaulty(next.value)) return false;
    const converted = convertLike(body, next.value, init, next.span);
    if (converted === null) {
      good = false;
      report(
        inner,
        "E0622",
        next.span,
        `expected ${describe(init)} for \`next ${name}\`, found ${describe(next.value)}`,
        {
          also: [{ span: carry.span, says: `the carry is ${describe(init)}` }],
          help: carryHelp(init, next.value),
        },
      );
    } else tensorsIn(converted).forEach((t, k) => setNext(inner, first + k, t.value));
  }
  return good;
}

function carryHelp(init: DlValue, next: DlValue): string | undefined {
  if (init.kind !== "tensor" || next.kind !== "tensor") return undefined;
  const [a, b] = [init.value.type, next.value.type];
  if (a.shape.length === 0 && b.shape.length > 0)
    return `initialize it with its shape, as in zeros([${b.shape.join(", ")}])`;
  if (a.dtype === "i32" && b.dtype === "f32" && a.shape.length === 0) return "initialize it with a float, such as 0.0";
  return `a carry must keep its type; convert or reshape the next value to ${showType(a)}`;
}

/** What the body writes becomes carries; the others are again what they were. */
function writeCarries(inner: Context, carries: Carries): void {
  const { region } = inner;
  for (const [path, value] of writtenIn(inner)) {
    let index = carries.list.findIndex((carry) => carry.path === path);
    if (index < 0) {
      const declared = present(inner.program.declared.get(path), `${path} is declared`);
      index =
        carries.list.push({
          name: suffixes(path)[0] ?? "state",
          path,
          init: current(present(region, "a region").parent, declared),
        }) - 1;
    }
    setNext(inner, index, value);
  }
}

/** The members of the loop's value; what the body wrote is written in the enclosing graph. */
function lastCarries(
  env: Env,
  carried: readonly Carried[],
  carries: Carries,
  results: readonly GraphValue[],
  span: Span,
  inner: Context,
): Map<string, DlValue> {
  const { builder } = env.context;
  const written = writtenIn(inner);
  carries.list.forEach(({ path }, k) => {
    if (path !== null && written.has(path)) write(env.context, path, at(results, k));
  });
  const members = new Map<string, DlValue>();
  for (const { carry, init, first } of carried) {
    const tensors = tensorsIn(init).map((t, k) => makeTensor(builder, at(results, first + k), span, t.symbols));
    members.set(carry.name.text, withTensors(init, tensors));
  }
  return members;
}

/** A result of a scan, with the scanned axis at its position in the sequences. */
function movedBack(
  env: Env,
  value: GraphValue,
  item: Tensor | undefined,
  { axis, symbol }: Sequences,
  span: Span,
): Tensor {
  const { builder } = env.context;
  const symbols = item?.symbols ?? [];
  const to = Math.min(axis, symbols.length);
  const rank = value.type.shape.length;
  const perm = Array.from({ length: rank - 1 }, (_, k) => k + 1).toSpliced(to, 0, 0);
  const moved = to === 0 ? value : build(env, span, () => builder.transpose(value, perm));
  return makeTensor(builder, moved, span, symbols.toSpliced(to, 0, symbol));
}

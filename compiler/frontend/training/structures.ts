// Values of all params and states of a model: written at once, given for one application, or as inputs of an entry.
import type { Expr, Stmt } from "../../../dsl/ast.ts";
import type { Span } from "../../../dsl/span.ts";
import { isFloat, sameType, showType } from "../../types/tensor-type.ts";
import type { Context, Declared, DlValue, Env, Tensor } from "../context.ts";
import { report } from "../errors.ts";
import { joinPath } from "../values/frames.ts";
import { ERROR, makeTensor, UNIT } from "../values/values.ts";
import { current, write } from "../values/variables.ts";
import { isUnder, membersOf, relativePath } from "./members.ts";
import { pathOf, targetOf } from "./param-paths.ts";
import { explainPath } from "./unknown-paths.ts";

/** The member of another model at the same relative path. */
const counterpart = (context: Context, { path }: Declared, from: string, to: string): Declared | undefined =>
  context.program.declared.get(isUnder(path, from) ? joinPath(to, relativePath(path, from)) : path);

/** The field of a record by a path such as `dense1.w`. */
export function fieldAt(value: DlValue, path: string): DlValue | undefined {
  return path
    .split(".")
    .reduce<DlValue | undefined>((at, name) => (at?.kind === "record" ? at.fields.get(name) : undefined), value);
}

/** Reports the first path in which a model differs from the one that is written; true if there is none. */
function sameStructure(env: Env, target: string, source: string, span: Span): boolean {
  const { context } = env;
  const [own, others] = [membersOf(context, target), membersOf(context, source)];
  const show = (prefix: string, member: Declared | undefined, path: string): string =>
    member === undefined
      ? `\`${prefix}\` has no \`${path}\``
      : `\`${joinPath(prefix, path)}\` is the ${member.kind} ${showType(member.type)}`;
  const differs = (a: Declared, b: Declared | undefined): boolean =>
    b === undefined || a.kind !== b.kind || !sameType(a.type, b.type);
  const pairs = [
    ...own.map((a) => ({ path: relativePath(a.path, target), a, b: counterpart(context, a, target, source) })),
    ...others.map((b) => ({ path: relativePath(b.path, source), a: counterpart(context, b, source, target), b })),
  ];
  const found = pairs.find(({ a, b }) => a === undefined || differs(a, b));
  if (found === undefined) return true;
  report(context, "E0631", span, `\`${target}\` and \`${source}\` have different params and states`, {
    label: `${show(target, found.a, found.path)}, ${show(source, found.b, found.path)}`,
    help: "write the parts that are equal, as in Target.body <- Net.body, or single params: Target.dense1.w <- v",
  });
  return false;
}

/**
 * `Target <- Q`, `Average <- (A + B) / 2`: the value is evaluated for each param and float state, with the name of a
 * model, a part or a record standing for its tensor of the same relative path. States of ints and bools are copied from
 * the first model or record that the value names, other than the target.
 */
export function writeStructure(
  env: Env,
  statement: Stmt & { readonly kind: "write" },
  target: string,
  convert: (declared: Declared, value: DlValue) => Tensor | null,
): void {
  const { context } = env;
  const { span } = statement.value;
  const members = membersOf(context, target);
  if (members.length === 0) {
    const { says, help } = explainPath(context, target, statement.target.span);
    report(context, "E0602", statement.target.span, says, { help });
    return;
  }
  const sources: string[] = [];
  const records: DlValue[] = [];
  const standing =
    (member: Declared) =>
    (value: DlValue): DlValue | null => {
      if (value.kind === "record") {
        records.push(value);
        return fieldOf(env, value, member, target, span);
      }
      const source = value.kind === "tensor" ? null : pathOf(env, value);
      if (source === null) return null;
      if (!sources.includes(source)) {
        if (source !== target && !sameStructure(env, target, source, span)) return ERROR;
        sources.push(source);
      }
      const found = counterpart(context, member, target, source);
      return found === undefined ? ERROR : makeTensor(context.builder, current(context, found), span);
    };
  const named = statement.value.kind === "name" || statement.value.kind === "member";
  const whole = named
    ? targetOf(env, statement.value)
    : makesRecord(env, statement.value)
      ? context.evaluate(env, statement.value)
      : UNIT;
  if (whole.kind === "error") return;
  const copied = whole.kind === "record" || (whole.kind !== "tensor" && pathOf(env, whole) !== null);
  if (whole.kind !== "record" && copied && pathOf(env, whole) === target) {
    report(context, "E0631", span, `\`${target}\` is written with itself`, {
      help: `\`let before = snapshot(${target})\` keeps its values; \`let before = ${target}\` is another name of it`,
    });
    return;
  }
  const values: { readonly path: string; readonly value: Tensor }[] = [];
  for (const member of members) {
    if (!isFloat(member.type.dtype) && !copied) continue;
    // A record has the params, and the states if they are given.
    if (
      whole.kind === "record" &&
      member.kind === "state" &&
      fieldAt(whole, relativePath(member.path, target)) === undefined
    )
      continue;
    const value =
      whole.kind === "record"
        ? (standing(member)(whole) ?? ERROR)
        : context.evaluate({ ...env, standing: standing(member) }, statement.value);
    const converted = value.kind === "error" ? null : convert(member, value);
    if (converted === null) return;
    values.push({ path: member.path, value: converted });
  }
  const from = sources.find((source) => source !== target);
  for (const member of members) {
    const field = records[0] && fieldAt(records[0], relativePath(member.path, target));
    if (from === undefined && !copied && !isFloat(member.type.dtype) && field?.kind === "tensor")
      values.push({ path: member.path, value: field });
    const found =
      from === undefined || copied || isFloat(member.type.dtype)
        ? undefined
        : counterpart(context, member, target, from);
    if (found !== undefined)
      values.push({ path: member.path, value: makeTensor(context.builder, current(context, found), span) });
  }
  for (const { path, value } of values) write(context, path, value.value);
}

/** Of `by_path(Net, g)` and `snapshot(Net)` the argument is the model, not its tensor at the path that is written. */
function makesRecord(env: Env, expr: Expr): boolean {
  if (expr.kind !== "call" || expr.callee.kind !== "name") return false;
  const binding = env.scope.find(expr.callee.text);
  if (binding?.kind !== "value" || binding.value.kind !== "function") return false;
  const { target } = binding.value;
  return target.kind === "builtin" && target.builtin.structured === true;
}

function fieldOf(env: Env, record: DlValue, member: Declared, target: string, span: Span): DlValue {
  const path = relativePath(member.path, target);
  return (
    fieldAt(record, path) ??
    report(env.context, "E0631", span, `the record has no \`${path}\``, {
      label: `\`${member.path}\` is the ${member.kind} ${showType(member.type)}`,
    })
  );
}

import type { Expr, Name, Stmt } from "../../../dsl/ast.ts";
import type { Span } from "../../../dsl/span.ts";
import { didYouMean } from "../../../dsl/suggest.ts";
import { starsOf } from "../../../runtime/pattern.ts";
import { ownPath } from "../calls.ts";
import type { Context, DlValue, Env } from "../context.ts";
import { report } from "../errors.ts";
import { joinPath } from "../values/frames.ts";
import { isUnder, membersOf, paramsHere } from "./members.ts";
import { describe, functionName } from "../values/values.ts";
import { read } from "../values/variables.ts";

/** The path of the params of a value: a model, a layer named by a `let`, or a part of one; null for anything else. */
export function pathOf(env: Env, value: DlValue): string | null {
  if (value.kind === "path") return value.path;
  if (value.kind === "tensor") return value.path ?? null;
  return value.kind === "function" ? ownPath(env, value) : null;
}

/** `Net.backbone`: a part of a model or layer, named as its params are. `emb.table`: the current value of a param. */
export function memberPath(env: Env, object: DlValue, name: Name): DlValue {
  const { context } = env;
  const part = partOf(env, object, name);
  if (part.kind !== "path") return part;
  const { path } = part;
  const other = part.values?.get(path);
  if (other !== undefined) return other;
  const declared = context.program.declared.get(path);
  if (declared === undefined) {
    if (!context.program.members.has(path)) context.unknownPaths.add(path);
    return part;
  }
  if (context.entry === "init")
    return report(context, "E0506", name.span, `an initializer can only use static values, found \`${path}\``);
  const value = read(env, declared, name.span);
  return value.kind === "tensor" ? { ...value, path } : value;
}

/** What is named to be frozen, trained or written: a path, without its value. */
export function targetOf(env: Env, expr: Expr): DlValue {
  if (expr.kind !== "member") return env.context.evaluate(env, expr);
  const object = targetOf(env, expr.object);
  if (object.kind === "error") return object;
  return object.kind === "function" || object.kind === "path"
    ? partOf(env, object, expr.name)
    : env.context.evaluate(env, expr);
}

function partOf(env: Env, object: DlValue, name: Name): DlValue {
  const path = pathOf(env, object);
  const values = object.kind === "function" || object.kind === "path" ? object.values : undefined;
  if (path !== null) return { kind: "path", path: joinPath(path, name.text), ...(values && { values }) };
  return report(env.context, "E0208", name.span, `${describe(object)} has no member \`${name.text}\``);
}

/** `freeze Net.backbone`: nothing under it trains in this entry. */
export function freeze(env: Env, statement: Stmt & { kind: "freeze" }): void {
  const { context } = env;
  if (env.body !== "entry" || context.region !== null) {
    report(context, "E0211", statement.span, "`freeze` is only allowed in the body of an entry");
    return;
  }
  for (const target of statement.targets) {
    const value = targetOf(env, target);
    if (value.kind === "error") continue;
    const path = pathOf(env, value);
    if (path === null) {
      report(context, "E0211", target.span, `${describe(value)} has no params`, {
        help: "name a model, a layer bound by `let`, or a part of one, such as Net.backbone",
      });
    } else context.frozen.set(path, target.span);
  }
}

/** At the end of an entry: every frozen path must contain a param. */
export function checkFrozen(context: Context): void {
  const { declared, diagnostics } = context.program;
  if (diagnostics.length > 0) return;
  for (const [prefix, span] of context.frozen) {
    const paths = [...declared.values()].filter((d) => d.kind === "param").map((d) => d.path);
    if (paths.some((path) => isUnder(path, prefix))) continue;
    const known = new Set(
      paths.flatMap((path) => path.split(".").map((_, k, parts) => parts.slice(0, k + 1).join("."))),
    );
    const near = didYouMean(prefix, [...known]);
    report(context, "E0211", span, `no params under \`${prefix}\``, {
      help: near === null ? undefined : `did you mean \`${near}\`?`,
    });
  }
}

/**
 * Paths of the unfrozen params under a model, layer or part: those that this entry has used so far, or if there are
 * none and they are not wanted `here`, those that all entries use. Null after a report.
 */
export function paramsUnder(
  env: Env,
  value: DlValue,
  span: Span,
  { only = null, here = false }: { readonly only?: string | null; readonly here?: boolean } = {},
): readonly string[] | null {
  const { context } = env;
  if (value.kind === "error") return null;
  const prefix = pathOf(env, value);
  if (prefix === null) {
    report(context, "E0602", span, `${describe(value)} has no params`, {
      help: "name a model, or a layer bound by `let`",
    });
    return null;
  }
  const used = here || context.paramsUnder.has(prefix) ? paramsHere(context, prefix) : paramsAnywhere(context, prefix);
  const matching = only === null ? used : used.filter((path) => matches(only, path, prefix));
  const found = matching.filter((path) => ![...context.frozen.keys()].some((frozen) => isUnder(path, frozen)));
  if (found.length > 0) return found;
  // A model whose application failed has used no params.
  if (context.program.diagnostics.length > 0) return null;
  const name = value.kind === "function" ? functionName(value.target) : prefix;
  if (used.length > 0)
    report(
      context,
      "E0602",
      span,
      matching.length > 0
        ? `all params of \`${name}\` are frozen in this entry`
        : `no param of \`${name}\` matches "${only}"`,
      {
        help: `its params are ${used.map((path) => path.slice(prefix.length + 1)).join(", ")}`,
      },
    );
  else
    report(
      context,
      "E0602",
      span,
      here ? `\`${name}\` has not been applied in this entry yet` : `no entry applies \`${name}\``,
      { help: "apply it before this use of its params" },
    );
  return null;
}

/** Of a part, or the one param of this path. */
function paramsAnywhere(context: Context, prefix: string): readonly string[] {
  const declared = context.program.declared.get(prefix);
  const members = declared === undefined ? membersOf(context, prefix) : [declared];
  return members.filter(({ kind }) => kind === "param").map(({ path }) => path);
}

/** `*` matches any text; the pattern is matched against the whole path and against the part after the prefix. */
const matches = (pattern: string, path: string, prefix: string): boolean =>
  [path, path.slice(prefix.length + 1)].some((name) => starsOf(pattern, name) !== null);

import type { Name, Stmt } from "../../../dsl/ast.ts";
import type { Span } from "../../../dsl/span.ts";
import { didYouMean } from "../../../dsl/suggest.ts";
import { starsOf } from "../../../runtime/pattern.ts";
import { ownPath } from "../calls.ts";
import type { Context, DlValue, Env } from "../context.ts";
import { report } from "../errors.ts";
import { joinPath } from "../values/frames.ts";
import { isUnder, membersOf, paramsHere } from "./members.ts";
import { describe, functionName } from "../values/values.ts";

/** The path of the params of a value: a model, a layer named by a `let`, or a part of one; null for anything else. */
function pathOf(env: Env, value: DlValue): string | null {
  if (value.kind === "path") return value.path;
  return value.kind === "function" ? ownPath(env, value) : null;
}

/** `Net.backbone`: a part of a model or layer, named as its params are. */
export function memberPath(env: Env, object: DlValue, name: Name): DlValue {
  const path = pathOf(env, object);
  if (path !== null) return { kind: "path", path: joinPath(path, name.text) };
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
    const value = context.evaluate(env, target);
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
  const own = paramsHere(context, prefix);
  const used = own.length > 0 || here ? own : paramsAnywhere(context, prefix);
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

const paramsAnywhere = (context: Context, prefix: string): readonly string[] =>
  membersOf(context, prefix)
    .filter(({ kind }) => kind === "param")
    .map(({ path }) => path);

/** `*` matches any text; the pattern is matched against the whole path and against the part after the prefix. */
const matches = (pattern: string, path: string, prefix: string): boolean =>
  [path, path.slice(prefix.length + 1)].some((name) => starsOf(pattern, name) !== null);

import type { Expr, Name, Stmt } from "../../../dsl/ast.ts";
import type { Span } from "../../../dsl/span.ts";
import { didYouMean } from "../../../dsl/suggest.ts";
import { ownPath } from "../calls.ts";
import type { Context, DlValue, Env, Frozen } from "../context.ts";
import { report } from "../errors.ts";
import { joinPath } from "../values/frames.ts";
import { isFrozen, isUnder, matches, membersOf, paramsHere, relativePath } from "./members.ts";
import { explainPath, noteUnknown } from "./unknown-paths.ts";
import { describe, functionName } from "../values/values.ts";
import { read } from "../values/variables.ts";

/** A value, and where it is written. */
export interface Located {
  readonly value: DlValue;
  readonly span: Span;
}

/** A model, a part of one, or a pattern of paths. */
interface Part {
  readonly pattern: string;
  /** What it is called in a message. */
  readonly name: string;
}

/** The path of the params of a value: a model, a layer named by a `let`, or a part of one; null for anything else. */
export function pathOf(env: Env, value: DlValue): string | null {
  if (value.kind === "path") return value.path;
  if (value.kind === "tensor") return value.path ?? null;
  return value.kind === "function" ? ownPath(env, value) : null;
}

/**
 * `Net.backbone`: a part of a model or layer, named as its params are; `Net.*.norm`: a pattern of parts;
 * `emb.table`: the current value of a param.
 */
export function memberPath(env: Env, object: DlValue, name: Name): DlValue {
  const { context } = env;
  const part = partOf(env, object, name);
  if (part.kind !== "path") return part;
  const { path } = part;
  if (path.includes("*")) return part;
  const other = part.values?.get(path);
  if (other !== undefined) return other;
  const declared = context.program.declared.get(path);
  if (declared === undefined) {
    noteUnknown(context, path, name);
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

/** The parts that a value names: one, a pattern such as `"Net.*.norm"`, or those of a list; null after a report. */
function partsOf(env: Env, value: DlValue, span: Span, code: "E0211" | "E0602"): readonly Part[] | null {
  if (value.kind === "error") return null;
  if (value.kind === "list" || value.kind === "tuple") {
    const parts = value.items.map((item) => partsOf(env, item, span, code));
    return parts.includes(null) ? null : parts.flatMap((part) => part ?? []);
  }
  const pattern = value.kind === "string" ? value.value : pathOf(env, value);
  if (pattern !== null) return [{ pattern, name: value.kind === "function" ? functionName(value.target) : pattern }];
  report(env.context, code, span, `${describe(value)} has no params`, {
    help: "name a model, a layer bound by `let`, or a part of one, such as Net.backbone",
  });
  return null;
}

/** `only: "*.w"` or `only: ["*.w", "*.table"]`; null without it, and no pattern after a report. */
export function patternsOf(env: Env, only: Located | null, name = "only"): readonly string[] | null {
  if (only === null) return null;
  const items = only.value.kind === "list" ? only.value.items : [only.value];
  const patterns = items.flatMap((item) => (item.kind === "string" ? [item.value] : []));
  if (patterns.length === items.length) return patterns;
  if (items.every((item) => item.kind !== "error"))
    report(
      env.context,
      "E0602",
      only.span,
      `expected a pattern of paths for \`${name}\`, found ${describe(only.value)}`,
      {
        help: 'a pattern is a string such as "*.w"; several are a list',
      },
    );
  return [];
}

/** `freeze Net.backbone`: nothing under it trains in this entry, and it runs as in inference. */
export function freeze(env: Env, statement: Stmt & { kind: "freeze" }): void {
  const { context } = env;
  if (env.body !== "entry" || context.region !== null) {
    report(context, "E0211", statement.span, "`freeze` is only allowed in the body of an entry", {
      help: "move it to the beginning of the entry: it holds for all that follows, also in loops",
    });
    return;
  }
  const only = patternsOf(env, located(env, statement.only));
  for (const target of statement.targets) {
    const { span } = target;
    const parts = partsOf(env, targetOf(env, target), span, "E0211");
    for (const { pattern: part } of parts ?? [])
      for (const each of only ?? [null]) freezePart(context, { part, only: each, span });
  }
}

function freezePart(context: Context, frozen: Frozen): void {
  context.frozen.push(frozen);
  const early = [...context.applied].find(([path]) => isFrozen({ frozen: [frozen] }, path));
  if (early === undefined || !context.train) return;
  report(context, "E0211", frozen.span, `\`${early[0]}\` has already been applied, as in training`, {
    also: [{ span: early[1], says: "applied here" }],
    help: "move `freeze` to the beginning of the entry",
  });
}

/** The value of an optional expression. */
export const located = (env: Env, expr: Expr | null): Located | null =>
  expr === null ? null : { value: env.context.evaluate(env, expr), span: expr.span };

/** At the end of an entry: every frozen part must contain a param. */
export function checkFrozen(context: Context): void {
  const { declared, diagnostics } = context.program;
  if (diagnostics.length > 0) return;
  const paths = [...declared.values()].filter((d) => d.kind === "param").map((d) => d.path);
  for (const frozen of context.frozen) {
    const { part, only, span } = frozen;
    if (paths.some((path) => isFrozen({ frozen: [frozen] }, path))) continue;
    const own = paths.filter((path) => isUnder(path, part));
    if (only !== null && own.length > 0) {
      report(context, "E0211", span, `no param of \`${part}\` matches "${only}"`, {
        help: `its params are ${own.map((path) => relativePath(path, part)).join(", ")}`,
      });
      continue;
    }
    const known = new Set(
      paths.flatMap((path) => path.split(".").map((_, k, parts) => parts.slice(0, k + 1).join("."))),
    );
    const near = didYouMean(part, [...known]);
    report(context, "E0211", span, `no params under \`${part}\``, {
      help:
        near !== null
          ? `did you mean \`${near}\`?`
          : part.includes("*") && paths.length > 0
            ? `the params are ${paths.slice(0, 20).join(", ")}`
            : undefined,
    });
  }
}

interface Wanted {
  /** Patterns of paths; null for all params. */
  readonly only?: readonly string[] | null;
  /** Only those that this entry has used so far. */
  readonly here?: boolean;
}

/**
 * Paths of the unfrozen params under models, layers or parts: those that this entry has used so far, or if there are
 * none and they are not wanted `here`, those that all entries use. Null after a report.
 */
export function paramsUnder(env: Env, value: DlValue, span: Span, wanted: Wanted = {}): readonly string[] | null {
  const parts = partsOf(env, value, span, "E0602");
  if (parts === null || wanted.only?.length === 0) return null;
  const found = parts.map((part) => paramsOf(env, part, span, wanted));
  return found.includes(null) ? null : [...new Set(found.flatMap((paths) => paths ?? []))];
}

function paramsOf(
  { context }: Env,
  { pattern, name }: Part,
  span: Span,
  { only = null, here = false }: Wanted,
): readonly string[] | null {
  const usedHere = paramsHere(context, pattern);
  const known = here || context.paramsUnder.has(pattern) || (pattern.includes("*") && usedHere.length > 0);
  const used = known ? usedHere : paramsAnywhere(context, pattern);
  const matching = only === null ? used : used.filter((path) => only.some((each) => matches(each, path, pattern)));
  const found = matching.filter((path) => !isFrozen(context, path));
  if (found.length > 0) return found;
  // A model whose application failed has used no params.
  if (context.program.diagnostics.length > 0) return null;
  const all = pattern.includes("*") ? paramsHere(context, "*") : [];
  if (used.length > 0)
    report(
      context,
      "E0602",
      span,
      matching.length > 0
        ? `all params of \`${name}\` are frozen in this entry`
        : `no param of \`${name}\` matches ${only?.map((each) => `"${each}"`).join(" or ") ?? ""}`,
      { help: `its params are ${used.map((path) => relativePath(path, pattern)).join(", ")}` },
    );
  else if (all.length > 0)
    report(context, "E0602", span, `no param matches \`${name}\``, {
      help: `the params used so far are ${all.join(", ")}`,
    });
  else if (here && membersOf(context, pattern).length > 0)
    report(context, "E0602", span, `\`${name}\` has not been applied in this entry yet`, {
      help: "apply it before this use of its params",
    });
  else {
    const { says, help } = explainPath(context, pattern, span);
    report(context, "E0602", span, says, { help });
  }
  return null;
}

/** Of a part, or the one param of this path. */
function paramsAnywhere(context: Context, prefix: string): readonly string[] {
  const declared = context.program.declared.get(prefix);
  const members = declared === undefined ? membersOf(context, prefix) : [declared];
  return members.filter(({ kind }) => kind === "param").map(({ path }) => path);
}

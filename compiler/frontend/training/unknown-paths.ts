// What is said about the path of a part, param or state that is not known.
import type { Expr, Name } from "../../../dsl/ast.ts";
import { isWithin, position, type Span } from "../../../dsl/span.ts";
import { didYouMean } from "../../../dsl/suggest.ts";
import { nodesIn } from "../../../dsl/walk.ts";
import type { Context } from "../context.ts";

export interface Explanation {
  readonly says: string;
  readonly help: string;
}

/** Why nothing is known under a path: its model is not applied, or applied later, or has no such part. */
export function explainPath(context: Context, path: string, span: Span): Explanation {
  const [model = path, ...names] = path.split(".");
  let known = model;
  for (const name of names) {
    const under = namesUnder(context, known);
    if (under.length === 0) break;
    if (!under.includes(name)) return missing(known, name, under);
    known = `${known}.${name}`;
  }
  const line = applicationAfter(context, model, span);
  return line === null
    ? {
        says: `no entry applies \`${model}\``,
        help: "apply it: a model has params and states once an entry applies it",
      }
    : {
        says: `\`${model}\` has not been applied in this entry yet`,
        help: `it is applied in line ${line}: move this statement below it`,
      };
}

function missing(part: string, name: string, under: readonly string[]): Explanation {
  const near = didYouMean(name, under);
  const listed = under.slice(0, 12).map((each) => `\`${each}\``);
  const has = `it has ${listed.join(", ")}${under.length > listed.length ? ", ..." : ""}`;
  return {
    says: `\`${part}\` has no \`${name}\``,
    help: near === null ? has : `did you mean \`${near}\`? ${has}`,
  };
}

/** The names of the parts, params and states directly under a path. */
function namesUnder({ program }: Context, path: string): readonly string[] {
  const paths = [...program.declared.keys()].filter((each) => each.startsWith(`${path}.`));
  return [...new Set(paths.flatMap((each) => each.slice(path.length + 1).split(".")[0] ?? []))];
}

/** The line of the first application of a model after a place in this entry; null if there is none. */
function applicationAfter({ program, entry }: Context, model: string, span: Span): number | null {
  const body = program.entries.get(entry)?.body;
  if (body === undefined) return null;
  for (const node of nodesIn(body)) {
    const applied = appliedBy(node as Expr);
    if (applied?.kind === "name" && applied.text === model && applied.span.start > span.end)
      return position(applied.span.source, applied.span.start).line;
  }
  return null;
}

const appliedBy = (expr: Expr): Expr | null =>
  expr.kind === "call" ? expr.callee : expr.kind === "pipe" ? expr.into : null;

/** Notes a path that is not that of a param or state; its part may be one that `tap` knows. */
export function noteUnknown({ program, unknownPaths }: Context, path: string, name: Name): void {
  if (!program.members.has(path)) unknownPaths.set(path, name.span);
}

/** The first path in an expression with a mistake that names nothing, which is then the mistake. */
export function unknownWithin(context: Context, span: Span): (Explanation & { readonly span: Span }) | null {
  for (const [path, at] of context.unknownPaths) {
    if (!isWithin(at, span) || context.results.has(path) || namesUnder(context, path).length > 0) continue;
    return { ...explainPath(context, path, at), span: at };
  }
  return null;
}

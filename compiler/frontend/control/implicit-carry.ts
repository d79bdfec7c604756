// A `repeat` without `carry`: the name that it carries, or the mistake of a body that carries nothing.
import type { Expr, Stmt } from "../../../dsl/ast.ts";
import { namesRead, nodesIn } from "../../../dsl/walk.ts";
import type { DlValue, Env, Scope } from "../context.ts";
import { text } from "../types/dims.ts";
import { report } from "../errors.ts";
import { tensorsIn } from "./structure.ts";

type RepeatExpr = Expr & { readonly kind: "repeat" };

/** `x` in `repeat 8 { x |> f |> g }`; null if the last expression is not a pipe from an outer name. */
export function carriedName(scope: Scope, { body }: RepeatExpr): string | null {
  const last = body.statements.at(-1);
  let head: Expr | null = last?.kind === "expression" ? last.value : null;
  while (head?.kind === "pipe") head = head.value;
  if (head?.kind !== "name" || scope.find(head.text) === undefined) return null;
  return isNew(body.statements, head.text) ? null : head.text;
}

/** Whether the body declares the name with a `let` before it reads it: then the outer value never enters. */
function isNew(statements: readonly Stmt[], name: string): boolean {
  for (const statement of statements) {
    if ([...namesRead(statement)].includes(name)) return false;
    if (statement.kind === "let" && namesBound(statement).includes(name)) return true;
  }
  return false;
}

const namesBound = ({ pattern }: Stmt & { readonly kind: "let" }): readonly string[] =>
  [...nodesIn(pattern)].flatMap((each) => ("name" in each ? [(each as { name: { text: string } }).name.text] : []));

/** What the iterations of a body leave behind other than its value. */
const effects: ReadonlySet<string> = new Set(["write", "minimize", "update", "assert", "next", "yield", "freeze"]);

/**
 * Reports a body whose iterations do nothing for each other: only the last one would have an effect. A body that has
 * written something, such as by the call of a train entry, is not one.
 */
export function carriesNothing(env: Env, expr: RepeatExpr, value: DlValue): boolean {
  const last = expr.body.statements.at(-1);
  // `next h` as an expression only reads.
  for (const node of nodesIn(expr.body))
    if (effects.has(node.kind) && (node.kind !== "next" || "value" in node)) return false;
  // A call without a value is there for what it writes.
  if (value.kind === "unit" && last?.kind === "expression") return false;
  report(
    env.context,
    "E0629",
    last?.span ?? expr.body.span,
    "this `repeat` carries no value from one iteration to the next: only the last iteration would count",
    { help: `say what it carries: ${explicitForm(env, expr, last)}` },
  );
  return true;
}

const longest = 60;

/** `repeat 12 carry x { next x = x + f(x) }` for the value that the body most likely updates. */
function explicitForm(env: Env, expr: RepeatExpr, last: Stmt | undefined): string {
  const head = text({ span: { ...expr.span, end: expr.over.span.end } });
  const updated = last?.kind === "let" && last.pattern.kind === "name" ? last.pattern.name.text : null;
  const inside = new Set(expr.body.statements.flatMap((s) => (s.kind === "let" ? namesBound(s) : [])));
  const read = [last, expr.body].flatMap((tree) => (tree === undefined ? [] : [...namesRead(tree)]));
  const isCarry = (name: string): boolean => {
    const binding = env.scope.find(name);
    return binding?.kind === "value" && tensorsIn(binding.value).length > 0;
  };
  const name = [...(updated === null ? [] : [updated]), ...read.filter((n) => !inside.has(n)), ...read].find(isCarry);
  if (name === undefined) return `${head} carry x = x0 { next x = f(x) }`;
  const value = last?.kind === "expression" || last?.kind === "let" ? text(last.value) : "...";
  const short = value.includes("\n") || value.length > longest ? "..." : value;
  return `${head} carry ${name} { ${expr.body.statements.length > 1 ? "... " : ""}next ${name} = ${short} }`;
}

// Functions without a name: `fn (x) = 2 * x`, and the composition of functions by pipes, `dense(8) |> tanh`. Their
// layers have their params under the place of the literal, shared by all its calls, as with `let enc = dense(8)`.
import type { Block, Callable, Expr, Parameter } from "../../../dsl/ast.ts";
import type { Span } from "../../../dsl/span.ts";
import type { DlValue, Env } from "../context.ts";
import { makeInstance } from "./frames.ts";

/** The name of a function literal in paths and messages. */
const literalName = "fn";

/** One declaration for each expression, so that its signature is made once. */
const declarations = new WeakMap<Expr, Callable>();

function declared(expr: Expr, params: readonly Parameter[], body: Block): Callable {
  const known = declarations.get(expr);
  if (known !== undefined) return known;
  const { span } = expr;
  const declaration: Callable = {
    kind: "fn",
    name: { text: literalName, span },
    doc: "",
    statics: [],
    params,
    result: null,
    where: [],
    body,
    gradient: null,
    span,
  };
  declarations.set(expr, declaration);
  return declaration;
}

/** The names are those visible where the function is written. */
const closure = (env: Env, declaration: Callable): DlValue => ({
  kind: "function",
  target: { kind: "callable", declaration, scope: env.scope.snapshot() },
  args: [],
  instance: makeInstance(env.frame, declaration.span),
});

export const functionLiteral = (env: Env, expr: Expr & { readonly kind: "function" }): DlValue =>
  closure(env, declared(expr, expr.params, expr.body));

/** Not a name that a step could mean. */
const piped = "piped value";

/** `f |> g |> h` as the function that pipes its argument through all of them. */
export function composition(env: Env, expr: Expr & { readonly kind: "pipe" }): DlValue {
  const { span } = expr;
  const param: Parameter = { name: { text: piped, span }, type: anyType(span), value: null, span };
  return closure(
    env,
    declared(expr, [param], { statements: [{ kind: "expression", value: fromValue(expr), span }], span }),
  );
}

const anyType = (span: Span): Parameter["type"] => ({ kind: "static", name: { text: "any", span }, span });

/** The pipe with a value before its first function. */
function fromValue(expr: Expr): Expr {
  const { span } = expr;
  return expr.kind === "pipe"
    ? { ...expr, value: fromValue(expr.value) }
    : { kind: "pipe", value: { kind: "name", text: piped, span }, into: expr, span };
}

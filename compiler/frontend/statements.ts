import type { Block, Pattern, Stmt, TypeExpr } from "../../dsl/ast.ts";
import { never } from "../support/invariant.ts";
import type { DlValue, Env } from "./context.ts";
import { declaredType, namesIn, text } from "./types/dims.ts";
import { nodeSpan, report } from "./errors.ts";
import { exploreNames } from "./exploration.ts";
import { locationAt } from "./values/attribution.ts";
import { joinPath, spanKey, reserve } from "./values/frames.ts";
import { assertion } from "./assertions.ts";
import { initialize } from "./training/initializers.ts";
import { setNext, setYield } from "./control/loop-words.ts";
import { minimize, updateWith } from "./training/minimize.ts";
import { bindPattern, named } from "./values/pattern.ts";
import { noteMember } from "./training/members.ts";
import { freeze } from "./training/param-paths.ts";
import { noteShape } from "./values/trace.ts";
import { ERROR, isPack, UNIT } from "./values/values.ts";
import { declare, read } from "./values/variables.ts";
import { writeVariable } from "./values/writes.ts";
import { withoutUse } from "./warnings/dropped-results.ts";

/** Executes statements in order, in the caller's scope; returns the value of the last one if it is an expression. */
export function block(env: Env, body: Block): DlValue {
  let value: DlValue = UNIT;
  for (const [i, statement] of body.statements.entries()) {
    const dropped = statement.kind === "expression" && i < body.statements.length - 1;
    value = dropped ? withoutUse(env, statement.span, () => execute(env, statement)) : execute(env, statement);
    if (statement.kind !== "expression" || value.kind !== "error") continue;
    // A failed requirement: the statements after it rely on it.
    const rest = body.statements.slice(i + 1);
    if (rest.length > 0) exploreNames(env, (inner) => rest.forEach((each) => execute(inner, each)));
    return value;
  }
  return value;
}

function execute(env: Env, statement: Stmt): DlValue {
  switch (statement.kind) {
    case "expression":
      return env.context.evaluate(env, statement.value);
    case "let": {
      const value = env.context.evaluate(env, statement.value);
      if (statement.value.kind !== "pipe") noteShape(env.context, statement.span, value);
      bindPattern(env, statement.pattern, named(value, statement.pattern));
      noteLet(env, statement.pattern, value);
      return UNIT;
    }
    case "param":
    case "state":
      declareVariable(env, statement);
      return UNIT;
    case "write":
      writeVariable(env, statement);
      return UNIT;
    case "minimize":
      minimize(env, statement);
      return UNIT;
    case "update":
      updateWith(env, statement);
      return UNIT;
    case "next":
      setNext(env, statement);
      return UNIT;
    case "yield":
      setYield(env, statement);
      return UNIT;
    case "freeze":
      freeze(env, statement);
      return UNIT;
    case "assert":
      assertion(env, statement);
      return UNIT;
    default:
      return never(statement);
  }
}

/** Values that `tap` finds by the name of their `let`, under the path of their layer. */
function noteLet({ body, frame, context }: Env, pattern: Pattern, value: DlValue): void {
  if ((body !== "model" && body !== "layer") || pattern.kind !== "name" || value.kind === "function") return;
  context.results.set(joinPath(frame.path, pattern.name.text), value);
}

type VariableStmt = Stmt & { readonly kind: "param" | "state" };

function declareVariable(env: Env, statement: VariableStmt): void {
  const { context, scope } = env;
  const { kind, name, span } = statement;
  const initScope = scope.snapshot();
  // Bound to an error first, so that uses of a faulty declaration are not reported.
  scope.bindValue(name.text, ERROR, name.span);
  const lives = env.body === "model" || env.body === "layer" || (env.body === "optimizer" && kind === "state");
  if (!lives) {
    const where = env.body === "entry" ? "an entry" : env.body === "fn" ? "a fn" : "an optimizer";
    report(context, "E0207", span, `\`${kind}\` is not allowed in ${where}`, {
      help:
        env.body === "fn"
          ? "declare it as a layer"
          : kind === "param"
            ? "move it into a layer or model"
            : "move it into a layer, model or optimizer",
    });
    return;
  }
  // Like the initializer, the type does not see the name: `param C: f32[C]` has the size C of the signature.
  const declaration = declaredType({ ...env, scope: initScope }, statement.type);
  if (declaration === null) return;
  const frame = (isShared(statement.type) ? env.update?.group.shared : null) ?? env.frame;
  const twice = frame.declared.get(name.text);
  if (twice !== undefined && spanKey(twice) !== spanKey(name.span)) {
    report(context, "E0202", name.span, `duplicate declaration of \`${name.text}\``, {
      also: [{ span: twice, says: "first declared here" }],
    });
    return;
  }
  frame.declared.set(name.text, name.span);
  reserve(context.program.naming, frame.path, name.text);
  if (statement.init === null && kind === "param") {
    report(context, "E0505", span, `missing initializer of param \`${name.text}\``, {
      help: `add one: param ${name.text}: ${text(statement.type)} = glorot_uniform`,
    });
    return;
  }
  const { init } = statement;
  // The initializer is evaluated under the same calls.
  const outside = { dims: context.dims, calls: [...context.calls] };
  const declared = declare(
    context,
    {
      kind,
      path: joinPath(frame.path, name.text),
      type: declaration.type,
      ...(env.body === "optimizer" && { role: "optimizer" as const }),
      ...(env.update !== null && frame === env.frame && { param: env.update.param.path }),
      span: nodeSpan(context, name.span),
      location: locationAt(context, name.span),
      init: (initContext) =>
        initialize(
          { ...env, scope: initScope, context: { ...initContext, ...outside } },
          init,
          declaration.type,
          statement,
        ),
    },
    name.span,
  );
  if (declared === null) return;
  // A param counts as used by its layer even if the body does not use it directly.
  if (kind === "param") read(env, declared, name.span);
  else if (env.body !== "optimizer") noteMember(context, frame, declared);
  scope.bind(name.text, { kind: "variable", declared, span: name.span });
}

/** Whether the type of an optimizer's state mentions no dim: then one state serves all params. */
function isShared(type: TypeExpr): boolean {
  return (
    type.kind === "static" ||
    (type.kind === "tensor" && type.dims.every((dim) => !isPack(dim) && namesIn(dim).length === 0))
  );
}

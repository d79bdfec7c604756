// What a file declares for all its declarations: `let hidden = 64`, and the size of a dim that is not given.
import type { Span } from "../../dsl/span.ts";
import type { Binding, DlValue, Env, InFile } from "./context.ts";
import { report } from "./errors.ts";
import { bindPattern, named } from "./values/pattern.ts";
import { makeScope } from "./values/scope.ts";
import { describe, ERROR } from "./values/values.ts";

/**
 * The value of a constant, in the file that declares it. It is evaluated at each use, because it may depend on dims,
 * and because the layers of a function have their params where it is used.
 */
export function constantNamed(
  env: Env,
  name: string,
  { item, scope }: Binding & { kind: "constant" },
  span: Span,
): DlValue {
  const names = makeScope(null);
  const value = inFile(env, name, { value: item.value, scope }, span);
  bindPattern({ ...env, scope: names }, item.pattern, named(value, item.pattern));
  const bound = names.own(name);
  if (bound?.kind !== "value" || isStatic(bound.value)) return bound?.kind === "value" ? bound.value : ERROR;
  return report(env.context, "E0213", item.value.span, `\`${name}\` is not static: it is ${describe(bound.value)}`, {
    help: `a \`let\` of a file is a number, a list, a record or a function; a tensor is made where it is used: fn ${name}() = ...`,
  });
}

/** The size of a dim that is not given; null after a report. */
export function defaultSize(env: Env, name: string, given: InFile, span: Span): number | null {
  const size = inFile(env, name, given, span);
  if (size.kind === "int" && size.value >= 1) return size.value;
  if (size.kind !== "error")
    report(
      env.context,
      "E0315",
      given.value.span,
      `the size of dim \`${name}\` must be an int of at least 1, found ${describe(size)}`,
    );
  return null;
}

/** Evaluates outside of all bodies. */
function inFile({ context, frame, body }: Env, name: string, { value, scope }: InFile, span: Span): DlValue {
  const { evaluating } = context.program;
  if (evaluating.has(value)) return report(context, "E0213", span, `the value of \`${name}\` depends on itself`);
  evaluating.add(value);
  try {
    return context.evaluate({ context, scope, frame, update: null, loop: null, body }, value);
  } finally {
    evaluating.delete(value);
  }
}

function isStatic(value: DlValue): boolean {
  switch (value.kind) {
    case "tensor":
    case "path":
    case "unit":
      return false;
    case "list":
    case "tuple":
      return value.items.every(isStatic);
    case "record":
      return [...value.fields.values()].every(isStatic);
    case "function":
      return value.args.every((arg) => isStatic(arg.value));
    default:
      return true;
  }
}

import type { Expr } from "../../../dsl/ast.ts";
import type { Env } from "../context.ts";
import { report } from "../errors.ts";
import { namesIn } from "../types/dims.ts";

/**
 * If a condition of the library depends on an argument that is known only at run time: the mistake is the argument.
 * True after a report.
 */
export function reportRunTime({ context, scope }: Env, condition: Expr): boolean {
  const call = context.calls.at(-1);
  const name = namesIn(condition).find((each) => {
    const binding = scope.find(each);
    return binding?.kind === "value" && binding.value.kind === "tensor";
  });
  if (call === undefined || name === undefined || !context.program.library.has(condition.span.source)) return false;
  report(context, "E0501", condition.span, `expected a static value for \`${name}\` of \`${call.name}\``, {
    help: "it must be known at compile time; settings and tensors change at run time",
  });
  return true;
}

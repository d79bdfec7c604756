import type { Expr } from "../../../dsl/ast.ts";
import type { Arg, Call, Env, Tensor } from "../context.ts";
import { report, userCall } from "../errors.ts";
import { namesIn } from "../types/dims.ts";

/**
 * If a condition of the library depends on an argument that is known only at run time: the mistake is the argument, of
 * the user's call. True after a report.
 */
export function reportRunTime({ context, scope }: Env, condition: Expr): boolean {
  if (!context.program.library.has(condition.span.source)) return false;
  for (const name of namesIn(condition)) {
    const binding = scope.find(name);
    const call = userCall(context) ?? context.calls.at(-1);
    if (binding?.kind !== "value" || binding.value.kind !== "tensor" || call === undefined) continue;
    const [parameter, arg] = argumentOf(call, binding.value) ?? [name, null];
    const what = isSetting(binding.value) ? "a setting" : "a tensor";
    report(
      context,
      "E0501",
      arg?.span ?? condition.span,
      `expected a static value for \`${parameter}\` of \`${call.name}\`, found ${what}`,
      { label: "changes at run time", help: "it must be known at compile time: write a number" },
    );
    return true;
  }
  return false;
}

/** The argument of the call that is this tensor, with its parameter. */
const argumentOf = ({ args }: Call, tensor: Tensor): readonly [string, Arg] | undefined =>
  [...args].find(([, { value }]) => value.kind === "tensor" && value.value === tensor.value);

const isSetting = ({ value }: Tensor): boolean => String(value.node.attrs["path"]).startsWith("setting.");

import type { Span } from "../../dsl/span.ts";
import type { DlValue, Env, Scope } from "./context.ts";
import type { Details } from "./errors.ts";
import { methodHint } from "./migration-hints.ts";
import { signatureOf } from "./values/signatures.ts";

/**
 * Why a value cannot be called: a quoted name, a method, or a local value that hides a function of the library
 * (`let mean = mean(x)`, then `mean(y)`).
 */
export function calleeHints(env: Env, value: DlValue, callee: Span): Details {
  const name = callee.source.text.slice(callee.start, callee.end);
  if (value.kind === "string" && env.scope.find(value.value) !== undefined)
    return { help: `write \`${value.value}\`, without quotes` };
  if (value.kind === "path") return { help: methodHint(value.path.split(".").at(-1) ?? "") };
  if (value.kind === "tensor") {
    const help = appliedHelp(env, name);
    if (help !== undefined) return { help };
  }
  let scope: Scope | null = env.scope;
  while (scope !== null && scope.own(name) === undefined) scope = scope.parent;
  const own = scope?.own(name);
  const below = scope?.parent?.find(name);
  const library = env.context.program.ops.has(name) || (below?.kind === "value" && below.value.kind === "function");
  if (!library || own === undefined) return {};
  return {
    also: own.span === null ? [] : [{ span: own.span, says: `\`${name}\` is declared here` }],
    help: `it shadows the library function \`${name}\`; rename it`,
  };
}

/** Of `leaky_relu(alpha)(x)` with a tensor `alpha`: the first call has applied the function to it. */
function appliedHelp(env: Env, callee: string): string | undefined {
  const [, name = "", given = ""] = /^(\w+)\((\w+)\)$/.exec(callee) ?? [];
  const binding = env.scope.find(name);
  if (binding?.kind !== "value" || binding.value.kind !== "function") return undefined;
  const { statics, last } = signatureOf(binding.value.target);
  const parameter = statics.find((s) => !last.includes(s.name));
  return (
    parameter &&
    `${callee} is applied to \`${given}\`; to pass it as an argument, write ${name}(${parameter.name}: ${given})`
  );
}

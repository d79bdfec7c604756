import type { Env } from "../context.ts";
import { signatureOf } from "./signatures.ts";

/** Of `leaky_relu(alpha)(x)` with a tensor `alpha`: the first call has applied the function to it. */
export function appliedHelp(env: Env, callee: string): string | undefined {
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

import type { Span } from "../../../dsl/span.ts";
import type { DlValue, Env } from "../context.ts";
import { report } from "../errors.ts";
import type { Frame } from "../values/frames.ts";
import { describe } from "../values/values.ts";
import { writesIn } from "../values/variables.ts";

/**
 * Evaluates a statement whose value is not used, and warns if a value was all that it had. It has an effect if it
 * writes a state, or applies a model for the first time in the entry, whose params can be named afterwards.
 */
export function withoutUse(env: Env, span: Span, run: () => DlValue): DlValue {
  const { context } = env;
  const before = effectsOf(env);
  const value = run();
  const { library, exploration } = context.program;
  if (value.kind === "unit" || value.kind === "error" || library.has(span.source) || exploration.active) return value;
  if (effectsOf(env) > before) return value;
  report(context, "W0643", span, `the result of this statement is not used: ${describe(value)}`, {
    help: "name it with `let`; `let _ = ...` says that it is not needed",
  });
  return value;
}

/** The number of writes, and of params of models that are not being applied at the moment. */
function effectsOf({ context, frame }: Env): number {
  const active = new Set<string>();
  for (let at: Frame | null = frame; at !== null; at = at.parent) active.add(at.path);
  let count = writesIn(context);
  for (const [path, paths] of context.paramsUnder) if (!path.includes(".") && !active.has(path)) count += paths.size;
  return count;
}

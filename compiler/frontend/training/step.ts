import type { Expr } from "../../../dsl/ast.ts";
import type { Span } from "../../../dsl/span.ts";
import type { Declared, DlValue, Env } from "../context.ts";
import { build } from "../tensors/add-node.ts";
import { report } from "../errors.ts";
import { callNumber, counterOf, counts } from "../values/counters.ts";
import { makeTensor } from "../values/values.ts";

/**
 * `step`: the number of earlier calls of this entry. In an entry that does not count its calls it is the step of the
 * only train entry, and 0 if there is none.
 */
export function stepNumber(env: Env, span: Span): DlValue {
  const { context } = env;
  if (context.entry === "init")
    return report(context, "E0506", span, "an initializer can only use static values, but `step` changes at run time");
  if (context.counter !== null) return asNumber(env, context.counter, span);
  const trains = [...context.program.entries.values()].filter((entry) => entry.mode === "train");
  const [only] = trains;
  if (trains.length < 2) return asNumber(env, only === undefined ? null : counterOf(context.program, only), span);
  return report(context, "E0201", span, `\`step\` is ambiguous: \`${context.entry}\` does not count its calls`, {
    help: `write ${trains.map(({ name }) => `\`${name.text}.step\``).join(" or ")}`,
  });
}

/** `d_step.step`: the number of earlier calls of the entry `d_step`; null if the expression is not that. */
export function stepOfEntry(env: Env, { object, name, span }: Expr & { kind: "member" }): DlValue | null {
  const { context } = env;
  if (object.kind !== "name" || name.text !== "step") return null;
  const entry = context.program.entries.get(object.text);
  if (entry === undefined || hides(env, object.text)) return null;
  if (context.entry === "init")
    return report(context, "E0506", span, "an initializer can only use static values, but a step changes at run time");
  const counter = counterOf(context.program, entry);
  if (counter !== null) return asNumber(env, counter, span);
  return report(context, "E0208", name.span, `the entry \`${object.text}\` does not count its calls`, {
    help: `these count them: ${[...context.program.entries.values()]
      .filter(counts)
      .map((each) => each.name.text)
      .join(", ")}`,
  });
}

/** Whether a value of the same name has members, unlike a function without params, or a test's name for the entry. */
function hides({ scope }: Env, name: string): boolean {
  const binding = scope.find(name);
  if (binding === undefined) return false;
  return !(
    binding.kind === "value" &&
    binding.value.kind === "function" &&
    binding.value.target.kind === "callable" &&
    (binding.value.target.entry !== undefined || binding.value.target.declaration.kind === "fn")
  );
}

/** The number of calls as f32, for schedules; 0 without a counter. */
export function asNumber(env: Env, counter: Declared | null, span: Span): DlValue {
  const { context } = env;
  const calls = callNumber(context, counter);
  return makeTensor(
    context.builder,
    build(env, span, () => context.builder.convert(calls, "f32")),
    span,
  );
}

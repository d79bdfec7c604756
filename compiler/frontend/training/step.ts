import type { Span } from "../../../dsl/span.ts";
import type { DlValue, Env } from "../context.ts";
import { build } from "../tensors/add-node.ts";
import { report } from "../errors.ts";
import { makeTensor } from "../values/values.ts";
import { current } from "../values/variables.ts";

/** `step`: the number of earlier calls that are counted, as an f32 scalar for schedules. */
export function stepNumber(env: Env, span: Span): DlValue {
  const { context } = env;
  if (context.entry === "init")
    return report(context, "E0506", span, "an initializer can only use static values, but `step` changes at run time");
  const step = current(context, context.counter);
  return makeTensor(
    context.builder,
    build(env, span, () => context.builder.convert(step, "f32")),
    span,
  );
}

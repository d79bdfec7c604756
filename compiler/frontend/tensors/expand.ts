import type { Span } from "../../../dsl/span.ts";
import type { Arg, DlValue, Env } from "../context.ts";
import { report } from "../errors.ts";
import { broadcastTo, repeats } from "../types/broadcasting.ts";
import { describe, ERROR, isNumber, list, showTensor } from "../values/values.ts";
import { allowedShape } from "./add-node.ts";
import { numbers } from "./op-calls.ts";
import { openTensor } from "../values/number-lists.ts";
import { notTensor } from "../values/not-tensor.ts";

/** `expand(x, shape)`: x broadcast to a shape. */
export function expand(env: Env, shape: Arg, given: Arg, span: Span): DlValue {
  const { context } = env;
  const { value } = given;
  // A number is repeated like a list of it alone.
  const x = isNumber(value) || value.kind === "bool" ? openTensor(env, given.span, list([value])) : value;
  if (x.kind === "error") return x;
  const sizes = shape.value.kind === "pack" ? [...shape.value.sizes] : numbers(shape.value, true);
  if (sizes === null || sizes.some((size) => size < 0))
    return report(context, "E0501", shape.span, `expected a shape for \`expand\`, found ${describe(shape.value)}`, {
      help: "a shape is a list of sizes, as in expand(x, [N, 5])",
    });
  if (x.kind !== "tensor") return notTensor(env, given.span, "expected a tensor for `expand`", x);
  if (!allowedShape(env, shape.span, sizes)) return ERROR;
  if (!repeats(x.value.type.shape, sizes))
    return report(context, "E0304", span, `cannot expand ${showTensor(x)} to [${sizes.join(", ")}]`, {
      help: "axes are aligned from the last one, and each must have the size of the shape or 1; add an axis with `_`, as in x[.., _]",
    });
  const items = shape.value.kind === "list" || shape.value.kind === "tuple" ? shape.value.items : [];
  const symbols = items.map((item) => (item.kind === "int" ? (item.symbol ?? null) : null));
  return broadcastTo(env, span, x, sizes, symbols);
}

import type { Expr } from "../../../dsl/ast.ts";
import type { Span } from "../../../dsl/span.ts";
import { sameType, showType, type TensorType } from "../../types/tensor-type.ts";
import { broadcastTo, literal } from "../types/broadcasting.ts";
import type { Arg, DlValue, Env, FunctionValue } from "../context.ts";
import { constant } from "../tensors/add-node.ts";
import { report } from "../errors.ts";
import { signatureOf } from "../values/signatures.ts";
import { inDtype } from "../values/number-lists.ts";
import { describe, ERROR, ints, isNumber } from "../values/values.ts";

/** The dtype as an argument of `zeros`, `ones` and others that take one, if it is not theirs anyway. */
function dtypeFor({ target, args }: FunctionValue, { dtype }: TensorType, span: Span): readonly Arg[] {
  const takes = signatureOf(target).statics.some(({ name }) => name === "dtype");
  if (!takes || dtype === "f32" || args.some(({ name }) => name === "dtype")) return [];
  return [{ name: "dtype", value: { kind: "string", value: dtype }, span }];
}

/**
 * A value as a tensor of this type: a number, a list or tensor of the type, or a function that takes the shape as its
 * first static argument, such as `zeros` or `normal(std: 0.02)`. Null if it is something else.
 */
export function valueOfType(env: Env, given: DlValue, type: TensorType, span: Span): DlValue | null {
  const made =
    given.kind === "function"
      ? env.context.call(
          env,
          given,
          [{ name: null, value: ints(type.shape), span }, ...dtypeFor(given, type, span)],
          span,
        )
      : given;
  const value = inDtype(env, span, made, type.dtype);
  if (value.kind === "error") return ERROR;
  if (isNumber(value) || value.kind === "bool") return literal(env, span, value, type);
  if (value.kind !== "tensor" || value.value.type.dtype !== type.dtype) return null;
  if (sameType(value.value.type, type)) return value;
  return value.value.type.shape.length === 0 ? broadcastTo(env, span, value, type.shape) : null;
}

/** The initial value of a param or state, in the graph of `init`. */
export function initialize(env: Env, init: Expr | null, type: TensorType, at: { readonly span: Span }): DlValue {
  const span = init?.span ?? at.span;
  if (init === null) return constant(env, span, type, 0);
  const given = env.context.evaluate(env, init);
  return (
    valueOfType(env, given, type, span) ??
    report(env.context, "E0314", span, `expected ${showType(type)} for the initial value, found ${describe(given)}`, {
      help: "an initializer is a number, a list or tensor of the declared type, or a function of the shape",
    })
  );
}

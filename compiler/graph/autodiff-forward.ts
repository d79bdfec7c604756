import { at } from "../support/lists.ts";
import { isFloat } from "../types/tensor-type.ts";
import { requestGradients } from "./autodiff.ts";
import type { GraphBuilder } from "./build.ts";
import type { Value } from "./ir.ts";

/**
 * Appends requests for the Jacobian-vector product of floating-point outputs: their directional derivative along the
 * tangents of the inputs. Applies reverse mode twice: the gradient g(u) of <outputs, u> with respect to the inputs is
 * linear in u, and the gradient of <g(u), tangents> with respect to u is the product (J. Townsend, "A new trick for
 * calculating Jacobian vector products", 2017). Dead-code elimination removes the nodes that depend on u.
 *
 * Returns one tangent for each output, of its type; the tangent of an output that is not floating point is zero.
 * `inputs` are floating point, and each tangent has the type of its input.
 */
export function pushForward(
  builder: GraphBuilder,
  outputs: readonly Value[],
  inputs: readonly Value[],
  tangents: readonly Value[],
): readonly Value[] {
  const smooth = outputs.filter(({ type }) => isFloat(type.dtype));
  if (smooth.length === 0 || inputs.length === 0) return outputs.map(({ type }) => builder.zeros(type));
  // A separate leaf for each, with respect to which the second gradient is taken.
  const weights = smooth.map(({ type }) => builder.zeros(type));
  const rates = requestGradients(builder, inner(builder, smooth, weights), inputs);
  const found = requestGradients(builder, inner(builder, rates, tangents), weights);
  return outputs.map((output) => found[smooth.indexOf(output)] ?? builder.zeros(output.type));
}

/** The inner product of two lists of tensors, in the dtype of the first tensor. */
function inner(builder: GraphBuilder, a: readonly Value[], b: readonly Value[]): Value {
  const terms = a.map((x, index) => {
    const product = builder.mul(x, at(b, index));
    return builder.convert(builder.sum(product, [...x.type.shape.keys()]), at(a, 0).type.dtype);
  });
  return terms.reduce((sum, term) => builder.add(sum, term));
}

import { present } from "../support/invariant.ts";
import { isFloat } from "../types/tensor-type.ts";
import { requestGradients } from "./autodiff.ts";
import type { GraphBuilder } from "./build.ts";
import type { Value } from "./ir.ts";

/**
 * Appends requests for the directional derivative of floating-point outputs: what they change by if each input changes by its tangent. It is made of reverse mode
 * used twice: the gradient g(u) of <outputs, u> with respect to the inputs is linear in u, and the gradient of <g(u), tangents> with respect to u is the derivative
 * that was asked for (J. Townsend, "A new trick for calculating Jacobian vector products", 2017). What depends on u goes away with dead code.
 *
 * Gives one tangent for each output, of its type; an output that is no floating-point number has a tangent of zeros. `inputs` are floating point, and each tangent
 * has the type of its input.
 */
export function pushForward(builder: GraphBuilder, outputs: readonly Value[], inputs: readonly Value[], tangents: readonly Value[]): readonly Value[] {
  const smooth = outputs.filter(({ type }) => isFloat(type.dtype));
  if (smooth.length === 0 || inputs.length === 0) return outputs.map(({ type }) => builder.zeros(type));
  // Each a leaf of its own, which differentiation takes for a variable.
  const weights = smooth.map(({ type }) => builder.zeros(type));
  const rates = requestGradients(builder, inner(builder, smooth, weights), inputs);
  const found = requestGradients(builder, inner(builder, rates, tangents), weights);
  return outputs.map((output) => found[smooth.indexOf(output)] ?? builder.zeros(output.type));
}

/** The sum of all products of elements of the same place, in the dtype of the first list's first. */
function inner(builder: GraphBuilder, a: readonly Value[], b: readonly Value[]): Value {
  const terms = a.map((x, index) => {
    const product = builder.mul(x, present(b[index], "there is a tangent for each input"));
    return builder.convert(builder.sum(product, [...x.type.shape.keys()]), present(a[0], "there is an output").type.dtype);
  });
  return terms.reduce((sum, term) => builder.add(sum, term));
}

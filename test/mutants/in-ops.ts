import type { Mutant } from "./mutant.ts";

const ops = (file: string): string => `compiler/ops/${file}.ts`;

/** Bugs in gradients. */
export const inGradients: readonly Mutant[] = [
  {
    name: "gradient-of-sub",
    says: "the gradient of the second operand of a difference has the wrong sign",
    file: ops("arithmetic"),
    from: "x: dout, y: g.neg(dout) }",
    to: "x: dout, y: dout }",
  },
  {
    name: "gradient-of-max",
    says: "the gradient of max goes to the smaller operand",
    file: ops("arithmetic"),
    from: 'compare(g, "gt", x, y);',
    to: 'compare(g, "lt", x, y);',
  },
  {
    name: "gradient-of-div",
    says: "the gradient of the divisor lacks the factor x / y",
    file: ops("arithmetic"),
    from: "y: g.neg(g.mul(dx, out))",
    to: "y: g.neg(dx)",
  },
  {
    name: "gradient-of-tanh",
    says: "the slope of tanh is taken for 1 - tanh",
    file: ops("math"),
    from: "g.sub(1, g.mul(out, out))",
    to: "g.sub(1, out)",
  },
  {
    name: "gradient-of-broadcast",
    says: "what flows to the copies of an element is not summed: the largest is taken",
    file: ops("movement"),
    from: "x: g.sum(dout, without(range(shape.length), dims))",
    to: 'x: dims.length === shape.length ? dout : g.call("reduce_max", [dout], { axes: without(range(shape.length), dims) })',
  },
  {
    name: "gradient-of-two-users",
    says: "a value with two users gets the gradient of one of them",
    file: "compiler/graph/autodiff.ts",
    from: "sum === undefined ? grad : builder.add(sum, grad)",
    to: "grad",
  },
  {
    name: "gradient-of-cumsum",
    says: "the gradient of a running sum runs in the same direction",
    file: ops("lines"),
    from: "reverse: !reverse, exclusive }",
    to: "reverse, exclusive }",
  },
  {
    name: "gradient-of-slice",
    says: "the gradient of a slice is put back at the wrong end",
    file: ops("boxes"),
    from: "{ lo: start, hi, interior",
    to: "{ lo: hi, hi: start, interior",
  },
  {
    name: "gradient-of-select",
    says: "the gradients of the two choices are exchanged",
    file: ops("compare"),
    from: "a: keep(g, condition, dout), b: drop(g, condition, dout)",
    to: "a: drop(g, condition, dout), b: keep(g, condition, dout)",
  },
  {
    name: "gradient-of-window-max",
    says: "the gradient of a windowed maximum goes to all that is under the window",
    file: ops("window"),
    from: 'return { x: g.call("window_scatter", [dout, argmax]',
    to: 'return { x: g.call("window_spread", [dout]',
  },
  {
    name: "gradient-of-scan-invariant",
    says: "an invariant of a loop gets the gradient of one turn",
    file: ops("scan-gradient"),
    from: "b.g.add(sum, flow)",
    to: "flow",
  },
  {
    name: "gradient-of-scan-direction",
    says: "the backward loop runs forwards",
    file: ops("scan-gradient"),
    from: 'reverse: attrs["reverse"] !== true',
    to: 'reverse: attrs["reverse"] === true',
  },
];

/** Bugs in what an op is: its kernel, its reference, its type. */
export const inOps: readonly Mutant[] = [
  {
    name: "cumsum-exclusive",
    says: "a running sum from the end is never exclusive",
    file: ops("lines"),
    from: "store(at, exclusive ? before : total);",
    to: "store(at, exclusive && !reverse ? before : total);",
  },
  {
    name: "argmax-ties",
    says: "argmax gives the last of equals",
    file: ops("reduce"),
    from: 'argmax: place("gt",',
    to: 'argmax: place("ge",',
  },
  {
    name: "max-nan",
    says: "a NaN in the first operand of max is lost",
    file: ops("arithmetic"),
    from: "scalar: (k, x, y) => k.max(x, y),",
    to: "scalar: (k, x, y) => k.select(k.gt(x, y), x, y),",
  },
  {
    name: "index-clamp",
    says: "an index past the end is clamped to the size, one too far",
    file: ops("indexing"),
    from: "k.max(k.min(i, k.int(size - 1)), k.int(0))",
    to: "k.max(k.min(i, k.int(size)), k.int(0))",
  },
  {
    name: "conv-dilation",
    says: "a convolution uses its stride for its dilation",
    file: ops("conv-geometry"),
    from: "x: nth(xSteps, i + 1) * nth(dilation, i), w",
    to: "x: nth(xSteps, i + 1) * nth(stride, i), w",
  },
  {
    name: "conv-padding",
    says: "padding before the image is one less than asked for, and one more behind it",
    file: "compiler/passes/support-conv.ts",
    from: "    at(operands, 0),\n    padding,\n",
    to: "    at(operands, 0),\n    padding.map(([lo, hi]) => (lo > 0 ? ([lo - 1, hi + 1] as const) : ([lo, hi] as const))),\n",
  },
  {
    name: "convert-saturation",
    says: "a number below the least of a small integer wraps",
    file: ops("convert"),
    from: "k.max(k.min(whole, most), least)",
    to: "k.min(whole, most)",
  },
  {
    name: "remainder-floor",
    says: "the remainder of floats has the sign of the divisor",
    file: ops("arithmetic"),
    from: "k.trunc(k.div(x, y))",
    to: "k.floor(k.div(x, y))",
  },
  {
    name: "transpose-order",
    says: "a transpose reads by its permutation, and not by the inverse of that",
    file: ops("movement"),
    from: "x(inverse(perm).flatMap(",
    to: "x(perm.flatMap(",
  },
  {
    name: "window-max-start",
    says: "the kernel of a windowed maximum begins at 0",
    file: ops("window"),
    from: "init: () => init,",
    to: "init: () => Math.max(init, 0),",
  },
  {
    name: "slice-type",
    says: "a slice whose stride does not divide it is one too short",
    file: ops("boxes"),
    from: "Math.ceil((nth(limit, a) - nth(start, a)) / nth(stride, a))",
    to: "Math.max(1, Math.floor((nth(limit, a) - nth(start, a)) / nth(stride, a)))",
  },
  {
    name: "dot-type",
    says: "the result of a product has the free axes of lhs before the batch axes",
    file: ops("dot"),
    from: "pick(lhs.shape, [...batch[0], ...m])",
    to: "pick(lhs.shape, [...m, ...batch[0]])",
  },
];

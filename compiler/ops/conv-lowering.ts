// Lowering of convolutions to convolutions without padding. Images are [N, ...spatial, C], kernels [...spatial,
// C/groups, O].
import type { GraphBuilder } from "../graph/build.ts";
import { intAttr, listAttr, pairsAttr } from "../graph/facts.ts";
import type { Attrs, Value } from "../graph/ir.ts";
import type { Lowering } from "../graph/op.ts";
import { at, iota } from "../support/lists.ts";
import { elements } from "../types/tensor-type.ts";

/** Stride, dilation, padding and groups of a convolution. */
interface ConvAttrs {
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: readonly (readonly [number, number])[];
  readonly groups: number;
}

function convAttrs(attrs: Attrs): ConvAttrs {
  return {
    stride: listAttr(attrs, "stride"),
    dilation: listAttr(attrs, "dilation"),
    padding: pairsAttr(attrs, "padding"),
    groups: intAttr(attrs, "groups"),
  };
}

/** If an operand is empty, all sums are 0; neither pad nor slice takes an empty tensor. */
const unlessEmpty =
  (form: Lowering): Lowering =>
  (g, op, site) => {
    const isEmpty = [...site.operands.map(({ type }) => type), ...site.results].some(
      ({ shape }) => elements(shape) === 0,
    );
    return isEmpty ? site.results.map((type) => g.zeros(type)) : form(g, op, site);
  };

/** The padding as a `pad` of the first operand, which is the image in `conv` and in `conv_kernel_gradient`. */
export const explicitPadding: Lowering = unlessEmpty((g, op, { operands, attrs }) => {
  const { padding } = convAttrs(attrs);
  if (padding.every(([lo, hi]) => lo === 0 && hi === 0)) return null;
  const image = padImage(
    g,
    at(operands, 0),
    padding,
    padding.map(() => 1),
  );
  return g.addNode(op, [image, at(operands, 1)], { ...attrs, padding: padding.map(() => [0, 0]) }).results;
});

/**
 * dx[i] = sum over k of dy[(i + lo - k * dilation) / stride] * w[k], where the division is exact. With zeros inserted
 * between the elements of dy (stride 1) and the kernel flipped, this is a convolution with padding dilation * (k - 1) -
 * lo at the start.
 */
export const inputGradientAsConv: Lowering = unlessEmpty((g, _, { operands, attrs: given }) => {
  const [dy, w] = [at(operands, 0), at(operands, 1)];
  const { stride, dilation, padding, groups } = convAttrs(given);
  const size = listAttr(given, "size");
  if (stride.some((s) => s > 1) && dilation.every((d) => d === 1))
    return [byPhases(g, dy, w, { stride, padding, groups, size })];
  const around = size.map((wanted, axis) => {
    const reach = at(dilation, axis) * (at(w.type.shape, axis) - 1);
    const spread = (at(dy.type.shape, axis + 1) - 1) * at(stride, axis) + 1;
    const lo = reach - at(at(padding, axis), 0);
    return [lo, wanted + reach - lo - spread] as const;
  });
  const attrs: Attrs = { stride: size.map(() => 1), padding: size.map(() => [0, 0]), dilation, groups };
  return g.callAll("conv", [padImage(g, dy, around, stride), flippedKernel(g, w, groups)], attrs);
});

interface Strided extends Pick<ConvAttrs, "stride" | "padding" | "groups"> {
  readonly size: readonly number[];
}

/**
 * With a stride s, the elements of dx at one index modulo s depend on every s-th tap of the kernel only: dx[s q + r] =
 * sum over j of dy[q + t - j] * w[k + s j], where k = (r + lo) mod s and t = (r + lo - k) / s. So dx interleaves s
 * convolutions of stride 1 per axis, and no product has a factor of inserted zeros (W. Shi et al., "Is the
 * deconvolution layer the same as a convolutional layer?", 2016).
 */
function byPhases(g: GraphBuilder, dy: Value, w: Value, { stride, padding, groups, size }: Strided): Value {
  const counts = size.map((n, axis) => Math.ceil(n / at(stride, axis)));
  const [batch, channels] = [at(dy.type.shape, 0), at(w.type.shape, size.length) * groups];
  const phase = (remainders: readonly number[]): Value => {
    const taps = remainders.map((r, axis) => {
      const [s, moved] = [at(stride, axis), r + at(at(padding, axis), 0)];
      const first = moved % s;
      return { first, shift: (moved - first) / s, count: Math.ceil((at(w.type.shape, axis) - first) / s) };
    });
    if (taps.some(({ count }) => count <= 0))
      return g.zeros({ dtype: dy.type.dtype, shape: [batch, ...counts, channels] });
    const start = [...taps.map(({ first }) => first), 0, 0];
    const part = g.call("slice", [w], { start, limit: w.type.shape, stride: [...stride, 1, 1] });
    const around = taps.map(({ shift, count }, axis) => {
      const lo = count - 1 - shift;
      return [lo, at(counts, axis) + count - 1 - lo - at(dy.type.shape, axis + 1)] as const;
    });
    const ones = size.map(() => 1);
    const attrs: Attrs = { stride: ones, padding: size.map(() => [0, 0]), dilation: ones, groups };
    return g.call("conv", [padImage(g, dy, around, ones), flippedKernel(g, part, groups)], attrs);
  };
  // Interleaves along the last axis first: [.., count, s, ..] is reshaped to [.., count * s, ..].
  const interleave = (axis: number, remainders: readonly number[]): Value => {
    if (axis === size.length) return phase(remainders);
    const parts = iota(at(stride, axis)).map((r) => interleave(axis + 1, [...remainders, r]));
    const [first, ...rest] = parts;
    if (first === undefined || rest.length === 0) return interleave(axis + 1, [...remainders, 0]);
    const { shape } = first.type;
    const beside = parts.map((part) => g.reshape(part, shape.toSpliced(axis + 2, 0, 1)));
    return g.reshape(
      g.call("concat", beside, { axis: axis + 2 }),
      shape.with(axis + 1, at(shape, axis + 1) * at(stride, axis)),
    );
  };
  const whole = interleave(0, []);
  const limit = [batch, ...size, channels];
  if (limit.every((n, axis) => n === at(whole.type.shape, axis))) return whole;
  return g.call("slice", [whole], { start: limit.map(() => 0), limit, stride: limit.map(() => 1) });
}

/**
 * Pads the spatial axes, or crops them where the padding is negative; inserts zeros so that neighbours are `spacing`
 * apart.
 */
function padImage(g: GraphBuilder, x: Value, padding: ConvAttrs["padding"], spacing: readonly number[]): Value {
  const around = <T>(spatial: readonly T[], rest: T): T[] => [rest, ...spatial, rest];
  const lo = around(
    padding.map(([n]) => n),
    0,
  );
  const hi = around(
    padding.map(([, n]) => n),
    0,
  );
  const interior = around(
    spacing.map((n) => n - 1),
    0,
  );
  const grows = [...lo, ...hi, ...interior].some((n) => n > 0);
  const grown = grows
    ? g.call("pad", [x], { lo: lo.map(notNegative), hi: hi.map(notNegative), interior, value: 0 })
    : x;
  if ([...lo, ...hi].every((n) => n >= 0)) return grown;
  const start = lo.map((n) => notNegative(-n));
  const limit = grown.type.shape.map((n, axis) => n - notNegative(-at(hi, axis)));
  return g.call("slice", [grown], { start, limit, stride: start.map(() => 1) });
}

const notNegative = (n: number): number => Math.max(n, 0);

/** w[k, c, (g, o)] becomes w[K - 1 - k, o, (g, c)]. */
function flippedKernel(g: GraphBuilder, w: Value, groups: number): Value {
  const spatial = w.type.shape.slice(0, -2);
  const axes = iota(spatial.length).filter((axis) => at(spatial, axis) > 1);
  const reversed = axes.length === 0 ? w : g.call("reverse", [w], { axes });
  const rank = spatial.length;
  const keep = iota(rank);
  if (groups === 1) return g.transpose(reversed, [...keep, rank + 1, rank]);
  const [c, o] = [at(w.type.shape, rank), at(w.type.shape, rank + 1) / groups];
  const split = g.transpose(g.reshape(reversed, [...spatial, c, groups, o]), [...keep, rank + 2, rank + 1, rank]);
  return g.reshape(split, [...spatial, o, groups * c]);
}

// Draws of dots, convolutions and their gradients, and of the packed contractions that a pass creates.
import type { Attrs, Value } from "../../../compiler/graph/ir.ts";
import type { TensorType } from "../../../compiler/types/tensor-type.ts";
import { withoutGradient } from "./draw-entry.ts";
import { type Draw, type Grower, isFloat, mostElements } from "./grower.ts";
import { at, iota, product } from "./random.ts";
import { convolved, packedShape } from "./types.ts";

/** A dot of x with another operand whose contracted, batch and free axes are in any order. */
export function dotWith(b: Grower, x: Value, value: (type: TensorType) => Value = (type) => b.weight(type)): Value {
  const { r } = b;
  const { dtype, shape } = x.type;
  const plain = r.chance(0.5) && shape.length > 0;
  const order = r.shuffled(iota(shape.length));
  const batched = plain ? 0 : r.weighted([[70, 0], [22, 1], [8, 2]] as const); // prettier-ignore
  const contracted = plain ? 1 : r.weighted([[8, 0], [70, 1], [22, 2]] as const); // prettier-ignore
  const batch = order.slice(0, batched);
  const contract = plain ? [shape.length - 1] : order.slice(batched, batched + contracted);
  const free = iota(plain ? 1 : r.weighted([[20, 0], [60, 1], [20, 2]] as const)).map(() => b.dim()); // prettier-ignore
  const axes = [
    ...batch.map((axis, i) => ({ role: "batch", i, size: at(shape, axis) })),
    ...contract.map((axis, i) => ({ role: "contract", i, size: at(shape, axis) })),
    ...free.map((size, i) => ({ role: "free", i, size })),
  ];
  const otherAxes = plain && r.chance(0.7) ? axes : r.shuffled(axes);
  const otherShape = otherAxes.map(({ size }) => size);
  const axesOf = (role: string, count: number): number[] =>
    iota(count).map((i) => otherAxes.findIndex((axis) => axis.role === role && axis.i === i));
  const y = value({ dtype, shape: otherShape });
  const [own, others] = [
    [batch, contract],
    [axesOf("batch", batch.length), axesOf("contract", contract.length)],
  ];
  const swapped = r.chance(0.2);
  const attrs: Attrs = swapped
    ? { batch: [at(others, 0), at(own, 0)], contract: [at(others, 1), at(own, 1)] }
    : { batch: [at(own, 0), at(others, 0)], contract: [at(own, 1), at(others, 1)] };
  return b.call("dot", swapped ? [y, x] : [x, y], attrs);
}

/** x[.., k] times w[k, n]. */
export const linear = (
  b: Grower,
  x: Value,
  columns = b.dim(),
  weight = (type: TensorType): Value => b.weight(type),
): Value => {
  const rank = x.type.shape.length;
  const w = weight({ dtype: x.type.dtype, shape: [at(x.type.shape, rank - 1), columns] });
  return b.call("dot", [x, w], { contract: [[rank - 1], [0]] });
};

/** Large enough for a register tile and for panels. */
const largeDot: Draw = (b) => {
  const { r } = b;
  const [rows, inner, columns] = [r.between(4, 24), r.between(2, 20), r.between(4, 20)];
  const x = b.value({ dtype: "f32", shape: r.chance(0.3) ? [2, Math.ceil(rows / 2), inner] : [rows, inner] });
  return linear(b, x, columns);
};

const dot: Draw = (b) => (b.r.chance(0.08) ? largeDot(b) : dotWith(b, b.float(b.r.chance(0.9) ? 1 : 0)));

interface Conv {
  readonly x: TensorType;
  readonly w: TensorType;
  readonly y: TensorType;
  readonly attrs: Attrs;
}

/** Matching shapes of a convolution; that of x is the given image, if any. */
function conv(b: Grower, image: TensorType | null): Conv | null {
  const { r } = b;
  const dtype = image?.dtype ?? "f32";
  const rank = image === null ? r.weighted([[35, 1], [50, 2], [15, 3]] as const) : image.shape.length - 2; // prettier-ignore
  const axes = iota(rank);
  const groups = r.weighted([[75, 1], [15, 2], [10, 3]] as const); // prettier-ignore
  const perGroup = r.pick([1, 1, 2, 3, 4]);
  const most = at([0, 12, 7, 4], rank);
  const x = image?.shape ?? [r.pick([1, 1, 2, 3]), ...axes.map(() => r.between(1, most)), groups * perGroup];
  const channels = at(x, x.length - 1);
  if (channels === 0 || x.slice(1).some((size) => size === 0)) return null;
  const divisors = [1, 2, 3, channels].filter((n) => channels % n === 0);
  const grouped = image === null ? groups : r.chance(0.7) ? 1 : r.pick(divisors);
  const out = grouped * r.pick([1, 1, 2, 3, 4, 5]);
  const padding = axes.map(() => (r.chance(0.5) ? [0, 0] : [r.between(0, 2), r.between(0, 2)]));
  const dilation = axes.map(() => (r.chance(0.8) ? 1 : r.between(2, 3)));
  const stride = axes.map(() => (r.chance(0.65) ? 1 : r.between(2, 3)));
  const kernel = axes.map((axis) => {
    const room = at(x, axis + 1) + at(at(padding, axis), 0) + at(at(padding, axis), 1);
    return r.between(1, Math.min(3, Math.floor((room - 1) / at(dilation, axis)) + 1));
  });
  const attrs = { stride, padding, dilation, groups: grouped };
  const y = [at(x, 0), ...convolved(x.slice(1, -1), kernel, attrs), out];
  const w = [...kernel, channels / grouped, out];
  if ([x, w, y].some((shape) => product(shape) > mostElements)) return null;
  return { x: { dtype, shape: x }, w: { dtype, shape: w }, y: { dtype, shape: y }, attrs };
}

export const isImage = ({ type }: Value): boolean => isFloat(type) && type.shape.length >= 3 && type.shape.length <= 5;

const imageAtHand = (b: Grower): TensorType | null => (b.r.chance(0.7) ? (b.find(isImage)?.type ?? null) : null);

export const convOf = (b: Grower, image: TensorType | null, x: (type: TensorType) => Value): Value | null => {
  const drawn = conv(b, image);
  return drawn === null ? null : b.call("conv", [x(drawn.x), b.weight(drawn.w)], drawn.attrs);
};

const inputGradient: Draw = (b) => {
  const drawn = conv(b, null);
  if (drawn === null) return null;
  return b.call("conv_input_gradient", [b.value(drawn.y), b.weight(drawn.w)], {
    ...drawn.attrs,
    size: drawn.x.shape.slice(1, -1),
  });
};

const kernelGradient: Draw = (b) => {
  const drawn = conv(b, imageAtHand(b));
  if (drawn === null) return null;
  return b.call("conv_kernel_gradient", [b.value(drawn.x), b.value(drawn.y)], {
    ...drawn.attrs,
    size: drawn.w.shape.slice(0, -2),
  });
};

/** A matrix product by the strides of its dims, sometimes with a batch; the result may be transposed. */
function packing(b: Grower): {
  readonly lhs: TensorType;
  readonly rhs: TensorType;
  readonly attrs: Attrs;
  readonly shape: readonly number[];
} {
  const { r } = b;
  const [m, n, k] = [b.dim(), b.dim(), b.dim()].map((size) => Math.max(1, size)) as [number, number, number];
  const transposed = r.chance(0.3);
  const width = r.weighted([[70, 8], [20, 4], [10, 3]] as const); // prettier-ignore
  const batch = r.chance(0.25) ? r.between(1, 3) : null;
  const steps = batch === null ? [[], [], [], []] : [[batch], [m * k], [k * n], [m * n]];
  const outer = steps.map((list) => [...list]);
  const attrs = {
    sizes: [...at(outer, 0), m, n, k],
    lhs: [...at(outer, 1), k, 0, 1],
    rhs: [...at(outer, 2), 0, 1, n],
    out: [...at(outer, 3), transposed ? 1 : n, transposed ? m : 1, 0],
    width,
  };
  const batched = (...shape: readonly number[]): number[] => [...at(outer, 0), ...shape];
  return {
    lhs: { dtype: "f32", shape: batched(m, k) },
    rhs: { dtype: "f32", shape: batched(k, n) },
    attrs,
    shape: transposed ? batched(n, m) : batched(m, n),
  };
}

const pack: Draw = (b) => {
  const { rhs, attrs } = packing(b);
  return withoutGradient(b, b.call("pack", [b.weight(rhs)], attrs));
};

const contraction: Draw = (b) => {
  const { lhs, rhs, attrs, shape } = packing(b);
  const packed = b.r.chance(0.85)
    ? b.call("pack", [b.weight(rhs)], attrs)
    : b.value({ dtype: "f32", shape: packedShape(attrs) });
  return withoutGradient(b, b.call("contraction", [b.value(lhs), packed], { ...attrs, shape }));
};

export const contractDraws: readonly (readonly [string, Draw])[] = [
  ["dot", dot],
  ["conv", (b) => convOf(b, imageAtHand(b), (type) => b.value(type))],
  ["conv_input_gradient", inputGradient],
  ["conv_kernel_gradient", kernelGradient],
  ["pack", pack],
  ["contraction", contraction],
];

import type { ContractionDim } from "../../compiler/graph/op.ts";
import { defaultMachine, type Machine } from "../../compiler/support/machine.ts";

/** The dims of a contraction, and the sizes of its dense buffers in elements. */
export interface Problem {
  readonly name: string;
  readonly dims: readonly ContractionDim[];
  readonly lhsSize: number;
  readonly rhsSize: number;
  readonly outSize: number;
}

const dim = (name: string, size: number, lhs: number, rhs: number, out: number): ContractionDim => ({
  name,
  size,
  lhs,
  rhs,
  out,
});

/** out[b, m, n] = sum of lhs[b, m, k] * rhs[b, k, n] */
export function dot(b: number, m: number, n: number, k: number): Problem {
  const dims = [dim("b", b, m * k, k * n, m * n), dim("m", m, k, 0, n), dim("n", n, 0, 1, 1), dim("k", k, 1, n, 0)];
  return { name: `dot ${b}x${m}x${n}x${k}`, dims, lhsSize: b * m * k, rhsSize: b * k * n, outSize: b * m * n };
}

/** out[m, n] = sum of lhs[k, m] * rhs[n, k] */
export function dotTransposed(m: number, n: number, k: number): Problem {
  const dims = [dim("m", m, 1, 0, n), dim("n", n, 0, k, 1), dim("k", k, m, 1, 0)];
  return { name: `dot of transposes ${m}x${n}x${k}`, dims, lhsSize: k * m, rhsSize: n * k, outSize: m * n };
}

/**
 * out[n0, m, n1] = sum of lhs[m, k] * rhs[k, n0, n1]: the columns are two dims of the result, with the rows between
 * them.
 */
export function splitColumns(m: number, n0: number, n1: number, k: number): Problem {
  const dims = [
    dim("m", m, k, 0, n1),
    dim("n0", n0, 0, n1, m * n1),
    dim("n1", n1, 0, 1, 1),
    dim("k", k, 1, n0 * n1, 0),
  ];
  return {
    name: `split columns ${m}x${n0}x${n1}x${k}`,
    dims,
    lhsSize: m * k,
    rhsSize: k * n0 * n1,
    outSize: m * n0 * n1,
  };
}

export interface Conv {
  readonly batch: number;
  readonly out: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly stride: number;
  readonly dilation: number;
  readonly groups: number;
  readonly channels: number;
  readonly features: number;
}

function image({
  out,
  kernel,
  stride,
  dilation,
  groups,
  channels,
}: Conv): readonly [height: number, width: number, row: number, pixel: number] {
  const [height, width] = [0, 1].map(
    (axis) => ((out[axis] ?? 1) - 1) * stride + ((kernel[axis] ?? 1) - 1) * dilation + 1,
  ) as [number, number];
  const pixel = groups * channels;
  return [height, width, width * pixel, pixel];
}

/** Channels-last, without padding: x[n, y, x, g * c], w[ky, kx, c, g * o]. */
export function conv(c: Conv): Problem {
  const { batch, out, kernel, stride, dilation, groups, channels, features } = c;
  const [height, , row, pixel] = image(c);
  const outPixel = groups * features;
  const dims = [
    dim("g", groups, channels, features, features),
    dim("n", batch, height * row, 0, out[0] * out[1] * outPixel),
    dim("y", out[0], stride * row, 0, out[1] * outPixel),
    dim("x", out[1], stride * pixel, 0, outPixel),
    dim("o", features, 0, 1, 1),
    dim("ky", kernel[0], dilation * row, kernel[1] * channels * outPixel, 0),
    dim("kx", kernel[1], dilation * pixel, channels * outPixel, 0),
    dim("c", channels, 1, outPixel, 0),
  ];
  const sizes = {
    lhsSize: batch * height * row,
    rhsSize: kernel[0] * kernel[1] * channels * outPixel,
    outSize: batch * out[0] * out[1] * outPixel,
  };
  return { name: `conv ${JSON.stringify(c)}`, dims, ...sizes };
}

/** The gradient of `conv` with respect to its kernel, of one group. */
export function convKernelGradient(c: Conv): Problem {
  const { batch, out, kernel, stride, dilation, channels, features } = c;
  const [height, , row, pixel] = image({ ...c, groups: 1 });
  const dims = [
    dim("ky", kernel[0], dilation * row, 0, kernel[1] * channels * features),
    dim("kx", kernel[1], dilation * pixel, 0, channels * features),
    dim("c", channels, 1, 0, features),
    dim("o", features, 0, 1, 1),
    dim("n", batch, height * row, out[0] * out[1] * features, 0),
    dim("y", out[0], stride * row, out[1] * features, 0),
    dim("x", out[1], stride * pixel, features, 0),
  ];
  const sizes = {
    lhsSize: batch * height * row,
    rhsSize: batch * out[0] * out[1] * features,
    outSize: kernel[0] * kernel[1] * channels * features,
  };
  return { name: `kernel gradient ${JSON.stringify(c)}`, dims, ...sizes };
}

/** Calls `use` with the offsets in lhs, rhs and out of every index of the dims, last dim fastest. */
export function walk(
  dims: readonly ContractionDim[],
  use: (lhs: number, rhs: number, out: number) => void,
  at: readonly [number, number, number] = [0, 0, 0],
): void {
  const [first, ...rest] = dims;
  if (first === undefined) return use(...at);
  for (let index = 0; index < first.size; index++)
    walk(rest, use, [at[0] + index * first.lhs, at[1] + index * first.rhs, at[2] + index * first.out]);
}

/** f32[batch, panels, K, panel width], zero past the last column. */
export function pack(
  { dims }: Problem,
  rhs: Float32Array,
  { pack: { panelWidth } }: Machine = defaultMachine,
): Float32Array {
  const batches = offsets(dims.filter((d) => d.lhs !== 0 && d.rhs !== 0 && d.out !== 0));
  const n = offsets(dims.filter((d) => d.lhs === 0 && d.rhs !== 0 && d.out !== 0));
  const k = offsets(dims.filter((d) => d.out === 0));
  const panels = Math.ceil(n.length / panelWidth);
  const packed = new Float32Array(batches.length * panels * k.length * panelWidth);
  batches.forEach((b, batchIndex) =>
    n.forEach((column, nIndex) =>
      k.forEach((depth, kIndex) => {
        const panel = batchIndex * panels + Math.floor(nIndex / panelWidth);
        packed[(panel * k.length + kIndex) * panelWidth + (nIndex % panelWidth)] =
          rhs[b + column + depth] ?? Number.NaN;
      }),
    ),
  );
  return packed;
}

/** The offsets in rhs of every index of the dims. */
function offsets(dims: readonly ContractionDim[]): readonly number[] {
  const all: number[] = [];
  walk(dims, (_, rhs) => all.push(rhs));
  return all;
}

/**
 * The sums in the order of the language, each product and each sum rounded: blocks of at most 512 terms, of whole
 * indices of the dim that does not fit, added to a compensated total.
 */
export function orderedSums({ dims, outSize }: Problem, lhs: Float32Array, rhs: Float32Array): Float32Array {
  const out = new Float32Array(outSize);
  const reduced = dims.filter((d) => d.out === 0 && d.size > 1);
  let inside = 1;
  let inner = reduced.length;
  while (inner > 0 && inside * (reduced[inner - 1]?.size ?? 1) <= 512) inside *= reduced[--inner]?.size ?? 1;
  const piece = Math.floor(512 / inside);
  walk(
    dims.filter((d) => d.out !== 0),
    (l, r, o) => {
      let [hi, lo, block] = [0, 0, 0];
      const close = (): void => {
        const term = Math.fround(block + lo);
        const sum = Math.fround(hi + term);
        lo = Math.fround(term - Math.fround(sum - hi));
        [hi, block] = [sum, 0];
      };
      let previous: number | null = null;
      walkIndices(reduced, (left, right, index) => {
        const cut = index[inner - 1] ?? 0;
        const key = [...index.slice(0, Math.max(0, inner - 1)), Math.floor(cut / piece)].reduce(
          (n, i) => n * 1e5 + i,
          0,
        );
        if (previous !== null && previous !== key) close();
        previous = key;
        block = Math.fround(block + Math.fround((lhs[l + left] ?? Number.NaN) * (rhs[r + right] ?? Number.NaN)));
      });
      close();
      out[o] = Math.fround(hi + lo);
    },
  );
  return out;
}

function walkIndices(
  dims: readonly ContractionDim[],
  use: (lhs: number, rhs: number, index: readonly number[]) => void,
  index: readonly number[] = [],
  at: readonly [number, number] = [0, 0],
): void {
  const [first, ...rest] = dims;
  if (first === undefined) return use(...at, index);
  for (let i = 0; i < first.size; i++)
    walkIndices(rest, use, [...index, i], [at[0] + i * first.lhs, at[1] + i * first.rhs]);
}

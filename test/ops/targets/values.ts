// Values for operands: ordinary ones, and the corner values of a dtype.
import type { DType } from "../../../runtime/model.ts";
import { elements, isFloat, type TensorType } from "../../../compiler/types/tensor-type.ts";
import { random } from "../values.ts";

const largest = Math.fround(3.4028235e38);

/**
 * Zeros, subnormals and the smallest normal, ones, halves, integers near 2^23 and 2^24, the largest finite numbers,
 * infinities and NaN.
 */
export const corners = {
  f32: [
    0,
    -0,
    1e-45,
    -1e-45,
    1e-39,
    -1e-39,
    2 ** -126,
    -(2 ** -126),
    1e-20,
    0.5,
    -0.5,
    0.99,
    1,
    -1,
    1.5,
    -2.5,
    2 ** 23 + 1,
    -(2 ** 24),
    3e9,
    -3e9,
    largest,
    -largest,
    Infinity,
    -Infinity,
    Number.NaN,
  ].map(Math.fround),
  i32: [
    0,
    1,
    -1,
    2,
    -2,
    31,
    32,
    33,
    127,
    128,
    -128,
    -129,
    255,
    256,
    2 ** 24 + 1,
    65537,
    2 ** 31 - 1,
    -(2 ** 31),
    -(2 ** 31) + 1,
  ],
  u8: [0, 1, 127, 128, 254, 255],
  i8: [0, 1, -1, 126, 127, -127, -128],
  bool: [0, 1],
} satisfies Partial<Record<DType, readonly number[]>>;

const small = { i32: [-9, 9], u8: [0, 255], i8: [-128, 127], bool: [0, 1] } as const;

/** Floats in [-2, 2) with some zeros; small integers, for byte types any value. */
export function ordinary({ dtype, shape }: TensorType, seed: number): Float64Array {
  const next = random(seed);
  return Float64Array.from({ length: elements(shape) }, () => {
    const x = next();
    if (dtype === "f32" || dtype === "f64") return x < 0.05 ? 0 : Math.fround(next() * 4 - 2);
    const [least, most] = small[dtype];
    return Math.floor(least + x * (most - least + 1));
  });
}

/** Ordinary values mixed with corner values; for floats with those of `floats`. */
export function withCorners(
  type: TensorType,
  seed: number,
  often: number,
  floats: readonly number[] = corners.f32,
): Float64Array {
  const next = random(seed + 7);
  const list: readonly number[] = isFloat(type.dtype) ? floats : corners[type.dtype as keyof typeof corners];
  return ordinary(type, seed).map((x) => (next() < often ? (list[Math.floor(next() * list.length)] ?? 0) : x));
}

export const ordinaryData = (
  leaves: ReadonlyMap<string, { readonly type: TensorType }>,
): ReadonlyMap<string, Float64Array> =>
  new Map([...leaves].map(([name, { type }], i) => [name, ordinary(type, i + 1)]));

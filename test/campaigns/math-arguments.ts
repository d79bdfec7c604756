import { blockSize, promisedUpTo } from "../kernel/math-accuracy.ts";

// The arguments of the sweep, in blocks; a block depends only on its number.

/** Number of argument pairs for pow. */
const pairs = 2 ** 28;

/** The number of f32 bit patterns from 0 up to x. */
function patternsUpTo(x: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, x);
  return view.getUint32(0) + 1;
}

const patterns = (name: string): number => Math.min(2 ** 31, patternsUpTo(promisedUpTo(name)));

export const blocksOf = (name: string, stride: number): number =>
  Math.ceil((name === "pow" ? pairs : 2 * patterns(name)) / stride / blockSize);

/** Writes the arguments of a block: bit patterns of positive numbers, then of negative ones; or pairs for pow. */
export function fillBlock(name: string, stride: number, block: number, inputs: readonly Float32Array[]): void {
  const [xs, ys] = inputs;
  if (xs === undefined) return;
  const [first, count] = [block * blockSize, patterns(name)];
  if (ys) return fillPairs(xs, ys, first, stride);
  const bits = new Int32Array(xs.buffer, xs.byteOffset, blockSize);
  for (let i = 0; i < blockSize; i++) {
    const index = ((first + i) * stride) % (2 * count);
    bits[i] = index < count ? index : (index - count) | 0x80000000;
  }
}

/** A hash of an integer, as a number in [0, 1). */
function mixed(seed: number): number {
  let x = Math.imul(seed ^ (seed >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return ((x ^ (x >>> 15)) >>> 0) / 2 ** 32;
}

/**
 * Alternates between four kinds of pairs: x of any magnitude with a y such that x^y is an f32, subnormals included; x
 * from 1/2 to 2 with such a y; two arbitrary bit patterns; and a grid of 4096 mantissas by the multiples of 1/4 from
 * -32 to 32.
 */
function fillPairs(xs: Float32Array, ys: Float32Array, first: number, stride: number): void {
  const [xBits, yBits] = [xs, ys].map((array) => new Int32Array(array.buffer, array.byteOffset, blockSize)) as [
    Int32Array,
    Int32Array,
  ];
  for (let i = 0; i < blockSize; i++) {
    const index = (first + i) * stride;
    const [u, v] = [mixed(2 * index), mixed(2 * index + 1)];
    const kind = index & 3;
    if (kind === 2) {
      xBits[i] = (u * 2 ** 32) | 0;
      yBits[i] = (v * 2 ** 32) | 0;
    } else if (kind === 3) {
      const cell = Math.floor(index / 4);
      xs[i] = 1 + (cell & 4095) / 4096;
      ys[i] = ((cell >>> 12) & 255) / 4 - 32;
    } else {
      xs[i] = kind === 0 ? 2 ** (u * 252 - 125) : 2 ** (2 * u - 1);
      ys[i] = (v * 278 - 150) / Math.log2(xs[i] ?? 1);
    }
  }
}

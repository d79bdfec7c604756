// The remainder of f32s, in WebAssembly and in JavaScript, against integers of any size.
import fc from "fast-check";
import { expect, test } from "vitest";
import { emitJs } from "../../compiler/codegen/js/emit.ts";
import { KernelBuilder } from "../../compiler/kernel/build.ts";
import { evaluateKernel } from "../../compiler/kernel/evaluate.ts";
import type { Kernel, Lanes } from "../../compiler/kernel/ir.ts";
import type { Exports } from "../../runtime/plan.ts";
import { runWasm } from "./wasm-run.ts";

const cell = new Float32Array(1);
const bits = new Int32Array(cell.buffer);

function fromBits(pattern: number): number {
  bits[0] = pattern;
  return cell[0] ?? 0;
}

/** A finite f32 as a multiple of the least one, 2^-149. */
function multiple(x: number): bigint {
  cell[0] = x;
  const pattern = bits[0] ?? 0;
  const exponent = (pattern >> 23) & 255;
  const fraction = BigInt(pattern & 0x7fffff);
  const size = exponent === 0 ? fraction : (fraction | 0x800000n) << BigInt(exponent - 1);
  return pattern < 0 ? -size : size;
}

/** A multiple of 2^-149 that is an f32: its 24 bits are exact in f64. */
const toNumber = (m: bigint): number => Number(m) * 2 ** -149;

function remainder(x: number, y: number): number {
  if (Number.isNaN(x) || Number.isNaN(y) || !Number.isFinite(x) || y === 0) return NaN;
  if (!Number.isFinite(y)) return x;
  // BigInt division truncates, so the remainder has the sign of x.
  const rest = toNumber(multiple(x) % multiple(y));
  return rest === 0 && (x < 0 || Object.is(x, -0)) ? -0 : rest;
}

type Pair = readonly [x: number, y: number];
const pattern = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const special = fc.constantFrom(0, -0, 1, -1, 3, 0.1, 2 ** -149, -(2 ** -126), 3.4028235e38, 16777216, Infinity, NaN);
const number = fc.oneof({ weight: 5, arbitrary: pattern.map(fromBits) }, { weight: 1, arbitrary: special });
/** A divisor, and almost a multiple of it. */
const near = fc
  .tuple(number, fc.integer({ min: -(2 ** 24), max: 2 ** 24 }), fc.integer({ min: -2, max: 2 }))
  .map(([y, times, off]): Pair => [fromBits((multipleBits(y, times) + off) | 0), y]);

function multipleBits(y: number, times: number): number {
  cell[0] = y * times;
  return bits[0] ?? 0;
}

const pairs: fc.Arbitrary<readonly Pair[]> = fc.array(fc.oneof(fc.tuple(number, number), near), {
  minLength: 400,
  maxLength: 400,
});

function kernelOf(count: number, lanes: Lanes): Kernel {
  const k = new KernelBuilder();
  const [x, y, out] = [
    k.buffer("x", "f32", count, "in"),
    k.buffer("y", "f32", count, "in"),
    k.buffer("out", "f32", count, "out"),
  ];
  k.loop("i", 0, count, lanes, (i) => k.store(out, i, k.rem(k.load(x, i, lanes), k.load(y, i, lanes))));
  return k.build("remainders", "");
}

interface Emitted {
  readonly instantiate: (memory: { readonly buffer: ArrayBuffer }) => Exports;
}

async function inJs(kernel: Kernel, x: Float32Array, y: Float32Array): Promise<Float32Array> {
  const { byteLength: size, length } = x;
  const args = [0, size, 2 * size];
  const entry = {
    name: "go",
    steps: [{ kind: "call" as const, kernel: kernel.name, args, flops: 0, bytes: 0 }],
  };
  const { text } = emitJs([kernel], [entry]);
  const { instantiate } = (await import(`data:text/javascript,${encodeURIComponent(text)}`)) as Emitted;
  const buffer = new ArrayBuffer(3 * size);
  new Float32Array(buffer).set([...x, ...y]);
  instantiate({ buffer })["go"]?.();
  return new Float32Array(buffer, 2 * size, length);
}

test("the remainder of any two f32s is exact on every target", async () => {
  await fc.assert(
    fc.asyncProperty(pairs, async (list) => {
      const [x, y] = [Float32Array.from(list, ([a]) => a), Float32Array.from(list, ([, b]) => b)];
      const wanted = Float32Array.from(list, ([a, b]) => remainder(a, b));
      for (const lanes of [1, 4] as const) {
        const kernel = kernelOf(list.length, lanes);
        const [evaluated, compiled] = [0, 0].map(() => ({ x, y, out: new Float32Array(list.length) })) as [
          { x: Float32Array; y: Float32Array; out: Float32Array },
          { x: Float32Array; y: Float32Array; out: Float32Array },
        ];
        evaluateKernel(kernel, evaluated);
        runWasm(kernel, compiled);
        expect(evaluated.out).toEqual(wanted);
        expect(compiled.out).toEqual(wanted);
        if (lanes === 1) expect(await inJs(kernel, x, y)).toEqual(wanted);
      }
    }),
    { numRuns: 50 },
  );
});

test.each([
  [1e8, 3, 1],
  [2749682432, 36, 20],
  [Math.fround(0.84), Math.fround(0.02), 0.01999999210238457],
  [1, Math.fround(0.1), 0.09999998658895493],
  [3.4028234663852886e38, 2 ** -149, 0],
  [-7, 3, -1],
  [5, -Infinity, 5],
])("%d modulo %d is %d", (x, y, rest) => {
  expect(remainder(x, y)).toBeCloseTo(rest, 12);
});

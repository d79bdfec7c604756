import fc from "fast-check";
import { expect, test } from "vitest";
import { evaluateKernel } from "../../compiler/kernel/evaluate.ts";
import type { Kernel } from "../../compiler/kernel/ir.ts";
import { verifyKernel } from "../../compiler/kernel/verify.ts";
import { evenParts } from "../../compiler/analysis/contraction-dims.ts";
import { contractionKernel, packedSize, type ContractionSpec } from "../../compiler/schedule/contraction.ts";
import { defaultMachine, type Machine } from "../../compiler/support/machine.ts";
import { runWasm } from "../codegen/wasm-run.ts";
import {
  conv,
  convKernelGradient,
  dot,
  dotTransposed,
  pack,
  orderedSums,
  splitColumns,
  type Conv,
  type Problem,
} from "./contraction-problems.ts";

function numbers(size: number, salt: number): Float32Array {
  return Float32Array.from({ length: size }, (_, n) => Math.fround(Math.sin(n * 12.9898 + salt) * 2));
}

function kernelOf(
  { dims, lhsSize, outSize }: Problem,
  epilogue?: ContractionSpec["epilogue"],
  machine: Machine = defaultMachine,
): Kernel {
  return contractionKernel(
    { name: "product", origin: "", dims, lhsSize, outSize, ...(epilogue && { epilogue }) },
    machine,
  );
}

function dataOf(
  problem: Problem,
  machine: Machine = defaultMachine,
): { readonly lhs: Float32Array; readonly rhs: Float32Array; readonly packed: Float32Array } {
  const rhs = numbers(problem.rhsSize, 2);
  return { lhs: numbers(problem.lhsSize, 1), rhs, packed: pack(problem, rhs, machine) };
}

const totalsOf = ({ buffers }: Kernel): Record<string, Float32Array> => {
  const totals = buffers.find(({ name }) => name === "totals");
  return totals === undefined ? {} : { totals: new Float32Array(Number(totals.size)).fill(Number.NaN) };
};

const products = ({ dims }: Problem): number => dims.reduce((count, dim) => count * dim.size, 1);

/**
 * WebAssembly, and for small problems the interpreter, compute exactly the sums in order. A kernel of single floats,
 * whose tiles are in memory, runs in the interpreter alone.
 */
function expectSums(problem: Problem, machine: Machine = defaultMachine): void {
  const { lhs, rhs, packed } = dataOf(problem, machine);
  expect(packed.length).toBe(packedSize(problem.dims, machine));
  const kernel = kernelOf(problem, undefined, machine);
  verifyKernel(kernel);
  const wanted = orderedSums(problem, lhs, rhs);
  if (machine.tile.lanes > 1) {
    const out = new Float32Array(problem.outSize).fill(Number.NaN);
    runWasm(kernel, { lhs, packed, out, ...totalsOf(kernel) });
    expect(out, problem.name).toEqual(wanted);
    if (products(problem) > 5e3) return;
  }
  const interpreted = new Float32Array(problem.outSize).fill(Number.NaN);
  evaluateKernel(kernel, { lhs, packed, out: interpreted, ...totalsOf(kernel) });
  expect(interpreted, problem.name).toEqual(wanted);
}

const size = (max: number): fc.Arbitrary<number> =>
  fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max }));

const convs: fc.Arbitrary<Conv> = fc.record({
  batch: size(3),
  out: fc.tuple(size(8), size(14)),
  kernel: fc.tuple(size(3), size(5)),
  stride: size(2),
  dilation: size(2),
  groups: size(2),
  channels: size(6),
  features: size(18),
});

test("products of any sizes have the sums in order", () => {
  fc.assert(fc.property(size(3), size(30), size(40), size(40), (b, m, n, k) => expectSums(dot(b, m, n, k))));
});

const terms = fc.oneof(size(60), fc.integer({ min: 500, max: 700 }));

/** Machines with arbitrary limits: the choices may be slow, but never wrong. */
const machines: fc.Arbitrary<Machine> = fc
  .record({
    lanes: fc.constantFrom(1, 4),
    columns: fc.integer({ min: 1, max: 9 }),
    accumulators: fc.integer({ min: 4, max: 20 }),
    rows: fc.integer({ min: 1, max: 9 }),
    panelWidth: fc.constantFrom(4, 8, 12, 16),
    panelsOfFewRows: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 3 }),
    tileBytes: fc.constantFrom(0, 2 ** 14, 2 ** 18),
    elements: fc.constantFrom(40, 400, 65536),
    whole: fc.integer({ min: 1, max: 9 }),
    factor: fc.integer({ min: 1, max: 8 }),
  })
  .map(({ lanes, columns, accumulators, rows, panelWidth, panelsOfFewRows, tileBytes, elements, whole, factor }) => {
    const { tile, pack: packing } = defaultMachine;
    return {
      ...defaultMachine,
      pack: { ...packing, panelWidth },
      tile: {
        ...tile,
        lanes,
        columns,
        accumulators,
        rows,
        panelsOfFewRows,
        resident: { elements, rows: 2, leastRows: 2, tileBytes, totals: 2 ** 18 },
        unroll: { whole, factors: [factor] },
      },
    };
  });

test("the sums are the same on any machine", () => {
  fc.assert(
    fc.property(machines, size(2), size(20), size(20), terms, (machine, b, m, n, k) =>
      expectSums(dot(b, m, n, k), machine),
    ),
  );
});

test("products of transposes have the sums in order", () => {
  fc.assert(fc.property(size(30), size(20), size(30), (m, n, k) => expectSums(dotTransposed(m, n, k))));
});

test("columns that are not contiguous in the result have the sums in order", () => {
  fc.assert(fc.property(size(8), size(4), size(9), size(9), (m, n0, n1, k) => expectSums(splitColumns(m, n0, n1, k))));
});

test("convolutions with stride, dilation and groups have the sums in order", () => {
  fc.assert(fc.property(convs, (c) => expectSums(conv(c))));
});

test("kernel gradients have the sums in order", () => {
  fc.assert(fc.property(convs, (c) => expectSums(convKernelGradient(c))));
});

test.each([
  dot(1, 37, 11, 2000),
  dot(1, 20, 8, 1031),
  dot(2, 20, 24, 1536),
  dotTransposed(14, 6, 3000),
  dotTransposed(29, 13, 5000),
  convKernelGradient({
    batch: 9,
    out: [10, 10],
    kernel: [5, 5],
    stride: 1,
    dilation: 1,
    groups: 1,
    channels: 1,
    features: 6,
  }),
])("a long sum, $name, is in blocks", (problem) => expectSums(problem));

test("sums of a tile that read more than the cache holds have totals in scratch, others in registers", () => {
  const scratch = (problem: Problem): boolean => "totals" in totalsOf(kernelOf(problem));
  expect(scratch(dotTransposed(29, 13, 5000))).toBe(true);
  expect(scratch(dotTransposed(12, 13, 5000))).toBe(false);
  expect(scratch(dotTransposed(29, 13, 600))).toBe(false);
  expect(scratch(dot(1, 29, 13, 2000))).toBe(false);
});

test("many rows are split so that they stay in the cache", () => expectSums(dot(1, 256, 17, 300)));

test("the epilogue gets each sum once, with its flat index and its indices", () => {
  const problem = conv({
    batch: 2,
    out: [3, 5],
    kernel: [2, 2],
    stride: 1,
    dilation: 1,
    groups: 1,
    channels: 2,
    features: 11,
  });
  const { lhs, rhs, packed } = dataOf(problem);
  const kernel = kernelOf(problem, (k) => {
    const bias = k.buffer("bias", "f32", 11, "in");
    const out = k.buffer("out", "f32", problem.outSize, "out");
    const indices = k.buffer("indices", "i32", problem.outSize, "out");
    return {
      store: (value, at, lanes) => {
        k.store(out, at.out, k.max(k.add(value, k.load(bias, at.column, lanes)), 0));
        const pixel = k.add(k.mul(at.dim("n"), 100), k.add(k.mul(at.dim("y"), 10), at.dim("x")));
        for (let lane = 0; lane < lanes; lane++)
          k.store(indices, k.add(at.out, lane), k.add(k.mul(pixel, 100), k.add(at.column, lane)));
      },
    };
  });
  verifyKernel(kernel);
  const [bias, out, indices] = [numbers(11, 3), new Float32Array(problem.outSize), new Int32Array(problem.outSize)];
  runWasm(kernel, { lhs, packed, bias, out, indices });
  const wanted = orderedSums(problem, lhs, rhs).map((sum, index) =>
    Math.max(0, Math.fround(sum + (bias[index % 11] ?? 0))),
  );
  expect(out).toEqual(wanted);
  expect(indices).toEqual(
    Int32Array.from({ length: problem.outSize }, (_, index) => {
      const pixel = Math.floor(index / 11);
      return (Math.floor(pixel / 15) * 100 + Math.floor((pixel % 15) / 5) * 10 + (pixel % 5)) * 100 + (index % 11);
    }),
  );
});

test("parts are even and cover the whole size", () => {
  expect(evenParts(13, 6)).toEqual([
    { start: 0, size: 5, count: 1 },
    { start: 5, size: 4, count: 2 },
  ]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 12 }), (whole, most) => {
      let end = 0;
      for (const part of evenParts(whole, most)) {
        expect(part.start).toBe(end);
        expect(part.size).toBeLessThanOrEqual(most);
        end += part.size * part.count;
      }
      expect(end).toBe(whole);
    }),
  );
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { emitJs, type Entry } from "../../compiler/codegen/js/emit.ts";
import { evaluateKernel } from "../../compiler/kernel/evaluate.ts";
import type { Kernel } from "../../compiler/kernel/ir.ts";
import { functions } from "../../compiler/kernel/math.ts";
import { parseKernel } from "../../compiler/kernel/parse.ts";
import type { Exports } from "../../runtime/plan.ts";
import { contents, kernels } from "../kernel/random-kernels.ts";

interface Emitted {
  readonly instantiate: (memory: { readonly buffer: ArrayBuffer }) => Exports;
}

function load(
  kernels: readonly Kernel[],
  entries: readonly Entry[],
  exported: readonly string[] = [],
): Promise<Emitted> {
  return import(
    `data:text/javascript,${encodeURIComponent(emitJs(kernels, entries, exported).text)}`
  ) as Promise<Emitted>;
}

/** Bytes from one buffer to the next. */
const stride = 1024;

async function run(kernel: Kernel): Promise<ReturnType<typeof contents>> {
  const { instantiate } = await load(
    [kernel],
    [
      {
        name: "go",
        steps: [
          { kind: "call", kernel: kernel.name, args: kernel.buffers.map((_, i) => i * stride), flops: 0, bytes: 0 },
        ],
      },
    ],
  );
  const memory = { buffer: new ArrayBuffer(kernel.buffers.length * stride) };
  const data = contents(kernel);
  const views = Object.entries(data).map(([name, array], i) => {
    const Array = array.constructor as Float32ArrayConstructor;
    const view = new Array(memory.buffer, i * stride, array.length);
    view.set(array);
    return [name, view] as const;
  });
  instantiate(memory)["go"]?.();
  return Object.fromEntries(views.map(([name, view]) => [name, view.slice()]));
}

function evaluated(kernel: Kernel): ReturnType<typeof contents> {
  const data = contents(kernel);
  evaluateKernel(kernel, data);
  return data;
}

test("emitted JavaScript computes what the interpreter computes, bit for bit", async () => {
  await fc.assert(
    fc.asyncProperty(kernels, async (kernel) => {
      expect(await run(kernel)).toStrictEqual(evaluated(kernel));
    }),
    { numRuns: 200 },
  );
});

test("a vector is stored after all its lanes are read", async () => {
  const kernel = parseKernel(`kernel shift(inout io_f32: f32[48])
  for i in 0..40 step 4
    io_f32[i + 1]:f32x4 = io_f32[i]:f32x4
`);
  expect(await run(kernel)).toStrictEqual(evaluated(kernel));
});

test("a vector register is set after all its lanes are read", async () => {
  const kernel = parseKernel(`kernel reflect(inout io_f32: f32[48])
  var x: f32x4 = 0
  x = io_f32[4]:f32x4
  x = splat (lane(x, 0) + lane(x, 3)) - x
  io_f32[8]:f32x4 = x
`);
  expect(await run(kernel)).toStrictEqual(evaluated(kernel));
});

test("a kernel may use names that are reserved in JavaScript or in the module", async () => {
  const kernel = parseKernel(`kernel new(in class: f32[48], inout f32: f32[48])
  let fround = class[1]
  let exp = exp(fround)
  for memory in 0..4
    f32[memory] = exp + fround
`);
  expect(await run(kernel)).toStrictEqual(evaluated(kernel));
});

test("a module exports its entries, and the requested kernels as functions of byte offsets", async () => {
  const fill = parseKernel("kernel fill(out x: f32[2])\n  x[0] = 3\n  x[1] = 4\n");
  const entries = [
    {
      name: "both halves",
      steps: [8, 16].map((at) => ({ kind: "call" as const, kernel: "fill", args: [at], flops: 0, bytes: 0 })),
    },
  ];
  const memory = { buffer: new ArrayBuffer(32) };
  const exports = (await load([fill], entries, ["fill"])).instantiate(memory);
  expect(Object.keys(exports)).toEqual(["both halves", "fill"]);
  exports["both halves"]?.();
  expect([...new Float32Array(memory.buffer)]).toEqual([0, 0, 3, 4, 3, 4, 0, 0]);
  exports["fill"]?.(0);
  expect([...new Float32Array(memory.buffer)]).toEqual([3, 4, 3, 4, 3, 4, 0, 0]);
});

test("a register array with indices that are not constant is in memory", async () => {
  const kernel = parseKernel(`kernel k(in x: f32[8], out y: f32[8])
  for i in 0..2
    var sums[2,2]: f32 = 0.5
    unroll j in 0..2
      sums[j,1] = sums[j,1] + x[i + j]
    for a in 0..2
      for b in 0..2
        y[i * 4 + a * 2 + b] = sums[a,b] * x[i]
`);
  expect(await run(kernel)).toStrictEqual(evaluated(kernel));
  const { text } = emitJs([kernel], []);
  expect(text).toContain("const registers = new Float64Array(4);");
  expect(text.split("registers[").length).toBeLessThan(9);
});

test("a choice by data has no branch", () => {
  const { text } = emitJs(
    [
      parseKernel(
        "kernel k(in x: f32[8], out y: f32[8])\n  for i in 0..8\n    y[i] = select(x[i] < 1, max(x[i], 0), 2)\n",
      ),
    ],
    [],
  );
  expect(text).not.toMatch(/if|\?/);
});

test("the text of a small module", () => {
  const kernel = parseKernel(`kernel axpy(in x: f32[64], inout y: f32[64])   # model.dl:3:5
  for i in 0..64 step 4
    y[i]:f32x4 = madd(x[i]:f32x4, 0.5, y[i]:f32x4)
`);
  expect(
    emitJs([kernel], [{ name: "step", steps: [{ kind: "call", kernel: "axpy", args: [0, 256], flops: 0, bytes: 0 }] }])
      .text,
  ).toMatchInlineSnapshot(`
    "const fround = Math.fround;

    export function instantiate(memory) {
      const f32 = new Float32Array(memory.buffer);
      function axpy(x, y) { // model.dl:3:5
        x >>= 2;
        y >>= 2;
        for (let i = 0; i < 64; i += 4) {
          const t = x + i;
          const t_1 = y + i;
          const at = y + i;
          const v = fround(fround(f32[t] * 0.5) + f32[t_1]);
          const v_1 = fround(fround(f32[t + 1] * 0.5) + f32[t_1 + 1]);
          const v_2 = fround(fround(f32[t + 2] * 0.5) + f32[t_1 + 2]);
          const v_3 = fround(fround(f32[t + 3] * 0.5) + f32[t_1 + 3]);
          f32[at] = v;
          f32[at + 1] = v_1;
          f32[at + 2] = v_2;
          f32[at + 3] = v_3;
        }
      }
      return {
        "step"() {
          axpy(0, 256);
        },
      };
    }
    "
  `);
});

test("a module contains only the functions that its kernels call", () => {
  const kernel = parseKernel("kernel one(inout x: f32[1])\n  x[0] = tanh(x[0])\n");
  const { text } = emitJs([kernel], []);
  expect([...functions.keys()].filter((name) => text.includes(`function ${name}(`))).toEqual(["tanh"]);
});

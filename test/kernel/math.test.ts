import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { emitJs } from "../../compiler/codegen/js/emit.ts";
import { evaluateFunction } from "../../compiler/kernel/evaluate.ts";
import { functions, mathNames } from "../../compiler/kernel/math.ts";
import { parseFile } from "../../compiler/kernel/parse.ts";
import { printFunction } from "../../compiler/kernel/print.ts";
import { present } from "../../compiler/support/invariant.ts";
import type { Exports } from "../../runtime/plan.ts";
import {
  blockSize,
  compiled,
  errorsOf,
  joined,
  kernelOf,
  noErrors,
  promisedUpTo,
  references,
  stated,
  ulps,
  unaryNames,
  type AccurateName,
  type Errors,
} from "./math-accuracy.ts";
import { cells, neighbour, number, shown } from "./math-page.ts";

// A dense sample of the arguments of `npm run sweep:math`, and the tables of docs/math-functions.md, which contain its
// results.

const page = readFileSync(new URL("../../docs/math-functions.md", import.meta.url), "utf8");
const names = [...unaryNames, "pow"];

/** The largest error over the arguments, a list for each parameter; the last block is padded with 1. */
function worst(name: string, ...args: readonly ArrayLike<number>[]): Errors {
  const block = compiled(name);
  const exact = present(references[name], name);
  let found = noErrors;
  for (let first = 0; first < (args[0]?.length ?? 0); first += blockSize) {
    for (const [i, input] of block.inputs.entries())
      for (let at = 0; at < blockSize; at++) input[at] = args[i]?.[first + at] ?? 1;
    block.run();
    found = joined(found, errorsOf(block, exact));
  }
  return found;
}

/** One value of the compiled function. */
function value(name: string, ...args: readonly number[]): number {
  const block = compiled(name);
  for (const [i, input] of block.inputs.entries()) input[0] = args[i] ?? 0;
  block.run();
  return present(block.output[0], name);
}

/**
 * All binades of both signs, with 502 mantissas in each: the first, the last, and 500 that differ from binade to
 * binade.
 */
const everywhere = new Float32Array(
  Int32Array.from({ length: 512 * 502 }, (_, i) => {
    const [binade, step] = [Math.floor(i / 502), i % 502];
    const mantissa = step === 500 ? 0 : step === 501 ? 0x7fffff : Math.imul(i, 0x9e3779b1) >>> 9;
    return (binade << 23) | mantissa;
  }).buffer,
);

const inRange = (name: string, xs: Float32Array): Float32Array => xs.filter((x) => Math.abs(x) <= promisedUpTo(name));

test.each(names)("%s keeps its bound in every binade", (name) => {
  const xs = name === "sin" || name === "cos" ? inRange(name, everywhere) : everywhere;
  const found = name === "pow" ? worst(name, xs, xs.toReversed()) : worst(name, xs);
  expect(found.worst, `at ${found.at.join(", ")}`).toBeLessThanOrEqual(stated(name));
  expect(found.count).toBeGreaterThan(70_000);
});

/** Ranges where a function bends, switches to another formula, or is near a zero. */
const bends: Readonly<Record<Exclude<AccurateName, "pow">, readonly (readonly [number, number])[]>> = {
  exp: [
    [-104, 89],
    [-0.35, 0.35],
    [-88, -87],
  ],
  expm1: [
    [-18, 18],
    [0.34, 0.36],
    [88, 89],
  ],
  log: [
    [0.5, 2],
    [0, 1e-37],
  ],
  log1p: [
    [-1, 1],
    [-0.3, -0.28],
    [0.4, 0.46],
  ],
  sigmoid: [
    [-18, 18],
    [-104, -86],
  ],
  tanh: [
    [-9.1, 9.1],
    [0.59, 0.65],
  ],
  erf: [
    [-4, 4],
    [0.92, 0.94],
  ],
  erfc: [
    [-4, 10.2],
    [0.69, 0.71],
    [0.7, 2],
    [9, 10.1],
  ],
  sin: [
    [-10, 10],
    [-25_000, 25_000],
  ],
  cos: [
    [-10, 10],
    [-25_000, 25_000],
  ],
  sqrt: [[1, 4]],
  rsqrt: [[1, 4]],
};

test.each(Object.entries(bends))("%s keeps its bound where it bends", (name, ranges) => {
  for (const [low, high] of ranges) {
    const xs = Float32Array.from({ length: 10 * blockSize }, (_, i) => low + ((high - low) * i) / (10 * blockSize - 1));
    const found = worst(name, xs);
    expect(found.worst, `at ${found.at.join(", ")}`).toBeLessThanOrEqual(stated(name));
  }
});

test("sin and cos keep their bounds next to the multiples of pi / 2", () => {
  const near = Float32Array.from({ length: 2 * 15_915 }, (_, i) => (i - 15_915) * (Math.PI / 2));
  const around = inRange("sin", Float32Array.from([near, near.map((x) => neighbour(x, 1))].flatMap((xs) => [...xs])));
  expect(around.length).toBeGreaterThan(63_000);
  for (const name of ["sin", "cos"]) expect(worst(name, around).worst).toBeLessThanOrEqual(stated(name));
});

test("sin and cos stay within -1..1 outside of the range of their bound, and are NaN for infinities and NaN", () => {
  for (const name of ["sin", "cos"]) {
    const block = compiled(name);
    for (let first = 0; first < everywhere.length; first += blockSize) {
      block.inputs[0]?.set(everywhere.subarray(first, first + blockSize));
      block.run();
      const wrong = block.output.findIndex((y, i) =>
        Number.isFinite(block.inputs[0]?.[i]) ? !(Math.abs(y) <= 1) : !Number.isNaN(y),
      );
      expect(wrong, `${name}(${block.inputs[0]?.[wrong]})`).toBe(-1);
    }
  }
});

test("pow keeps its bound where the result is an f32, far from 1 and near it", () => {
  const count = 25 * blockSize;
  const exponent = (i: number): number => ((i * 0.61803398875) % 1) * 277 - 149;
  const far = Float32Array.from({ length: count }, (_, i) => 2 ** (((i * 0.7548776662) % 1) * 252 - 126));
  const near = Float32Array.from({ length: count }, (_, i) => 0.7 + ((i * 0.7548776662) % 1) * 0.75);
  for (const x of [far, near]) {
    const y = Float32Array.from(x, (base, i) => exponent(i) / Math.log2(base));
    expect(worst("pow", x, y).worst).toBeLessThanOrEqual(stated("pow"));
  }
});

const edges = [
  0,
  1,
  Infinity,
  NaN,
  1e-45,
  2 ** -126,
  3.4028234663852886e38,
  88.72283,
  88.72284,
  87.5,
  104,
  2,
  3,
  0.5,
].flatMap((x) => [Math.fround(x), Math.fround(-x)]);

test("pow of all pairs of edge cases equals Math.pow, including the sign of zero", () => {
  const pow = present(functions.get("pow"), "pow");
  const wrong = edges
    .flatMap((x) => edges.map((y) => [x, y] as const))
    .filter(([x, y]) => {
      const [got, wanted] = [evaluateFunction(pow, [x, y]), x ** y];
      return !(ulps(got, wanted) <= stated("pow")) || (got === 0 && !Object.is(got, Math.fround(wanted)));
    });
  expect(wrong).toEqual([]);
});

test("JavaScript and the interpreter compute the bits of WebAssembly", async () => {
  const kernels = mathNames.map((name) => kernelOf(name, name));
  const { text } = emitJs(
    kernels,
    [],
    kernels.map((k) => k.name),
  );
  const memory = { buffer: new ArrayBuffer(12 * blockSize) };
  const module = (await import(`data:text/javascript,${encodeURIComponent(text)}`)) as {
    instantiate: (m: typeof memory) => Exports;
  };
  const scripts = module.instantiate(memory);
  const sample = everywhere.filter((_, i) => i % 63 === 0).subarray(0, blockSize);
  for (const [name, fn] of functions) {
    const block = compiled(name);
    for (const [i, input] of block.inputs.entries()) {
      // Parameters after the first take the values in reverse order.
      input.set(i === 0 ? sample : sample.toReversed());
      new Float32Array(memory.buffer, 4 * blockSize * i, blockSize).set(input);
    }
    block.run();
    present(scripts[name], name)(...[...block.inputs, null].map((_, i) => 4 * blockSize * i));
    const script = new Float32Array(memory.buffer, 4 * blockSize * block.inputs.length, blockSize);
    const at = block.output.findIndex((y, i) => {
      if (!Object.is(y, script[i])) return true;
      // The interpreter is slow.
      if (i % 8 !== 0) return false;
      const args = block.inputs.map((input) => input[i] ?? 0);
      return !Object.is(y, evaluateFunction(fn, args));
    });
    expect(at, name).toBe(-1);
  }
});

test("fast mode has the code of strict mode: no math function fuses a multiply and an add", () => {
  for (const name of names) expect(compiled(name, "fast").bytes, name).toStrictEqual(compiled(name).bytes);
  const text = [...functions.values()].map(printFunction).join("\n");
  expect(text).not.toContain("madd");
  expect(parseFile({ name: "functions.kir", text }).functions).toStrictEqual([...functions.values()]);
});

test("the references have known values", () => {
  // Computed with 25 digits by other software.
  const known: readonly (readonly [string, number, number])[] = [
    ["erf", 0.1, 0.1124629160182849],
    ["erf", 0.5, 0.5204998778130465],
    ["erf", 1, 0.8427007929497149],
    ["erf", 1.5, 0.9661051464753108],
    ["erf", 2, 0.9953222650189527],
    ["erf", 3, 0.9999779095030014],
    ["erf", 3.9, 0.9999999652077514],
    ["erfc", 0.6, 0.3961439091520741],
    ["erfc", 2, 0.004677734981047266],
    ["erfc", 2.5, 0.000406952017444959],
    ["erfc", 6, 2.1519736712498913e-17],
    ["erfc", 9, 4.13703174651381e-37],
    ["exp", 1, Math.E],
    ["expm1", 1, Math.E - 1],
    ["log", 10, Math.LN10],
    ["log1p", 1, Math.LN2],
    ["tanh", 0.5, 0.46211715726000974],
    ["sigmoid", 1, 0.7310585786300049],
    ["sin", 1, 0.8414709848078965],
    ["cos", 1, 0.5403023058681398],
    ["sin", 22, -0.008851309290403876],
    ["rsqrt", 2, Math.SQRT1_2],
  ];
  for (const [name, x, y] of known)
    expect(Math.abs(present(references[name], name)(x, 0) / y - 1), `${name}(${x})`).toBeLessThan(1e-14);
});

test("ulp are those of the binade of the exact value, and infinity is the number after the largest", () => {
  expect(ulps(1, 1)).toBe(0);
  expect(ulps(1 + 2 ** -23, 1)).toBe(1);
  expect(ulps(1, 1 - 2 ** -25)).toBe(0.5);
  expect(ulps(2 ** -149, 2 ** -150)).toBe(0.5);
  expect(ulps(Infinity, 1e300)).toBe(0);
  expect(ulps(Infinity, 2 ** 128 - 2 ** 105)).toBe(2);
  expect(ulps(3, NaN)).toBe(Infinity);
  expect(ulps(NaN, 3)).toBe(Infinity);
});

test("the page states the bounds of the functions, and the largest errors are where the sweep found them", () => {
  const rows = cells(page, "Errors");
  expect(rows.map(([name]) => name)).toEqual(names);
  for (const [name = "", , bound, largest, where = ""] of rows) {
    const at = where.split(", ").map(number);
    expect(Number(bound), name).toBe(stated(name));
    expect(Number(largest), name).toBeLessThanOrEqual(stated(name));
    const error = ulps(value(name, ...at), present(references[name], name)(at[0] ?? 0, at[1] ?? 0));
    expect(error.toFixed(3), `${name}(${where})`).toBe(largest);
  }
});

test("the functions have the special values of the page", () => {
  const [head, ...rows] = cells(page, "Special values", true);
  const args = (head ?? []).slice(1).map(number);
  expect(args).toHaveLength(10);
  expect(rows.map(([name]) => name)).toEqual(unaryNames);
  for (const [name = "", ...values] of rows)
    expect(
      args.map((x) => shown(value(name, x))),
      name,
    ).toEqual(values);
});

test("the functions have the thresholds of the page", () => {
  const rows = cells(page, "Thresholds");
  expect(rows.length).toBeGreaterThan(6);
  for (const [name = "", from = "", result = ""] of rows) {
    const x = number(from);
    const outward = Math.sign(x);
    const beyond = Float32Array.from({ length: blockSize }, (_, i) => neighbour(x, outward * i * i));
    const block = compiled(name);
    block.inputs[0]?.set(beyond);
    block.run();
    expect([...new Set(block.output)].map(shown), `${name} from ${from}`).toEqual([result]);
    expect(shown(value(name, neighbour(x, -outward))), `${name} before ${from}`).not.toBe(result);
  }
});

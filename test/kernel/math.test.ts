import { beforeAll, expect, test } from "vitest";
import { emitJs } from "../../compiler/codegen/js/emit.ts";
import { KernelBuilder } from "../../compiler/kernel/build.ts";
import { evaluateFunction } from "../../compiler/kernel/evaluate.ts";
import type { Kernel } from "../../compiler/kernel/ir.ts";
import { functions } from "../../compiler/kernel/math.ts";
import { parseFile } from "../../compiler/kernel/parse.ts";
import { printFunction } from "../../compiler/kernel/print.ts";
import { f32 } from "../../compiler/ops/signature.ts";
import { ops } from "../../compiler/ops/table.ts";
import { present } from "../../compiler/support/invariant.ts";
import type { Exports } from "../../runtime/plan.ts";

// The functions against Math in f64, over all binades and, more densely, where they bend. The bound is the one that the documentation of each states.

const points = 100_000;
const references: Readonly<Record<string, (...args: number[]) => number>> = {
  ...{ exp: Math.exp, expm1: Math.expm1, log: Math.log, log1p: Math.log1p, tanh: Math.tanh, sin: Math.sin, cos: Math.cos, pow: Math.pow },
  erf: (x = 0) => {
    const { reference } = present(ops.get("erf"), "erf");
    return reference.kind === "scalar" ? reference.apply([x], {}, [f32()]) : NaN;
  },
  sigmoid: (x = 0) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
};
/** Where most of the points lie: the bends, and for sin and cos all that is promised. */
const dense: Readonly<Record<string, readonly [number, number]>> = {
  ...{
    exp: [-105, 90],
    expm1: [-20, 20],
    log: [0, 10],
    log1p: [-1, 5],
    sigmoid: [-105, 20],
    tanh: [-10, 10],
    erf: [-4.5, 4.5],
    sin: [-12_000, 12_000],
    cos: [-12_000, 12_000],
  },
};

const memory = { buffer: new ArrayBuffer(12 * points) };
let sweep: Exports;

function kernelOf(name: string, arity: number): Kernel {
  const k = new KernelBuilder();
  const inputs = Array.from({ length: arity }, (_, i) => k.buffer(`x${i}`, "f32", points, "in"));
  const out = k.buffer("out", "f32", points, "out");
  k.loop("i", 0, points, 1, (i) => k.store(out, i, k.call(name, ...inputs.map((x) => k.load(x, i)))));
  return k.build(`sweep_${name}`, "");
}

beforeAll(async () => {
  const kernels = [...functions.values()].map((fn) => kernelOf(fn.name, fn.params.length));
  const text = emitJs(
    kernels,
    [],
    kernels.map((k) => k.name),
  );
  const module = (await import(`data:text/javascript,${encodeURIComponent(text)}`)) as { instantiate: (m: typeof memory) => Exports };
  sweep = module.instantiate(memory);
});

function results(name: string, ...args: readonly Float32Array[]): Float32Array {
  for (const [i, arg] of args.entries()) new Float32Array(memory.buffer, 4 * points * i, points).set(arg);
  const offsets = [...args, null].map((_, i) => 4 * points * i);
  present(sweep[`sweep_${name}`], name)(...offsets);
  return new Float32Array(memory.buffer, 4 * points * args.length, points).slice();
}

/** The distance of a result from the exact value, in units in the last place of the f32s around that. */
function ulps(got: number, exact: number): number {
  const near = Math.fround(exact);
  if (Object.is(got, near)) return 0;
  if (Number.isNaN(got) || Number.isNaN(exact)) return Infinity;
  if (!Number.isFinite(got)) return Math.abs(exact) > 3.4028235e38 ? 0 : Infinity;
  const binade = Math.max(-126, Math.floor(Math.log2(Math.abs(exact))));
  return Math.abs(got - exact) / 2 ** (binade - 23);
}

const promised = (name: string): number => Number(present(/within ([\d.]+) ulp/.exec(present(functions.get(name), name).doc)?.[1], `${name} states its error`));

function worst(name: string, ...args: readonly Float32Array[]): { ulps: number; at: number[] } {
  let found = { ulps: 0, at: [0] };
  const exact = present(references[name], name);
  for (const [i, got] of results(name, ...args).entries()) {
    const at = args.map((arg) => arg[i] ?? 0);
    const error = ulps(got, exact(...at));
    if (error > found.ulps) found = { ulps: error, at };
  }
  return found;
}

/** Every binade, both signs, infinities and NaN: bit patterns in even steps. */
const everywhere = new Float32Array(Int32Array.from({ length: points }, (_, i) => Math.imul(i, 0x9e3779b1)).buffer);

for (const [name, [low, high]] of Object.entries(dense)) {
  test(`${name} keeps its bound from ${low} to ${high}`, () => {
    const even = Float32Array.from({ length: points }, (_, i) => low + ((high - low) * i) / (points - 1));
    expect(worst(name, even).ulps).toBeLessThanOrEqual(promised(name));
    const small = Float32Array.from({ length: points }, (_, i) => (i - points / 2) / points);
    expect(worst(name, small).ulps).toBeLessThanOrEqual(promised(name));
  });

  const bounded = name === "sin" || name === "cos";
  test(`${name} ${bounded ? "stays within -1..1" : "keeps its bound"} everywhere`, () => {
    if (!bounded) return expect(worst(name, everywhere).ulps).toBeLessThanOrEqual(promised(name));
    for (const [i, y] of results(name, everywhere).entries()) {
      expect(Number.isFinite(everywhere[i]) ? Math.abs(y) <= 1 : Number.isNaN(y), `${name}(${everywhere[i]}) = ${y}`).toBe(true);
    }
  });
}

test("sin and cos keep their bounds next to the multiples of a quarter turn", () => {
  const near = Float32Array.from({ length: points }, (_, i) => ((i % 7600) - 3800) * (Math.PI / 2));
  for (const name of ["sin", "cos"]) expect(worst(name, near).ulps).toBeLessThanOrEqual(promised(name));
});

test("pow keeps its bound where the result is an f32, far from 1 and near it", () => {
  const exponent = (i: number): number => ((i * 0.61803398875) % 1) * 250 - 125;
  const far = Float32Array.from({ length: points }, (_, i) => 2 ** (((i * 0.7548776662) % 1) * 60 - 30));
  const near = Float32Array.from({ length: points }, (_, i) => 0.7 + ((i * 0.7548776662) % 1) * 0.75);
  for (const x of [far, near]) {
    const y = Float32Array.from(x, (value, i) => exponent(i) / Math.log2(value));
    expect(worst("pow", x, y).ulps).toBeLessThanOrEqual(promised("pow"));
  }
  expect(worst("pow", everywhere, everywhere.slice().reverse()).ulps).toBeLessThanOrEqual(promised("pow"));
});

const edges = [
  0,
  -0,
  1,
  -1,
  Infinity,
  -Infinity,
  NaN,
  1e-45,
  -1e-45,
  2 ** -126,
  3.4028234663852886e38,
  -3.4028234663852886e38,
  88.72283,
  88.72284,
  -87.5,
  -104,
  2,
  -2,
  3,
  -3,
  0.5,
];

for (const name of ["exp", "expm1", "log", "log1p", "sigmoid", "tanh", "erf", "sin", "cos"]) {
  test(`${name} at the edges is what Math has, sign of zero and all`, () => {
    const fn = present(functions.get(name), name);
    const exact = present(references[name], name);
    const inside = name === "sin" || name === "cos" ? edges.filter((x) => Math.abs(x) < 1e30 || !Number.isFinite(x)) : edges;
    const wrong = inside.filter((x) => {
      const [got, wanted] = [evaluateFunction(fn, [Math.fround(x)]), exact(Math.fround(x))];
      return ulps(got, wanted) > promised(name) || (got === 0 && !Object.is(got, Math.fround(wanted)));
    });
    expect(wrong).toEqual([]);
  });
}

test("pow of all pairs of edges is what Math.pow has, sign of zero and all", () => {
  const pow = present(functions.get("pow"), "pow");
  const pairs = edges.flatMap((x) => edges.map((y) => [Math.fround(x), Math.fround(y)] as const));
  const wrong = pairs.filter(([x, y]) => {
    const [got, wanted] = [evaluateFunction(pow, [x, y]), x ** y];
    return ulps(got, wanted) > promised("pow") || (got === 0 && !Object.is(got, Math.fround(wanted)));
  });
  expect(wrong).toEqual([]);
});

test("no function fuses a multiply and an add, and all of them parse back from their text", () => {
  const text = [...functions.values()].map(printFunction).join("\n");
  expect(text).not.toContain("madd");
  expect(parseFile({ name: "functions.kir", text }).functions).toStrictEqual([...functions.values()]);
});

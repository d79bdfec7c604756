import { emitWasm } from "../../compiler/codegen/wasm/emit.ts";
import { KernelBuilder } from "../../compiler/kernel/build.ts";
import type { MathName } from "../../compiler/kernel/builder-types.ts";
import type { Kernel } from "../../compiler/kernel/ir.ts";
import { functions, mathNames } from "../../compiler/kernel/math.ts";
import { f32 } from "../../compiler/ops/signature.ts";
import { ops } from "../../compiler/ops/table.ts";
import { present } from "../../compiler/support/invariant.ts";
import { opNamed } from "../../compiler/graph/op.ts";

// The errors of the f32 functions: the test samples arguments, `npm run sweep:math` goes through every f32.

export type Reference = (x: number, y: number) => number;

/** The reference in the op table. The functions of `Math` are accurate to about 2^-52; an f32 has 24 bits. */
function ofOp(name: string): Reference {
  const { reference } = present(opNamed(ops, name), name);
  if (reference.kind !== "scalar") return () => NaN;
  const types = [f32(), f32()];
  const [, ...rest] = types;
  return name === "pow" ? (x, y) => reference.apply([x, y], {}, types) : (x) => reference.apply([x], {}, rest);
}

/** The math functions, and the two roots, which are operators. */
export type AccurateName = MathName | "sqrt" | "rsqrt";

const table: Readonly<Record<AccurateName, Reference>> = {
  ...{
    exp: Math.exp,
    expm1: Math.expm1,
    log: Math.log,
    log1p: Math.log1p,
    tanh: Math.tanh,
    sin: Math.sin,
    cos: Math.cos,
    pow: Math.pow,
  },
  erf: ofOp("erf"),
  erfc: ofOp("erfc"),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  sqrt: Math.sqrt,
  rsqrt: (x) => 1 / Math.sqrt(x),
};

export const references: Readonly<Record<string, Reference>> = table;
export const unaryNames: readonly string[] = Object.keys(references).filter((name) => name !== "pow");

/** The largest magnitude of an argument for which the function states a bound. */
export const promisedUpTo = (name: string): number => (name === "sin" || name === "cos" ? 25_000 : Infinity);

/** The bound that the function's documentation states; the roots are rounded once and twice. */
export function stated(name: string): number {
  if (name === "sqrt") return 0.5;
  if (name === "rsqrt") return 1.5;
  return Number(
    present(/within ([\d.]+) ulp/.exec(present(functions.get(name), name).doc)?.[1], `${name} states its error`),
  );
}

const scratch = new DataView(new ArrayBuffer(8));

/** The unit in the last place of the f32s around a number; for subnormal numbers, that of the least normal binade. */
function unit(exact: number): number {
  scratch.setFloat64(0, exact);
  const binade = ((scratch.getInt32(0) >>> 20) & 0x7ff) - 1023;
  return 2 ** (Math.min(127, Math.max(-126, binade)) - 23);
}

const within = (x: number): number => Math.max(-(2 ** 128), Math.min(2 ** 128, x));

/** The distance of an f32 from the exact value, in ulp; infinity counts as 2^128, the number after the largest. */
export function ulps(got: number, exact: number): number {
  if (Number.isNaN(got) || Number.isNaN(exact)) return Number.isNaN(got) === Number.isNaN(exact) ? 0 : Infinity;
  return Math.abs(within(got) - within(exact)) / unit(exact);
}

/** The number of elements of one call of a compiled function. */
export const blockSize = 4096;

export interface Compiled {
  /** To be filled with the arguments. */
  readonly inputs: readonly Float32Array[];
  readonly output: Float32Array;
  run(): void;
  readonly bytes: Uint8Array;
}

const arityOf = (name: string): number => functions.get(name)?.params.length ?? 1;

/** A kernel that applies the function to a block, in vectors. */
export function kernelOf(name: string, kernel: string): Kernel {
  const k = new KernelBuilder();
  const inputs = Array.from({ length: arityOf(name) }, (_, i) => k.buffer(`x${i}`, "f32", blockSize, "in"));
  const out = k.buffer("out", "f32", blockSize, "out");
  k.loop("i", 0, blockSize, 4, (i) => {
    const args = inputs.map((x) => k.load(x, i, 4));
    const root = k.sqrt(args[0] ?? 0);
    const fn = mathNames.find((known) => known === name);
    k.store(out, i, fn !== undefined ? k.call(fn, ...args) : name === "rsqrt" ? k.div(1, root) : root);
  });
  return k.build(kernel, "");
}

/** Compiles a function to WebAssembly. */
export function compiled(name: string, mode: "strict" | "fast" = "strict"): Compiled {
  const arity = arityOf(name);
  const memoryPages = Math.ceil((4 * blockSize * (arity + 1)) / 65536);
  const { bytes } = emitWasm({
    kernels: [kernelOf(name, "all")],
    entries: [],
    functions,
    mode,
    exportKernels: true,
    memoryPages,
  });
  const memory = new WebAssembly.Memory({ initial: memoryPages });
  const { all } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports;
  const offsets = Array.from({ length: arity + 1 }, (_, i) => 4 * blockSize * i);
  const views = offsets.map((offset) => new Float32Array(memory.buffer, offset, blockSize));
  return {
    inputs: views.slice(0, arity),
    output: present(views[arity], "the output"),
    run: () => void (all as (...at: readonly number[]) => void)(...offsets),
    bytes,
  };
}

export interface Errors {
  readonly count: number;
  /** The number of results with an error above 1 ulp. */
  readonly over1: number;
  readonly worst: number;
  readonly at: readonly number[];
}

export const noErrors: Errors = { count: 0, over1: 0, worst: 0, at: [] };

export const joined = (a: Errors, b: Errors): Errors => ({
  ...(b.worst > a.worst ? b : a),
  count: a.count + b.count,
  over1: a.over1 + b.over1,
});

/** The errors of a block that has been run. */
export function errorsOf({ inputs, output }: Compiled, exact: Reference): Errors {
  const [xs = output, ys = xs] = inputs;
  let [over1, worst, at] = [0, 0, 0];
  for (let i = 0; i < blockSize; i++) {
    const [got, wanted] = [output[i] ?? 0, exact(xs[i] ?? 0, ys[i] ?? 0)];
    // Most results are correctly rounded: the error is at most half a unit, which is not worth the division.
    if (got === Math.fround(wanted) && (worst >= 0.5 || got === wanted)) continue;
    const error = ulps(got, wanted);
    if (error > 1) over1++;
    if (error > worst) [worst, at] = [error, i];
  }
  return { count: blockSize, over1, worst, at: inputs.map((x) => x[at] ?? 0) };
}

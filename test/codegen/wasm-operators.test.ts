import { expect, test } from "vitest";
import { semantics, type LaneOperator } from "../../compiler/kernel/arithmetic.ts";
import { KernelBuilder } from "../../compiler/kernel/build.ts";
import { bufferSize, evaluateKernel } from "../../compiler/kernel/evaluate.ts";
import { apply, constant } from "../../compiler/kernel/fold.ts";
import { operators, type Buffer, type Expr, type Kernel, type Lanes, type Scalar } from "../../compiler/kernel/ir.ts";
import { functions, mathNames } from "../../compiler/kernel/math.ts";
import { isShiftCount } from "../../compiler/kernel/types.ts";
import { present } from "../../compiler/support/invariant.ts";
import { runWasm } from "./wasm-run.ts";

const special = {
  f32: [
    0,
    -0,
    1,
    -1,
    0.5,
    -0.5,
    1.5,
    2.5,
    -2.5,
    3.7,
    -3.7,
    1e-40,
    -1e-40,
    8388607.5,
    16777217,
    2147483520,
    2147483648,
    -2147483648,
    3e9,
    -3e9,
    1e38,
    -1e38,
    Infinity,
    -Infinity,
    NaN,
    88.5,
    -104,
    0.1,
  ],
  i32: [0, 1, -1, 2, 3, -7, 31, 32, 33, 255, -128, 65536, 0x7fffffff, -0x80000000],
  bool: [0, 1],
} as const satisfies Readonly<Record<Scalar, readonly number[]>>;

/** All tuples of `count` values. */
function tuples(values: readonly number[], count: number): number[][] {
  return count === 0 ? [[]] : tuples(values, count - 1).flatMap((head) => values.map((value) => [...head, value]));
}

/** The cases of one operator, a column for each operand; their number is a multiple of 4. */
function columns(op: LaneOperator, scalar: Scalar): readonly (readonly number[])[] {
  const arity = op === "select" ? 2 : operators[op];
  const cases = tuples(arity === 3 ? special[scalar].slice(0, 12) : special[scalar], arity).filter(
    (args) => !((op === "div" || op === "rem") && scalar === "i32" && args[1] === 0),
  );
  while (cases.length % 4 !== 0) cases.push(cases[0] ?? []);
  return Array.from({ length: arity }, (_, operand) => cases.map((args) => args[operand] ?? 0));
}

/** out = op(operands), for one element or 4 at a time; the second operand is the constant `fixed`, unless null. */
function kernelOf(
  op: LaneOperator,
  scalar: Scalar,
  count: number,
  arity: number,
  lanes: Lanes,
  fixed: number | null,
): Kernel {
  const k = new KernelBuilder();
  const inputs = Array.from({ length: arity }, (_, index) => k.buffer(`in${index}`, scalar, count, "in"));
  const rule = semantics[op];
  const out = k.buffer("out", rule.result === "same" ? scalar : rule.result, count, "out");
  k.loop("i", 0, count, lanes, (i) => {
    const args: Expr[] = inputs.map((input: Buffer, index) => {
      if (isShiftCount(op, index)) return k.load(input, i);
      if (index === 1 && fixed !== null) return constant({ scalar, lanes }, fixed);
      return k.load(input, i, lanes);
    });
    k.store(out, i, op === "select" ? apply(op, [k.ne(args[0] as Expr, args[1] as Expr), ...args]) : apply(op, args));
  });
  return k.build(op, "");
}

const cases = (Object.keys(semantics) as LaneOperator[]).flatMap((op) =>
  (["f32", "i32", "bool"] as const)
    .filter((scalar) => semantics[op][scalar] !== undefined && !(op === "select" && scalar === "bool"))
    .flatMap((scalar) =>
      (((op === "div" || op === "rem") && scalar === "i32" ? [1] : [1, 4]) as Lanes[]).map(
        (lanes) => [op, scalar, lanes] as const,
      ),
    ),
);

test.each(cases)("%s of %s in %i lanes computes the interpreter's bits", (op, scalar, lanes) => {
  const operands = columns(op, scalar);
  const count = operands[0]?.length ?? 0;
  const fixed =
    operands.length === 2 && scalar !== "bool" ? [null, ...(op === "div" || op === "rem" ? [-1, 3, -8] : [3])] : [null];
  for (const constantOperand of fixed)
    expectBits(kernelOf(op, scalar, count, operands.length, lanes, constantOperand), operands, scalar);
});

test.each(mathNames.flatMap((name) => ([1, 4] as Lanes[]).map((lanes) => [name, lanes] as const)))(
  "%s in %i lanes computes the interpreter's bits",
  (name, lanes) => {
    const arity = functions.get(name)?.params.length ?? 1;
    const values = tuples(
      [...special.f32, ...Array.from({ length: 64 }, (_, n) => (n - 32) * 0.37)].slice(0, arity === 1 ? 92 : 40),
      arity,
    );
    const operands = Array.from({ length: arity }, (_, operand) => values.map((args) => args[operand] ?? 0));
    const k = new KernelBuilder();
    const inputs = operands.map((_, index) => k.buffer(`in${index}`, "f32", values.length, "in"));
    const out = k.buffer("out", "f32", values.length, "out");
    k.loop("i", 0, values.length, lanes, (i) =>
      k.store(out, i, k.call(name, ...inputs.map((input) => k.load(input, i, lanes)))),
    );
    expectBits(k.build(name, ""), operands, "f32");
  },
);

function expectBits(kernel: Kernel, operands: readonly (readonly number[])[], scalar: Scalar): void {
  const array = { f32: Float32Array, i32: Int32Array, bool: Uint8Array }[scalar];
  const results = { f32: Float32Array, i32: Int32Array, bool: Uint8Array, u8: Uint8Array, i8: Int8Array };
  const out = present(kernel.buffers.at(-1), "the result");
  const data = (): Record<string, Float32Array | Int32Array | Uint8Array | Int8Array> => ({
    ...Object.fromEntries(operands.map((column, index) => [`in${index}`, array.from(column)])),
    out: new results[out.element](bufferSize(kernel, out)),
  });
  const [wanted, found] = [data(), data()];
  evaluateKernel(kernel, wanted);
  runWasm(kernel, found);
  expect(found["out"]).toEqual(wanted["out"]);
}

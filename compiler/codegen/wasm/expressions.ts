import { invariant, present, never } from "../../support/invariant.ts";
import { moves } from "../../kernel/arithmetic.ts";
import { splat } from "../../kernel/fold.ts";
import { showReg, type Expr, type RegType } from "../../kernel/ir.ts";
import { leading } from "../../kernel/types.ts";
import { f32Bits } from "./bytes.ts";
import type { FunctionWriter } from "./function.ts";
import type { Locals } from "./locals.ts";
import type { ValType } from "./opcodes.ts";
import { instructions, type RegisterName } from "./operators.ts";
import { remainders } from "./remainder.ts";
import type { Load } from "./walk.ts";

/** What an expression uses of its enclosing function. */
export interface ExprContext {
  readonly to: FunctionWriter;
  readonly locals: Locals;
  readonly relaxed: boolean;
  /** The local of a variable or register. */
  local(name: string): number;
  /** The local that holds a vector constant, if one does. */
  constant(words: readonly number[]): number | undefined;
  load(x: Load, splat: boolean): void;
}

type Apply = Extract<Expr, { kind: "apply" }>;

export const valTypeOf = (type: RegType): ValType =>
  type.lanes === 4 ? "v128" : type.scalar === "f32" ? "f32" : "i32";

/** The four words of a vector constant. */
export function wordsOf(x: Extract<Expr, { kind: "const" }>): readonly number[] {
  const word =
    x.type.scalar === "f32" ? f32Bits(x.value) : x.type.scalar === "bool" ? (x.value !== 0 ? -1 : 0) : x.value | 0;
  return [word, word, word, word];
}

export const rampWords: readonly number[] = [0, 1, 2, 3];

/** Leaves the value of `x` on the stack. */
export function emitExpr(on: ExprContext, x: Expr): void {
  const { to } = on;
  switch (x.kind) {
    case "const":
      if (x.type.lanes === 4) emitVector(on, wordsOf(x));
      else if (x.type.scalar === "f32") to.op("f32.const", f32Bits(x.value));
      else to.i32(x.value);
      return;
    case "var":
    case "register":
      return to.get(on.local(x.name));
    case "load":
      return on.load(x, false);
    case "splat":
      return emitSplat(on, x.value);
    case "lane":
      emitExpr(on, x.value);
      to.op(x.type.scalar === "f32" ? "f32x4.extract_lane" : "i32x4.extract_lane", x.lane);
      if (x.type.scalar === "bool") {
        to.i32(1);
        to.op("i32.and");
      }
      return;
    case "apply":
      return emitApply(on, x);
    case "call":
      return invariant(false, `the call of ${x.fn} was not inlined`);
    default:
      return never(x);
  }
}

function emitVector(on: ExprContext, words: readonly number[]): void {
  const held = on.constant(words);
  if (held === undefined) on.to.op("v128.const", ...words);
  else on.to.get(held);
}

function emitSplat(on: ExprContext, value: Expr): void {
  const { to } = on;
  if (value.kind === "load" && value.type.scalar !== "bool") return on.load(value, true);
  if (value.type.scalar === "bool") {
    to.i32(0);
    emitExpr(on, value);
    to.op("i32.sub");
  } else emitExpr(on, value);
  to.op(value.type.scalar === "f32" ? "f32x4.splat" : "i32x4.splat");
}

function emitApply(on: ExprContext, x: Apply): void {
  const type = present(x.args[leading(x.op)] ?? x, `${x.op} has operands`).type;
  const name = showReg(type) as RegisterName;
  const instruction = instructions[x.op][name];
  if (instruction !== undefined) {
    for (const arg of x.args) emitExpr(on, arg);
    on.to.op(instruction);
    return;
  }
  present(written[x.op], `${x.op} of ${name} has no instructions`)(on, x.args, type);
}

type Writer = (on: ExprContext, args: readonly Expr[], type: RegType) => void;

/** Operators that take several instructions. */
const written: Readonly<Partial<Record<Apply["op"], Writer>>> = {
  ramp: (on) => emitVector(on, rampWords),
  // Reinterpreting a vector takes no instruction.
  bits_f32: (on, args) => all(on, args),
  bits_i32: (on, args) => all(on, args),
  neg: (on, args) => {
    on.to.i32(0);
    all(on, args);
    on.to.op("i32.sub");
  },
  not: (on, args) => {
    all(on, args);
    on.to.i32(-1);
    on.to.op("i32.xor");
  },
  abs: (on, args) =>
    twice(on, args, ([a]) => {
      on.to.i32(0);
      a();
      on.to.op("i32.sub");
      a();
      a();
      on.to.i32(0);
      on.to.op("i32.lt_s");
      on.to.select("i32");
    }),
  min: (on, args, type) => pick(on, args, type, false),
  max: (on, args, type) => pick(on, args, type, true),
  madd: (on, args, type) => {
    const [a, b, c] = args as readonly [Expr, Expr, Expr];
    if (on.relaxed && type.scalar === "f32") {
      // Scalars too, so that a column that is computed alone has the bits of one in a vector.
      all(
        on,
        args.map((arg) => splat(arg)),
      );
      on.to.op("f32x4.relaxed_madd");
      if (type.lanes === 1) on.to.op("f32x4.extract_lane", 0);
      return;
    }
    const kind = type.lanes === 4 ? (type.scalar === "f32" ? "f32x4" : "i32x4") : type.scalar === "f32" ? "f32" : "i32";
    all(on, [a, b]);
    on.to.op(`${kind}.mul`);
    emitExpr(on, c);
    on.to.op(`${kind}.add`);
  },
  select: (on, args, type) => {
    const [condition, a, b] = args as readonly [Expr, Expr, Expr];
    if (type.lanes === 4) {
      all(on, [a, b, condition]);
      return on.to.op("v128.bitselect");
    }
    if (type.scalar !== "f32") {
      all(on, [a, b, condition]);
      return on.to.select("i32");
    }
    // V8 compiles a select of floats to a branch, which is mispredicted half the time, and a select of integers to a
    // conditional move.
    for (const x of [a, b]) {
      emitExpr(on, x);
      on.to.op("i32.reinterpret_f32");
    }
    emitExpr(on, condition);
    on.to.select("i32");
    on.to.op("f32.reinterpret_i32");
  },
  div: divide,
  rem: (on, args, type) => {
    twice(
      on,
      args.map((arg) => splat(arg)),
      ([x, y]) => remainders(on.to, on.locals, x, y, type.lanes),
    );
    if (type.lanes === 1) on.to.op("f32x4.extract_lane", 0);
  },
  zip_lo: (on, args) => moved(on, args, "zip_lo"),
  zip_hi: (on, args) => moved(on, args, "zip_hi"),
};

function moved(on: ExprContext, args: readonly Expr[], op: keyof typeof moves): void {
  all(on, args);
  const bytes = moves[op].flatMap(([operand, lane]) => [0, 1, 2, 3].map((byte) => operand * 16 + lane * 4 + byte));
  on.to.op("i8x16.shuffle", ...bytes);
}

function all(on: ExprContext, args: readonly Expr[]): void {
  for (const arg of args) emitExpr(on, arg);
}

/** Whether `x` is a constant other than NaN. */
const isNumber = (x: Expr | undefined): boolean => x?.kind === "const" && !Number.isNaN(x.value);

/** The minimum or maximum of scalars, or of vectors of floats; the other vectors have an instruction. */
function pick(on: ExprContext, args: readonly Expr[], type: RegType, larger: boolean): void {
  const { to } = on;
  if (type.scalar === "i32")
    return twice(on, args, ([a, b]) => {
      b();
      a();
      (larger ? a : b)();
      (larger ? b : a)();
      to.op("i32.lt_s");
      to.select("i32");
    });
  // A select of floats would be a branch, so scalars use a lane of the vector instructions. `pmax` is `a < b ? b : a`,
  // which keeps a NaN in a but drops one in b: there all bits are set, which is a NaN. With `max` this would be one
  // instruction, but of many steps on x86.
  const vectors = args.map((arg) => splat(arg));
  const number = larger ? "f32x4.pmax" : "f32x4.pmin";
  if (isNumber(args[1])) {
    all(on, vectors);
    to.op(number);
  } else
    twice(on, vectors, ([a, b]) => {
      a();
      b();
      to.op(number);
      b();
      b();
      to.op("f32x4.ne");
      to.op("v128.or");
    });
  if (type.lanes === 1) to.op("f32x4.extract_lane", 0);
}

/** The least i32 divided by -1 wraps here, but traps in WebAssembly. */
function divide(on: ExprContext, args: readonly Expr[]): void {
  const { to } = on;
  const divisor = args[1];
  if (divisor?.kind === "const" && divisor.value !== -1) {
    all(on, args);
    return to.op("i32.div_s");
  }
  twice(on, args, ([a, b]) => {
    const minusOne = (): void => {
      b();
      to.i32(-1);
      to.op("i32.eq");
    };
    to.i32(0);
    a();
    to.op("i32.sub");
    a();
    to.i32(1);
    b();
    minusOne();
    to.select("i32");
    to.op("i32.div_s");
    minusOne();
    to.select("i32");
  });
}

type Put = () => void;

/** Computes the arguments once; `use` may put each of them on the stack any number of times. */
function twice(on: ExprContext, args: readonly Expr[], use: (put: readonly [Put, Put]) => void): void {
  const held: number[] = [];
  const put = args.map((arg): Put => {
    if (arg.kind === "const" || arg.kind === "var" || arg.kind === "register") return () => emitExpr(on, arg);
    emitExpr(on, arg);
    const local = on.locals.take(valTypeOf(arg.type), "t");
    on.to.set(local);
    held.push(local);
    return () => on.to.get(local);
  });
  use(put as readonly Put[] as readonly [Put, Put]);
  for (const local of held) on.locals.release(local);
}

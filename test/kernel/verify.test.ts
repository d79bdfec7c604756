import { expect, test } from "vitest";
import { f32, f32x4, i32, type Buffer, type Expr, type Kernel, type Stmt } from "../../compiler/kernel/ir.ts";
import { parseKernel } from "../../compiler/kernel/parse.ts";
import { verifyKernel } from "../../compiler/kernel/verify.ts";

const texts: readonly (readonly [body: string, message: string])[] = [
  ["let x = b[0]", "b[0:i32]: b is out"],
  ["a[0] = 1", "a[0:i32]: a is in"],
  ["b[8] = 1", "b[8:i32] is outside b[8]"],
  ["b[5]:f32x4 = 1", "b[5:i32] is outside b[8]"],
  ["var s[2]: f32 = 0\n  s[2] = 1", "s[2:i32] is outside [2]"],
  ["for i in 0..4\n    unroll j in 0..i\n      b[j] = 1", "the bounds of the unrolled loop over j are not constants"],
  ["let x = 7:i32 / 0:i32", "7:i32 / 0:i32 divides by 0"],
  ["for i in 0..4 step 0\n    b[i] = 1", "the step of i is not positive"],
  ["for i in 0..2\n    b[i] = 1\n  for i in 0..2\n    b[i] = 2", "i is defined twice"],
];

for (const [body, message] of texts) {
  test(message, () => {
    expect(() => parseKernel(`kernel k(in a: f32[8], out b: f32[8])\n  ${body}\n`)).toThrow(
      `error[kir-invalid]: in kernel k: ${message}`,
    );
  });
}

const one: Expr = { kind: "const", type: f32, value: 1 };
const zero: Expr = { kind: "const", type: i32, value: 0 };
const let_ = (value: Expr): Stmt => ({ kind: "let", name: "x", value });
const v: Expr = { kind: "splat", type: f32x4, value: one };
const out: Buffer = { name: "b", element: "f32", size: 8, access: "out" };

// Kernels that no text can express.
const trees: readonly (readonly [stmt: Stmt, message: string])[] = [
  [let_({ kind: "const", type: f32, value: 0.1 }), "0.1 is not a value of f32"],
  [let_({ kind: "const", type: i32, value: 0.5 }), "0.5 is not a value of i32"],
  [let_({ kind: "apply", type: i32, op: "abs", args: [one] }), "abs(1:f32) has the type i32, but computes f32"],
  [let_({ kind: "apply", type: f32, op: "add", args: [one] }), "add(1:f32): add takes 2 operands, not 1"],
  [let_({ kind: "splat", type: f32x4, value: v }), "splat splat 1:f32 splats a vector"],
  [let_({ kind: "lane", type: f32, value: v, lane: 4 }), "lane(splat 1:f32, 4) is not a lane of a vector"],
  [let_({ kind: "var", type: f32, name: "y" }), "y is not in scope"],
  [let_({ kind: "call", type: f32, fn: "gamma", args: [one] }), "unknown function gamma"],
  [let_({ kind: "call", type: f32, fn: "exp", args: [zero] }), "0:i32 is i32, not f32"],
  [let_({ kind: "load", type: f32, buffer: "c", at: zero }), "unknown buffer c"],
  [{ kind: "store", buffer: "b", at: one, value: one }, "1:f32 is f32, not i32"],
  [{ kind: "store", buffer: "b", at: zero, value: zero }, "0:i32 is i32, not f32"],
  [{ kind: "set", name: "s", at: [], value: one }, "s is not a register in scope"],
  [{ kind: "if", when: one, then: [], otherwise: [] }, "1:f32 is f32, not bool"],
  [{ kind: "let", name: "for", value: one }, "for is not a valid name"],
  [{ kind: "var", name: "s", dims: [0], type: f32, init: one }, "the dims of s are not positive"],
];

for (const [stmt, message] of trees) {
  test(message, () => {
    const kernel: Kernel = { name: "k", buffers: [out], body: [stmt], origin: "" };
    expect(() => verifyKernel(kernel)).toThrow(`in kernel k: ${message};`);
  });
}

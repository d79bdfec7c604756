import { expect, test } from "vitest";
import { KernelBuilder } from "../../compiler/kernel/build.ts";
import { evaluateKernel } from "../../compiler/kernel/evaluate.ts";
import { f32, f32x4, i32, i32x4, type Expr } from "../../compiler/kernel/ir.ts";
import { printExpr, printKernel } from "../../compiler/kernel/print.ts";

const k = new KernelBuilder();
const x: Expr = { kind: "var", type: f32, name: "x" };
const v: Expr = { kind: "var", type: f32x4, name: "v" };
const i: Expr = { kind: "var", type: i32, name: "i" };
const iv: Expr = { kind: "var", type: i32x4, name: "iv" };

const folded: readonly (readonly [expr: Expr, text: string])[] = [
  [k.add(i, 0), "i"],
  [k.add(0, i), "i"],
  [k.add(k.add(i, 3), 4), "i + 7"],
  [k.add(k.sub(i, 3), 4), "i + 1"],
  [k.sub(k.add(i, 3), 4), "i - 1"],
  [k.sub(k.add(i, 3), 3), "i"],
  [k.add(i, -2147483648), "i + -2147483648"],
  [k.mul(3, k.mul(i, 5)), "i * 15"],
  [k.mul(i, 1), "i"],
  [k.mul(i, 0), "0:i32"],
  [k.mul(k.int(0x10001), 0x10001), "131073:i32"],
  [k.div(k.int(-7), 2), "-3:i32"],
  [k.rem(k.int(-7), 2), "-1:i32"],
  [k.div(k.int(1), 0), "1:i32 / 0:i32"],
  [k.div(i, 1), "i"],
  [k.rem(i, 1), "0:i32"],
  [k.shl(i, 32), "i"],
  [k.add(0.1, 0.2), "0.3:f32"],
  [k.add(x, 0), "x + 0"],
  [k.sub(x, 0), "x"],
  [k.mul(x, 1), "x"],
  [k.mul(1, x), "x"],
  [k.mul(x, 0), "x * 0"],
  [k.neg(k.neg(x)), "x"],
  [k.min(k.float(NaN), 1), "nan:f32"],
  [k.min(1, k.float(NaN)), "nan:f32"],
  [k.nearest(k.float(2.5)), "2:f32"],
  [k.nearest(k.float(-0.5)), "-0:f32"],
  [k.toI32(k.float(3e9)), "2147483647:i32"],
  [k.toI32(k.float(NaN)), "0:i32"],
  [k.bitsI32(k.float(1)), "1065353216:i32"],
  [k.select(k.lt(k.int(1), 2), x, 0), "x"],
  [k.lane(k.splat(x), 2), "x"],
  [k.lane(k.ramp(), 3), "3:i32"],
  [k.splat(k.float(2)), "2:f32x4"],
];

for (const [expr, text] of folded) {
  test(`folds to ${text}`, () => {
    expect(printExpr(expr)).toBe(text);
  });
}

test("numbers take the type of the other operand, scalars its lanes", () => {
  expect(printExpr(k.madd(v, x, 2))).toBe("madd(v, splat x, 2)");
  expect(k.madd(v, x, 2).type).toEqual(f32x4);
  expect(printExpr(k.add(iv, i))).toBe("iv + splat i");
  expect(printExpr(k.select(k.lt(i, 3), v, 0))).toBe("select(splat (i < 3), v, 0)");
  expect(printExpr(k.call("pow", v, 2))).toBe("pow(v, 2)");
});

test("the shift count of a vector is one scalar", () => {
  expect(printExpr(k.shl(iv, 3))).toBe("iv << 3");
  expect(printExpr(k.shl(iv, i))).toBe("iv << i");
  expect(printExpr(k.shl(iv, k.splat(i)))).toBe("iv << i");
  expect(() => k.shl(iv, iv)).toThrow("the shift count of a vector must be the same for all lanes");
});

test("operands of different types break an invariant", () => {
  expect(() => k.add(x, i)).toThrow("operand 2 of add is i32, not f32");
  expect(() => k.shl(x, 2)).toThrow("shl does not take f32");
  expect(() => k.div(iv, 2)).toThrow("div of i32 is scalar only");
});

test("statements go into the innermost open block", () => {
  const b = new KernelBuilder();
  const a = b.buffer("a", "f32", 16, "in");
  const out = b.buffer("out", "f32", 16, "out");
  const sum = b.register("sum", [2], f32x4, 0);
  b.loop("m", 0, 16, 4, (m) => {
    const loaded = b.let(b.load(a, m, 4), "a");
    b.when(
      b.lt(m, 8),
      () => sum.set([0], b.add(sum.at(0), loaded)),
      () => b.loop("r", 0, 2, 1, (r) => sum.set([r], b.madd(loaded, 2, sum.at(r))), { unroll: true }),
    );
    b.store(out, m, b.mul(loaded, loaded));
  });
  b.store(out, 0, b.add(sum.at(0), sum.at(1)));
  b.store(out, 4, 0.1);
  expect(printKernel(b.build("blocks", "model.dl:1:2")))
    .toBe(`kernel blocks(in a: f32[16], out out: f32[16])   # model.dl:1:2
  var sum[2]: f32x4 = 0
  for m in 0..16 step 4
    let a_1 = a[m]:f32x4
    if m < 8
      sum[0] = sum[0] + a_1
    else
      unroll r in 0..2
        sum[r] = madd(a_1, 2, sum[r])
    out[m]:f32x4 = a_1 * a_1
  out[0]:f32x4 = sum[0] + sum[1]
  out[4] = 0.1
`);
});

test("a loop without iterations is dropped; a loop of one iteration becomes its body, an `if` on a constant its branch", () => {
  const b = new KernelBuilder();
  const out = b.buffer("out", "i32", 8, "out");
  b.loop("none", 3, 3, 1, (n) => b.store(out, n, 1));
  b.loop("once", 3, 5, 2, (n) => b.store(out, n, n));
  b.when(
    b.lt(b.int(2), 1),
    () => b.store(out, 0, 7),
    () => b.store(out, 1, 8),
  );
  expect(printKernel(b.build("iterations", ""))).toBe(
    "kernel iterations(out out: i32[8])\n  out[3] = 3\n  out[1] = 8\n",
  );
});

test("names are made unique, and keywords are not used", () => {
  const b = new KernelBuilder();
  expect(["x", "x", "let", "2d", "a.b", "x"].map((hint) => b.buffer(hint, "f32", 1, "in").name)).toEqual([
    "x",
    "x_1",
    "let_1",
    "_2d",
    "a_b",
    "x_2",
  ]);
});

test("the interpreter stops at an access outside a buffer, and shows it", () => {
  const b = new KernelBuilder();
  const a = b.buffer("a", "f32", 6, "inout");
  b.loop("i", 0, 8, 4, (at) => b.store(a, at, b.load(a, at, 4)));
  expect(() => evaluateKernel(b.build("over", ""), { a: new Float32Array(6) })).toThrow(
    "a[i]:f32x4 is outside a[6]: position 4",
  );
});

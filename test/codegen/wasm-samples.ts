import { KernelBuilder } from "../../compiler/kernel/build.ts";
import { f32x4, type Expr, type Kernel } from "../../compiler/kernel/ir.ts";

/**
 * out = in reversed, plus a tile of sums: loops with pointers that increase and decrease, unrolled iterations, a call
 * and a guard.
 */
export function addressKernel(): Kernel {
  const k = new KernelBuilder();
  const input = k.buffer("in", "f32", 64, "in");
  const out = k.buffer("out", "f32", 64, "out");
  k.loop("i", 0, 32, 1, (i) => k.store(out, i, k.load(input, k.sub(63, i))));
  const sums = k.register("sum", [2], f32x4, 0);
  k.loop("j", 0, 8, 1, (j) =>
    k.loop(
      "u",
      0,
      2,
      1,
      (u) => sums.set([u], k.madd(k.splat(k.load(input, k.add(j, u)), 4), k.load(input, k.mul(j, 4), 4), sums.at(u))),
      { unroll: true },
    ),
  );
  k.loop("u", 0, 2, 1, (u) => k.store(out, k.add(32, k.mul(u, 4)), k.call("exp", sums.at(u))), { unroll: true });
  k.loop("i", 0, 24, 1, (i) => k.when(k.gt(i, 0), () => k.store(out, k.add(i, 40), k.load(input, k.sub(i, 1)))));
  return k.build("addresses", "sample.dl:1:2");
}

/**
 * Splats at many offsets, some of them only in one branch of an `if`: the pointer moves between them, but must not move
 * inside the branch.
 */
export function splatKernel(): Kernel {
  const k = new KernelBuilder();
  const input = k.buffer("in", "f32", 200, "in");
  const out = k.buffer("out", "f32", 4, "out");
  const sum = k.register("sum", [], f32x4, 0);
  const add = (at: Expr): void => sum.set([], k.madd(sum.at(), 0.5, k.splat(k.load(input, at), 4)));
  k.loop("i", 0, 8, 1, (i) => {
    const first = k.mul(i, 20);
    const twelve = (): void => k.loop("u", 0, 12, 1, (u) => add(k.add(first, k.add(u, 3))), { unroll: true });
    k.when(k.gt(i, 2), twelve);
    k.loop("u", 0, 20, 2, (u) => k.loop("v", 0, 2, 1, (v) => add(k.add(first, k.add(u, v))), { unroll: true }), {
      unroll: true,
    });
    add(first);
  });
  k.store(out, 0, sum.at());
  return k.build("splats", "");
}

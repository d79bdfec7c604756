import { KernelBuilder } from "../kernel/build.ts";
import { f32x4, type Kernel } from "../kernel/ir.ts";

/** Independent sums: at least 10 hide the latency of a multiply-add, and 12 leave registers for the factors. */
const chains = 12;
const unrolled = 4;

/** Multiply-adds of the peak kernel count as two. */
export const peakFlops = (iterations: number): number => iterations * unrolled * chains * 4 * 2;

/**
 * Independent chains of multiply-adds on registers: the peak rate of one core, to which other kernels are compared. It
 * has one buffer of 56 floats: 8 factors, then the sums. Time it next to the kernel that is compared with it, since
 * clock rates vary.
 */
export function peakKernel(iterations: number): Kernel {
  const k = new KernelBuilder();
  const data = k.buffer("data", "f32", 8 + chains * 4, "inout");
  const x = k.let(k.load(data, 0, 4), "x");
  const y = k.let(k.load(data, 4, 4), "y");
  const sums = k.register("sum", [chains], f32x4, 0);
  const each = (use: (chain: ReturnType<KernelBuilder["int"]>) => void): void =>
    k.loop("chain", 0, chains, 1, use, { unroll: true });
  k.loop("i", 0, iterations, 1, () =>
    k.loop("u", 0, unrolled, 1, () => each((chain) => sums.set([chain], k.madd(x, y, sums.at(chain)))), {
      unroll: true,
    }),
  );
  each((chain) => k.store(data, k.add(k.mul(chain, 4), 8), sums.at(chain)));
  return k.build("peak_f32x4_madd", "");
}

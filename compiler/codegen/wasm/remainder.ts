import { f64Words } from "./bytes.ts";
import type { FunctionWriter } from "./function.ts";
import type { Locals } from "./locals.ts";

/** Puts a value on the stack, any number of times. */
type Put = () => void;

// A quotient below 2^29 of two f32 is truncated correctly from its f64: it is either whole, or further from the next
// whole number than it is rounded. Its product with the divisor has at most 53 bits, so the difference is exact.
const exactQuotient = 2 ** 29;
/** The divisor is scaled down by so much per iteration: each quotient is less than that, and below 2^29. */
const step = 2 ** 28;
/** A multiple of every f32 divided by this multiple of the divisor is below 2^29. */
const largestScale = step ** 9;
/** Instead of an infinite divisor, which must leave a finite dividend as it is. */
const largestDivisor = 2 ** 500;

const bothHalves = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
const highHalf = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];

/**
 * The exact remainders of the lanes of two f32x4, with the signs of x: the long division of `fmod`, 28 bits of the
 * quotient at a time, in f64. Ordinary quotients take one iteration.
 */
export function remainders(to: FunctionWriter, locals: Locals, x: Put, y: Put, lanes: 1 | 4): void {
  const constant = (value: number): void => to.op("v128.const", ...f64Words(value), ...f64Words(value));
  const half = (put: Put, high: boolean): void => {
    put();
    if (high) {
      put();
      to.op("i8x16.shuffle", ...highHalf);
    }
    to.op("f64x2.promote_low_f32x4");
  };
  const reduced = (high: boolean): void => {
    const [rest, divisor, scale, scaled] = ["rest", "divisor", "scale", "scaled"].map((name) =>
      locals.take("v128", name),
    ) as [number, number, number, number];
    half(x, high);
    to.set(rest);
    half(y, high);
    to.op("f64x2.abs");
    constant(largestDivisor);
    to.op("f64x2.min");
    to.set(divisor);
    constant(1);
    constant(largestScale);
    to.get(rest);
    to.get(divisor);
    to.op("f64x2.div");
    to.op("f64x2.abs");
    constant(exactQuotient);
    to.op("f64x2.lt");
    to.op("v128.bitselect");
    to.set(scale);
    to.loop();
    to.get(rest);
    to.get(rest);
    to.get(divisor);
    to.get(scale);
    to.op("f64x2.mul");
    to.set(scaled);
    to.get(scaled);
    to.op("f64x2.div");
    to.op("f64x2.trunc");
    to.get(scaled);
    to.op("f64x2.mul");
    to.op("f64x2.sub");
    to.set(rest);
    to.get(scale);
    constant(1);
    to.op("f64x2.gt");
    to.op("v128.any_true");
    to.get(scale);
    constant(1 / step);
    to.op("f64x2.mul");
    constant(1);
    to.op("f64x2.pmax");
    to.set(scale);
    to.brIf(0);
    to.end();
    to.get(rest);
    to.op("f32x4.demote_f64x2_zero");
    for (const local of [rest, divisor, scale, scaled]) locals.release(local);
  };
  x();
  reduced(false);
  if (lanes === 4) {
    reduced(true);
    to.op("i8x16.shuffle", ...bothHalves);
  }
  // The sign of x, also of a remainder of 0.
  to.op("v128.const", ...[0, 0, 0, 0].map(() => -0x80000000));
  to.op("v128.bitselect");
}

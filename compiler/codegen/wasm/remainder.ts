import { f64Words } from "./bytes.ts";
import type { FunctionWriter } from "./function.ts";
import type { Locals } from "./locals.ts";

/** Puts a value on the stack, any number of times. */
type Put = () => void;

// A quotient below 2^29 of two f32 is truncated correctly from its f64: it is either whole, or further from the next
// whole number than it is rounded. Its product with the divisor has at most 53 bits, so the difference is exact.
const exactQuotient = 2 ** 29;
/** The multiple of the divisor is scaled down by so much per iteration: each quotient is at most that. */
const step = 2 ** 28;
/** Every f32 divided by this multiple of any f32 is below 2^29. */
const largestScale = step ** 9;
/** Instead of an infinite divisor, which must leave a finite dividend as it is. */
const largestDivisor = 2 ** 500;

const bothHalves = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
const highHalf = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];

/**
 * The exact remainders of the lanes of two f32x4, with the signs of x: by one division in f64, or where a quotient has
 * too many bits by long division, 28 bits at a time.
 */
export function remainders(to: FunctionWriter, locals: Locals, x: Put, y: Put, lanes: 1 | 4): void {
  x();
  halfOf(to, locals, x, y, false);
  if (lanes === 4) {
    halfOf(to, locals, x, y, true);
    to.op("i8x16.shuffle", ...bothHalves);
  }
  // The sign of x, also of a remainder of 0.
  to.op("v128.const", ...[0, 0, 0, 0].map(() => -0x80000000));
  to.op("v128.bitselect");
}

/** The magnitudes of two of the remainders, in the low lanes of an f32x4. */
function halfOf(to: FunctionWriter, locals: Locals, x: Put, y: Put, high: boolean): void {
  const [rest, divisor, quotient, scale, multiple] = ["rest", "divisor", "quotient", "scale", "multiple"].map((name) =>
    locals.take("v128", name),
  ) as [number, number, number, number, number];
  const constant = (value: number): void => to.op("v128.const", ...f64Words(value), ...f64Words(value));
  const widened = (put: Put): void => {
    put();
    if (high) {
      put();
      to.op("i8x16.shuffle", ...highHalf);
    }
    to.op("f64x2.promote_low_f32x4");
  };
  const divide = (by: number): void => {
    to.get(rest);
    to.get(by);
    to.op("f64x2.div");
    to.set(quotient);
  };
  const subtract = (by: number): void => {
    to.get(rest);
    to.get(quotient);
    to.op("f64x2.trunc");
    to.get(by);
    to.op("f64x2.mul");
    to.op("f64x2.sub");
    to.set(rest);
  };
  widened(x);
  to.set(rest);
  widened(y);
  to.op("f64x2.abs");
  constant(largestDivisor);
  to.op("f64x2.min");
  to.set(divisor);
  divide(divisor);
  to.get(quotient);
  to.op("f64x2.abs");
  constant(exactQuotient);
  to.op("f64x2.lt");
  to.op("i64x2.all_true");
  to.if();
  subtract(divisor);
  to.else();
  constant(largestScale);
  to.set(scale);
  to.loop();
  to.get(divisor);
  to.get(scale);
  to.op("f64x2.mul");
  to.set(multiple);
  divide(multiple);
  subtract(multiple);
  to.get(scale);
  constant(1 / step);
  to.op("f64x2.mul");
  to.set(scale);
  to.get(scale);
  constant(1);
  to.op("f64x2.ge");
  to.op("v128.any_true");
  to.brIf(0);
  to.end();
  to.end();
  to.get(rest);
  to.op("f32x4.demote_f64x2_zero");
  for (const local of [rest, divisor, quotient, scale, multiple]) locals.release(local);
}

import { mathFunction } from "./function-builder.ts";
import { polynomial, signBit, toWhole } from "./math-parts.ts";

// Near 0, tanh x = x + x^3 P(x^2); farther out, tanh |x| = 1 - 2 / (2^t + 1) with t = 2 |x| / ln 2, where errors of 2^t
// matter little. Both polynomials are minimax; their coefficients were rounded to f32 one after the other.

const middle = 0.6;

// Relative error against tanh x up to 0.6: 2.9e-9.
const near = [
  -0.33333298563957214, 0.13331936299800873, -0.05378471687436104, 0.02079862542450428, -0.005897966679185629,
];

// (2^f - 1) / f for |f| <= 1/2: relative error 3.0e-9.
const exp2Tail = [
  0.6931471824645996, 0.24022647738456726, 0.05550359934568405, 0.009618505835533142, 0.0013390806270763278,
  0.00015326468465035612,
];

// From 9.1 on, the result rounds to 1. NaN uses the polynomial near 0.
export const tanh = mathFunction(
  "tanh",
  "hyperbolic tangent, within 1.7 ulp; the sign of zero is kept",
  ["x"],
  (k, x) => {
    const a = k.let(k.abs(x), "a");
    const z = k.let(k.mul(x, x), "z");
    const small = k.add(x, k.mul(x, k.mul(z, polynomial(k, z, near))));
    const t = k.let(k.mul(k.min(a, 9.1), 2 * Math.LOG2E), "t");
    const { whole, bits } = toWhole(k, t);
    const f = k.let(k.sub(t, whole), "f");
    const power = k.add(k.mul(f, polynomial(k, f, exp2Tail)), 1);
    const e = k.bitsF32(k.add(k.bitsI32(power), k.shl(bits, 23)));
    const large = k.sub(1, k.div(2, k.add(e, 1)));
    const y = k.select(k.ge(a, middle), large, small);
    return k.bitsF32(k.or(k.bitsI32(y), k.and(k.bitsI32(x), k.int(signBit))));
  },
);

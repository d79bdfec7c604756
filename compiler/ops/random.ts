// Random bits: a counter-based generator, the same on every machine.
import type { ExprBuilder } from "../kernel/builder-types.ts";
import type { Expr } from "../kernel/ir.ts";
import { anything } from "../types/interval.ts";
import { sameShape } from "../types/tensor-type.ts";
import { elementwise } from "./define.ts";
import { f32, family, i32, none } from "./signature.ts";

/**
 * Threefry-2x32 with 20 rounds: J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel random numbers: as easy as 1, 2, 3",
 * 2011, section 3.3.
 */
interface Threefry<T> {
  readonly add: (a: T, b: T) => T;
  readonly xor: (a: T, b: T) => T;
  readonly rotate: (a: T, bits: number) => T;
  readonly const: (value: number) => T;
}

const rotations = [13, 15, 26, 6, 17, 29, 16, 24];
const parity = 0x1bd11bda;

/**
 * Both words, for numbers and for kernel expressions. The key is injected before the first round and after every
 * fourth.
 */
function threefry<T>(m: Threefry<T>, key0: T, key1: T, counter0: T, counter1: T): readonly [T, T] {
  const keys = [key0, key1, m.xor(m.const(parity), m.xor(key0, key1))] as const;
  const key = (i: number): T => keys[(i % 3) as 0 | 1 | 2];
  let [a, b] = [m.add(counter0, key0), m.add(counter1, key1)];
  for (let round = 0; round < 20; round++) {
    a = m.add(a, b);
    b = m.xor(m.rotate(b, rotations[round % 8] ?? 0), a);
    if (round % 4 < 3) continue;
    const injection = (round + 1) / 4;
    a = m.add(a, key(injection));
    b = m.add(b, m.add(key(injection + 1), m.const(injection)));
  }
  return [a, b];
}

const onNumbers: Threefry<number> = {
  add: (a, b) => (a + b) | 0,
  xor: (a, b) => a ^ b,
  rotate: (a, bits) => (a << bits) | (a >>> (32 - bits)),
  const: (value) => value,
};

/** Every step is a `let`: each value is used twice, so the expression would double in size every round. */
const onExprs = (k: ExprBuilder): Threefry<Expr> => ({
  add: (a, b) => k.let(k.add(a, b)),
  xor: (a, b) => k.let(k.xor(a, b)),
  rotate: (a, bits) => k.or(k.shl(a, k.int(bits)), k.shru(a, k.int(32 - bits))),
  const: (value) => k.int(value),
});

const ones = [-1, 0, 1, 2 ** 31 - 1, -(2 ** 31)];

declare module "../graph/form.ts" {
  interface OpNames {
    random: "threefry";
  }
}

export const random = family<"random">({
  threefry: elementwise({
    doc: "word 0 or 1 of Threefry-2x32-20 of a key and a counter: 32 random bits",
    operands: ["key0", "key1", "counter0", "counter1"],
    attrs: { word: "int" },
    requires: {
      c1: {
        message: "the key and the counter are i32",
        about: ["key0", "key1", "counter0", "counter1"],
        holds: (x) => Object.values(x).every((t) => t.dtype === "i32"),
        breaks: [[[i32(2), i32(2), i32(2), f32(2)], { word: 0 }]],
      },
      c2: {
        message: "the key and the counter have the same shape",
        about: ["key0", "key1", "counter0", "counter1"],
        holds: (x) => Object.values(x).every((t) => sameShape(t.shape, x.key0.shape)),
        breaks: [[[i32(2), i32(2), i32(2), i32()], { word: 0 }]],
      },
      c3: {
        message: "`word` is 0 or 1",
        about: ["word"],
        holds: (_, { word }) => word === 0 || word === 1,
        breaks: [[[i32(), i32(), i32(), i32()], { word: 2 }]],
      },
    },
    type: ({ key0 }) => key0,
    scalar: (k, { key0, key1, counter0, counter1 }, { attrs }) =>
      threefry(onExprs(k), key0, key1, counter0, counter1)[attrs.word as 0 | 1],
    gradient: none("random bits are not differentiable"),
    range: () => anything,
    reference: ({ key0, key1, counter0, counter1 }, { word }) =>
      threefry(onNumbers, key0, key1, counter0, counter1)[word as 0 | 1],
    draw: (c, shape) => ({ shapes: [shape, shape, shape, shape], attrs: { word: c.int(0, 1) } }),
    samples: [
      { operands: [i32(5), i32(5), i32(5), i32(5)], attrs: { word: 0 }, values: [ones, ones.toReversed(), ones, ones] },
      { operands: [i32(2, 3), i32(2, 3), i32(2, 3), i32(2, 3)], attrs: { word: 1 } },
      { operands: [i32(), i32(), i32(), i32()], attrs: { word: 1 } },
    ],
  }),
});

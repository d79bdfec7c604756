// Random graphs with loops and branches: scans (nested too), while loops that count, conds, checkpoints.
import fc from "fast-check";
import { GraphBuilder } from "../../compiler/graph/build.ts";
import { RegionBuilder } from "../../compiler/graph/inline.ts";
import type { Graph, Value } from "../../compiler/graph/ir.ts";
import { ops } from "../../compiler/ops/table.ts";
import { tensor } from "../../compiler/types/tensor-type.ts";

/** One construction step: its kind, and numbers that select operands. */
type Choice = readonly [kind: number, a: number, b: number, c: number];

/** The input that fast-check draws and shrinks. */
export const controlChoices: fc.Arbitrary<readonly Choice[]> = fc.array(
  fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99), fc.nat(99)),
  {
    minLength: 2,
    maxLength: 9,
  },
);

export interface ControlKind {
  /** Appends the gradient of a loss and a step of gradient descent, which writes the params. */
  readonly trains: boolean;
  /** Without while loops, through which no gradient flows. */
  readonly smooth?: boolean;
}

const at = <T>(list: readonly T[], index: number): T => {
  const item = list[index % list.length];
  if (item === undefined) throw new Error("an empty list");
  return item;
};

const length = 4;
const item = tensor("f32", [2, 3]);
const stack = tensor("f32", [length, 2, 3]);
const count = tensor("i32", []);

/** The pool of values: all f32[2,3], except for sequences of these and matrices. */
interface Pool {
  readonly items: Value[];
  readonly stacks: Value[];
  readonly weights: readonly Value[];
  readonly smooth: boolean;
}

/** Small numbers derived from the drawn ones. */
const next = (n: number, salt: number): number => (n * 31 + salt * 17 + 7) % 97;

export function randomControl(steps: readonly Choice[], { trains, smooth = false }: ControlKind): Graph {
  const g = new GraphBuilder("control", ops);
  const weights = [0, 1].map((index) => g.param(`net.w${index}`, tensor("f32", [3, 3])));
  const pool: Pool = {
    items: [g.input("x", item), g.state("net.h", item)],
    stacks: [g.input("xs", stack)],
    weights,
    smooth,
  };
  for (const step of steps) grow(g, pool, step, 2);
  pool.items.slice(-3).forEach((value, index) => g.output(`y${index}`, value));
  pool.stacks.slice(-2).forEach((value, index) => g.output(`ys${index}`, value));
  const all = [...pool.items, ...pool.stacks];
  const loss = all
    .map((value) => g.sum(g.call("tanh", [value]), [...value.type.shape.keys()]))
    .reduce((a, b) => g.add(a, b));
  g.output("loss", loss);
  if (trains)
    g.callAll("gradient", [loss, ...weights]).forEach((dw, index) =>
      g.write(`net.w${index}`, g.sub(at(weights, index), g.mul(dw, 0.125))),
    );
  return g.build();
}

/** Appends one step; `depth` is the remaining nesting depth of control ops. */
function grow(g: GraphBuilder, pool: Pool, [kind, a, b, c]: Choice, depth: number): void {
  const x = at(pool.items, pool.items.length - 1 - (a % Math.min(3, pool.items.length)));
  const y = at(pool.items, b);
  const w = at(pool.weights, c);
  const plain: readonly (() => void)[] = [
    () => pool.items.push(g.call("tanh", [x])),
    () => pool.items.push(g.call("tanh", [g.call(at(["add", "sub", "mul"], c), [x, y])])),
    () => pool.items.push(g.call("tanh", [g.call("dot", [x, w], { contract: [[1], [0]] })])),
    () => pool.items.push(g.call(at(["add", "mul"], c), [x, at([0.5, 1, -0.25], b)])),
    () => pool.items.push(g.call("sigmoid", [g.broadcast(g.sum(x, [0]), item.shape, [1])])),
  ];
  const control: readonly (() => void)[] = [
    () => scan(g, pool, [kind, a, b, c], depth),
    () => scan(g, pool, [kind, a, b, c], depth),
    () => cond(g, pool, [kind, a, b, c], depth),
    () => (pool.smooth ? scan : loop)(g, pool, [kind, a, b, c], depth),
    () => checkpoint(g, pool, [kind, a, b, c], depth),
  ];
  at(depth > 0 ? [...plain, ...control] : plain, kind)();
}

/** A few steps inside a region. */
function growInside(g: GraphBuilder, pool: Pool, [, a, b, c]: Choice, depth: number): void {
  for (const salt of [1, 2, 3].slice(0, 1 + (a % 3)))
    grow(g, pool, [next(b, salt + a), next(a, salt), next(c, salt), next(b, salt)], depth - 1);
}

/**
 * A scan with one or two carries, up to two sequences, two invariants and the weights; some carries and outputs are
 * unused.
 */
function scan(g: GraphBuilder, pool: Pool, choice: Choice, depth: number): void {
  const [, a, b, c] = choice;
  const carries = pool.items.slice(-1 - (a % 2));
  const sequences = pool.stacks.slice(-(b % 3)).slice(0, b % 3);
  const invariants = [at(pool.items, c), ...pool.weights];
  const r = new RegionBuilder("body", g);
  const items = sequences.map(({ type }) => r.input("x", tensor(type.dtype, type.shape.slice(1))));
  const [v, ...weights] = invariants.map(({ type }) => r.input("v", type));
  const before = carries.map(({ type }) => r.carry("h", type));
  const inner: Pool = {
    items: [...(v === undefined ? [] : [v]), ...items, ...before],
    stacks: depth > 1 ? [r.g.broadcast(at(before, 0), stack.shape, [1, 2])] : [],
    weights,
    smooth: pool.smooth,
  };
  growInside(r.g, inner, choice, inner.stacks.length > 0 ? depth : 1);
  before.forEach((_, index) =>
    r.next(
      index,
      r.g.call("tanh", [r.g.add(at(inner.items, inner.items.length - 1 - index), at(inner.items, c + index))]),
    ),
  );
  inner.items.slice(-1 - (c % 2)).forEach((value) => r.output("y", value));
  const attrs = { carries: carries.length, sequences: sequences.length, length, reverse: c % 3 === 0 };
  const results = g.callAll("scan", [...carries, ...sequences, ...invariants], attrs, [r.build()]);
  pool.items.push(...results.slice(0, carries.length));
  pool.stacks.push(...results.slice(carries.length));
}

function cond(g: GraphBuilder, pool: Pool, choice: Choice, depth: number): void {
  const [, a, b, c] = choice;
  const args = [at(pool.items, a), at(pool.items, b), ...pool.weights];
  const pred = g.call("lt", [g.sum(at(pool.items, c), [0, 1]), g.constant(tensor("f32", []), 0.25)]);
  const branch = (name: string, salt: number): Graph => {
    const r = new RegionBuilder(name, g);
    const [x, y, ...weights] = args.map(({ type }) => r.input("x", type));
    const inner: Pool = {
      items: [x, y].filter((value) => value !== undefined),
      stacks: [],
      weights,
      smooth: pool.smooth,
    };
    growInside(r.g, inner, [0, next(a, salt), next(b, salt), next(c, salt)], 1);
    inner.items.slice(-2).forEach((value) => r.output("y", value));
    return r.build();
  };
  pool.items.push(...g.callAll("cond", [pred, ...args], {}, [branch("then", depth), branch("else", depth + 5)]));
}

/** A while loop that counts to a bound; it has no gradient. */
function loop(g: GraphBuilder, pool: Pool, [, a, b, c]: Choice): void {
  const invariants = [g.constant(count, a % 4), at(pool.items, b), at(pool.weights, c)];
  const condition = new RegionBuilder("condition", g);
  const [bound] = invariants.map(({ type }) => condition.input("v", type));
  const [counter] = [condition.carry("i", count), condition.carry("h", item)];
  if (bound !== undefined) condition.output("more", condition.g.call("lt", [counter, bound]));
  const body = new RegionBuilder("body", g);
  const [, y, w] = invariants.map(({ type }) => body.input("v", type));
  const [i, x] = [body.carry("i", count), body.carry("h", item)];
  body.next(0, body.g.add(i, 1));
  if (y !== undefined && w !== undefined)
    body.next(1, body.g.call("tanh", [body.g.add(body.g.call("dot", [x, w], { contract: [[1], [0]] }), y)]));
  const [, last] = g.callAll("while", [g.constant(count, 0), at(pool.items, a), ...invariants], { carries: 2 }, [
    condition.build(),
    body.build(),
  ]);
  if (last !== undefined) pool.items.push(g.call("stop_gradient", [last]));
}

function checkpoint(g: GraphBuilder, pool: Pool, choice: Choice, depth: number): void {
  const args = [at(pool.items, choice[1]), at(pool.items, choice[2]), ...pool.weights];
  const r = new RegionBuilder("body", g);
  const [x, y, ...weights] = args.map(({ type }) => r.input("x", type));
  const inner: Pool = {
    items: [x, y].filter((value) => value !== undefined),
    stacks: [],
    weights,
    smooth: pool.smooth,
  };
  growInside(r.g, inner, choice, Math.min(depth, 1));
  inner.items.slice(-2).forEach((value) => r.output("y", value));
  pool.items.push(...g.callAll("checkpoint", args, {}, [r.build()]));
}

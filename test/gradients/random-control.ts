import { GraphBuilder } from "../../compiler/graph/build.ts";
import { RegionBuilder } from "../../compiler/graph/inline.ts";
import type { Graph, Value } from "../../compiler/graph/ir.ts";
import { ops } from "../../compiler/ops/table.ts";
import { present } from "../../compiler/support/invariant.ts";
import { tensor } from "../../compiler/types/tensor-type.ts";
import type { Next } from "./subject.ts";

// Random smooth functions with nested loops, branches, checkpoints and custom gradients. Values stay small, so that
// differences approximate the gradient.

const vector = tensor("f32", [2]);
const matrix = tensor("f32", [2, 2]);
const flag = tensor("bool", []);
const whole = tensor("i32", []);

/** The values that are visible in a graph or region. */
interface Scope {
  readonly g: GraphBuilder;
  readonly next: Next;
  readonly depth: number;
  /** Vectors, at least one. */
  readonly pool: Value[];
  readonly matrix: Value;
  readonly flag: Value;
}

const upTo = ({ next }: Scope, most: number): number => Math.floor(next() * (most + 1));
const chosen = (scope: Scope): Value =>
  present(scope.pool[Math.floor(scope.next() * scope.pool.length)], "a scope has vectors");
const several = (scope: Scope, count: number): Value[] => Array.from({ length: count }, () => chosen(scope));
const each = <T>(count: number, one: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => one(index));

const tame = (g: GraphBuilder, x: Value): Value => g.call("tanh", [x]);

function pointwise(scope: Scope): readonly Value[] {
  const { g } = scope;
  const op = (["add", "sub", "mul", "mul"] as const)[upTo(scope, 3)] ?? "mul";
  return [tame(g, g.call(op, [chosen(scope), chosen(scope)]))];
}

const product = (scope: Scope): readonly Value[] => [
  tame(scope.g, scope.g.call("dot", [scope.matrix, chosen(scope)], { contract: [[1], [0]] })),
];

const twice = (scope: Scope): readonly Value[] => [
  scope.g.call("gather", [chosen(scope), scope.g.constant(tensor("i32", [2]), [1, upTo(scope, 2)])], { axis: 0 }),
];

/** The gradient of a product as a custom gradient. */
function customGradient(scope: Scope): readonly Value[] {
  const forward = new RegionBuilder("forward", new GraphBuilder("forward", ops));
  forward.output("y", forward.g.mul(forward.input("a", vector), forward.input("b", vector)));
  const backward = new RegionBuilder("backward", new GraphBuilder("backward", ops));
  const [a, b, , dy] = ["a", "b", "y", "dy"].map((name) => backward.input(name, vector));
  backward.output("da", backward.g.mul(present(b, "b"), present(dy, "dy")));
  backward.output("db", backward.g.mul(present(a, "a"), present(dy, "dy")));
  return scope.g.callAll("custom_gradient", several(scope, 2), {}, [forward.build(), backward.build()]);
}

/** The gradient of one vector's sum with respect to another, on which it need not depend. */
function slope({ g, ...scope }: Scope): readonly Value[] {
  const loss = g.sum(tame(g, chosen({ g, ...scope })), [0]);
  return g.callAll("gradient", [loss, ...several({ g, ...scope }, 1)]).map((value) => tame(g, value));
}

/** A region with the flag, the matrix and `count` vectors as inputs, and `results` vectors as outputs. */
function inner(scope: Scope, name: string, count: number, results: number): Graph {
  const b = new RegionBuilder(name, new GraphBuilder(name, ops));
  const [p, w] = [b.input("flag", flag), b.input("w", matrix)];
  const inside: Scope = {
    ...scope,
    g: b.g,
    depth: scope.depth - 1,
    pool: each(count, () => b.input("x", vector)),
    matrix: w,
    flag: b.g.call("not", [p]),
  };
  fill(inside, 1 + upTo(scope, 2));
  each(results, () => b.output("y", chosen(inside)));
  return b.build();
}

function checkpoint(scope: Scope): readonly Value[] {
  const [count, results] = [1 + upTo(scope, 2), 1 + upTo(scope, 1)];
  return scope.g.callAll("checkpoint", [scope.flag, scope.matrix, ...several(scope, count)], {}, [
    inner(scope, "body", count, results),
  ]);
}

function branch(scope: Scope): readonly Value[] {
  const [count, results] = [1 + upTo(scope, 2), 1 + upTo(scope, 1)];
  const regions = ["then", "else"].map((name) => inner(scope, name, count, results));
  return scope.g.callAll("cond", [scope.flag, scope.flag, scope.matrix, ...several(scope, count)], {}, regions);
}

/** A sequence with one vector for each iteration. */
function sequence({ g }: Scope, x: Value, length: number): Value {
  const shape = [length, 2];
  return g.mul(
    g.broadcast(x, shape, [1]),
    g.constant(
      tensor("f32", shape),
      each(2 * length, (i) => Math.cos(1 + i)),
    ),
  );
}

/** A scan whose carries are a counter, from which each iteration computes its flag, and vectors. */
function loop(scope: Scope): readonly Value[] {
  const { g } = scope;
  const [length, carries, sequences, fixed] = [upTo(scope, 3), upTo(scope, 2), upTo(scope, 2), upTo(scope, 2)];
  const b = new RegionBuilder("body", new GraphBuilder("body", ops));
  const items = each(sequences, () => b.input("item", vector));
  const w = b.input("w", matrix);
  const rest = each(fixed + 1, () => b.input("x", vector));
  const count = b.carry("i", whole);
  const before = each(carries, () => b.carry("h", vector));
  b.next(0, b.g.add(count, 1));
  const inside: Scope = {
    ...scope,
    g: b.g,
    depth: scope.depth - 1,
    pool: [...items, ...rest, ...before],
    matrix: w,
    flag: b.g.call("gt", [count, 1]),
  };
  fill(inside, 1 + upTo(scope, 3));
  // Some carries are unchanged, some are swapped, some are set to an item.
  before.forEach((_, index) => {
    if (upTo(scope, 4) > 0) b.next(index + 1, chosen(inside));
  });
  const outputs = 1 + upTo(scope, 1);
  each(outputs, () => b.output("y", chosen(inside)));
  const operands = [
    g.constant(whole, 0),
    ...several(scope, carries),
    ...several(scope, sequences).map((x) => sequence(scope, x, length)),
    scope.matrix,
  ];
  const attrs = { carries: carries + 1, sequences, length, reverse: upTo(scope, 1) === 1 };
  const results = g.callAll("scan", [...operands, ...several(scope, fixed + 1)], attrs, [b.build()]);
  return results.slice(1).map((value, index) => tame(g, index < carries ? value : g.sum(value, [0])));
}

/** Adds steps to a scope; steps with regions only while depth is left. */
function fill(scope: Scope, steps: number): void {
  const plain = [pointwise, pointwise, product, twice, customGradient];
  const all = scope.depth > 0 ? [...plain, slope, checkpoint, branch, loop, loop] : plain;
  for (let step = 0; step < steps; step++) scope.pool.push(...(all[upTo(scope, all.length - 1)] ?? pointwise)(scope));
}

/** Inputs: two vectors `x` and `y`, a matrix `w` and a bool `p`. */
export function randomControl(next: Next, depth: number, steps: number): Graph {
  const g = new GraphBuilder("control", ops);
  const pool = [g.input("x", vector), g.input("y", vector)];
  const scope: Scope = { g, next, depth, pool, matrix: g.input("w", matrix), flag: g.input("p", flag) };
  fill(scope, steps);
  pool.slice(-3).forEach((value, index) => g.output(`y${index}`, value));
  return g.build();
}

// The batching rules of the ops with regions, against a loop over the members: values and gradients.
import { expect, test } from "vitest";
import { batched, batchInto, unbatched } from "../../compiler/graph/batch.ts";
import { GraphBuilder } from "../../compiler/graph/build.ts";
import { evaluate } from "../../compiler/graph/evaluate.ts";
import { parseGraph } from "../../compiler/graph/parse.ts";
import type { Graph, Node } from "../../compiler/graph/ir.ts";
import { ops } from "../../compiler/ops/table.ts";
import { f32 } from "../../compiler/ops/signature.ts";
import { present } from "../../compiler/support/invariant.ts";
import { isFloat } from "../../compiler/types/tensor-type.ts";
import { compared, difference, subsets } from "./batched.ts";
import { smoothGraphs } from "./control-graphs.ts";
import { random, valuesOf } from "./values.ts";

/** Uses whose predicate, length or gradient may depend on the batch. */
const graphs: Readonly<Record<string, string>> = {
  "a branch that an input chooses": `graph g(%p: bool[], %x: f32[3], %n: i32[])
  %0, %1 = cond %p, %x, %n : f32[3], i32[]
    then(%x: f32[3], %n: i32[]) {
      %0 = mul %x, %x : f32[3]
      return a=%0, b=%n
    }
    else(%x: f32[3], %n: i32[]) {
      %0 = sin %x : f32[3]
      %1 = constant 7 : i32[]
      return a=%0, b=%1
    }
  return a=%0, b=%1
`,
  "a branch beside one that has no finite gradient": `graph g(%p: bool[], %x: f32[3], %w: f32[3])
  %0 = cond %p, %x, %w : f32[3]
    then(%x: f32[3], %w: f32[3]) {
      %0 = sub %x, %x : f32[3]
      %1 = sqrt %0 : f32[3]
      %2 = mul %1, %w : f32[3]
      return y=%2
    }
    else(%x: f32[3], %w: f32[3]) {
      %0 = mul %x, %w : f32[3]
      return y=%0
    }
  return y=%0
`,
  "a branch that multiplies by weights": `graph g(%p: bool[], %x: f32[2], %w: f32[2,3])
  %0 = cond %p, %x, %w : f32[3]
    then(%x: f32[2], %w: f32[2,3]) {
      %0 = dot %x, %w {contract=[[0],[0]]} : f32[3]
      return y=%0
    }
    else(%x: f32[2], %w: f32[2,3]) {
      %0 = reduce_sum %w {axes=[0]} : f32[3]
      return y=%0
    }
  return y=%0
`,
  "a scan that starts from a constant and counts": `graph g(%x: f32[4,3], %w: f32[3])
  %h = constant 0 : f32[3]
  %i = constant 0 : i32[]
  %0, %1, %2, %3 = scan %h, %i, %x, %w {carries=2, sequences=1, length=4} : f32[3], i32[], f32[4,3], i32[4]
    body(%x: f32[3], %w: f32[3]) {
      carry %h: f32[3]
      carry %i: i32[]
      %0 = mul %h, %w : f32[3]
      %1 = add %0, %x : f32[3]
      %2 = add %i, 1 : i32[]
      return y=%1, i=%2
      next %h = %1
      next %i = %2
    }
  return last=%0, count=%1, all=%2, counts=%3
`,
  "a scan inside a branch of a scan": `graph g(%h: f32[2], %x: f32[3,2], %p: bool[])
  %0, %1 = scan %h, %x, %p {carries=1, sequences=1, length=3} : f32[2], f32[3,2]
    body(%x: f32[2], %p: bool[]) {
      carry %h: f32[2]
      %0 = cond %p, %h, %x : f32[2]
        then(%h: f32[2], %x: f32[2]) {
          %0, %1 = scan %h, %x {carries=1, sequences=1, length=2} : f32[2], f32[2,2]
            body(%i: f32[]) {
              carry %h: f32[2]
              %0 = broadcast %i {shape=[2], dims=[]} : f32[2]
              %1 = mul %h, %0 : f32[2]
              return y=%1
              next %h = %1
            }
          return y=%0
        }
        else(%h: f32[2], %x: f32[2]) {
          %0 = add %h, %x : f32[2]
          return y=%0
        }
      return y=%0
      next %h = %0
    }
  return last=%0, all=%1
`,
  "a loop that halves until it is small": `graph g(%x: f32[2], %limit: f32[], %step: f32[2])
  %i = constant 0 : i32[]
  %0, %1 = while %x, %i, %limit, %step {carries=2} : f32[2], i32[]
    condition(%limit: f32[], %step: f32[2]) {
      carry %x: f32[2]
      %0 = abs %x : f32[2]
      %1 = reduce_sum %0 {axes=[0]} : f32[]
      %2 = lt %limit, %1 : bool[]
      carry %i: i32[]
      %3 = lt %i, 9 : bool[]
      %4 = and %2, %3 : bool[]
      return go=%4
    }
    body(%limit: f32[], %step: f32[2]) {
      carry %x: f32[2]
      carry %i: i32[]
      %0 = mul %x, 0.5 : f32[2]
      %1 = mul %step, 0.01 : f32[2]
      %2 = add %0, %1 : f32[2]
      %3 = add %i, 1 : i32[]
      next %x = %2
      next %i = %3
    }
  return x=%0, count=%1
`,
  "a loop that counts": `graph g(%x: f32[2], %n: i32[])
  %i = constant 0 : i32[]
  %0, %1 = while %x, %i, %n {carries=2} : f32[2], i32[]
    condition(%n: i32[]) {
      carry %x: f32[2]
      carry %i: i32[]
      %0 = lt %i, %n : bool[]
      return go=%0
    }
    body(%n: i32[]) {
      carry %x: f32[2]
      carry %i: i32[]
      %0 = sin %x : f32[2]
      %1 = add %i, 1 : i32[]
      next %x = %0
      next %i = %1
    }
  return x=%0, count=%1
`,
  "a branch with a loop that ends only for members that take it": `graph g(%p: bool[], %n: i32[], %x: f32[2])
  %s = convert %p {dtype=i32} : i32[]
  %0, %1 = cond %p, %n, %s, %x : i32[], f32[2]
    then(%n: i32[], %s: i32[], %x: f32[2]) {
      %i = constant 0 : i32[]
      %0 = while %i, %n, %s {carries=1} : i32[]
        condition(%n: i32[], %s: i32[]) {
          carry %i: i32[]
          %0 = lt %i, %n : bool[]
          return go=%0
        }
        body(%n: i32[], %s: i32[]) {
          carry %i: i32[]
          %0 = add %i, %s : i32[]
          next %i = %0
        }
      %1 = mul %x, %x : f32[2]
      return count=%0, y=%1
    }
    else(%n: i32[], %s: i32[], %x: f32[2]) {
      return count=%n, y=%x
    }
  return count=%0, y=%1
`,
  "a loop with a loop that ends only for members that go on": `graph g(%n: i32[])
  %i = constant 0 : i32[]
  %t = constant 0 : i32[]
  %0, %1 = while %i, %t, %n {carries=2} : i32[], i32[]
    condition(%n: i32[]) {
      carry %i: i32[]
      carry %t: i32[]
      %0 = lt %i, %n : bool[]
      return go=%0
    }
    body(%n: i32[]) {
      carry %i: i32[]
      carry %t: i32[]
      %0 = lt %i, %n : bool[]
      %1 = convert %0 {dtype=i32} : i32[]
      %j = constant 0 : i32[]
      %2 = while %j, %1 {carries=1} : i32[]
        condition(%s: i32[]) {
          carry %j: i32[]
          %0 = lt %j, 2 : bool[]
          return go=%0
        }
        body(%s: i32[]) {
          carry %j: i32[]
          %0 = add %j, %s : i32[]
          next %j = %0
        }
      %3 = add %t, %2 : i32[]
      %4 = add %i, 1 : i32[]
      next %i = %4
      next %t = %3
    }
  return i=%0, t=%1
`,
  "a custom gradient that is not the true one, of two operands": `graph g(%x: f32[3], %y: f32[3])
  %0 = custom_gradient %x, %y : f32[3]
    forward(%x: f32[3], %y: f32[3]) {
      %0 = mul %x, %y : f32[3]
      return z=%0
    }
    backward(%x: f32[3], %y: f32[3], %z: f32[3], %dz: f32[3]) {
      %0 = min %dz, 0.5 : f32[3]
      %1 = mul %0, %z : f32[3]
      return dx=%1, dy=%0
    }
  return z=%0
`,
  "a gradient": `graph g(%x: f32[3], %y: f32[3], %z: f32[3])
  %0 = mul %x, %y : f32[3]
  %1 = sin %0 : f32[3]
  %2 = mul %1, %z : f32[3]
  %3 = reduce_sum %2 {axes=[0]} : f32[]
  %4, %5 = gradient %3, %x, %y : f32[3], f32[3]
  %6 = mul %4, %5 : f32[3]
  return d=%6
`,
};

const every = Object.entries({ ...graphs, ...smoothGraphs });
const nodesOf = ({ nodes }: Graph): readonly Node[] =>
  nodes.flatMap((node) => [node, ...node.regions.flatMap(nodesOf)]);
const read = (text: string): Graph => parseGraph(text, ops);

for (const [name, text] of every) {
  test(`a batch of ${name} equals a loop over its members`, () => {
    const graph = read(text);
    const next = random(3);
    const differentiable = nodesOf(graph).every(
      ({ op, results }) =>
        op.gradient.kind === "rule" || op.form.kind === "leaf" || results.every(({ type }) => !isFloat(type.dtype)),
    );
    for (const subset of subsets(graph.inputs.length)) {
      const drawn = graph.inputs.map(({ type }) => Array.from({ length: 3 }, () => valuesOf(type, next)));
      const draw = (input: number, member: number): Float64Array => drawn[input]?.[member] ?? new Float64Array();
      const { batch, loop } = compared(graph, subset, { differentiable, draw, weight: () => next() * 2 - 1 });
      expect(difference(batch.outputs, loop.outputs), `the results, batched ${subset.join(", ")}`).toBeLessThan(1e-9);
      expect(difference(batch.gradients, loop.gradients), `the gradients, batched ${subset.join(", ")}`).toBeLessThan(
        1e-9,
      );
    }
  });
}

test("the graphs use every op with regions, with batched operands", () => {
  const found = new Set(every.flatMap(([, text]) => nodesOf(read(text)).map(({ op }) => op.name)));
  const missing = [...ops.values()]
    .filter(({ regions, name }) => regions !== undefined && !found.has(name))
    .map(({ name }) => name);
  expect(missing, `ops without a graph in test/ops/batch-control.test.ts`).toEqual([]);
});

test("the gradients of a batch of losses are those of each loss, for batched and for shared targets", () => {
  const op = present(ops.get("gradient"), "the op");
  const g = new GraphBuilder("g", ops);
  const [x, w, unused] = [g.input("x", f32(3, 2)), g.input("w", f32(2)), g.input("unused", f32(3, 2))];
  const losses = g.sum(g.mul(g.mul(x, x), g.broadcast(w, [3, 2], [1])), [1]);
  const targets = [batched(x), unbatched(w), batched(unused)];
  const results = op.batch(g, op, { operands: [batched(losses), ...targets], attrs: {}, regions: [], size: 3 });
  results.forEach(({ value, batched: isBatched }, index) =>
    g.output(`d${index}`, isBatched ? value : g.constant(value.type, NaN)),
  );
  const data = { x: [1, 2, 3, 4, 5, 6], w: [10, 20], unused: [1, 1, 1, 1, 1, 1] };
  const inputs = new Map(Object.entries(data).map(([name, values]) => [name, Float64Array.from(values)]));
  const { outputs } = evaluate(g.build(), { inputs, persistent: new Map(), precision: "f64" });
  // The gradients of the sum of x^2 w are 2 x w, and x^2 for each member.
  expect([...outputs.values()].map(({ data: found }) => [...found])).toEqual([
    [20, 80, 60, 160, 100, 240],
    [1, 4, 9, 16, 25, 36],
    [0, 0, 0, 0, 0, 0],
  ]);
});

test("the gradient of an unbatched loss with respect to an unbatched value is unbatched", () => {
  const op = present(ops.get("gradient"), "the op");
  const g = new GraphBuilder("g", ops);
  const [x, w] = [g.input("x", f32(3, 2)), g.input("w", f32())];
  const results = op.batch(g, op, {
    operands: [unbatched(g.mul(w, w)), batched(x), unbatched(w)],
    attrs: {},
    regions: [],
    size: 3,
  });
  expect(results.map((result) => [result.batched, result.value.type.shape])).toEqual([
    [true, [3, 2]],
    [false, []],
  ]);
});

test("params may be batched, as for models trained in parallel: then their writes are batched too", () => {
  const graph = read(`graph step(%x: f32[2])
  %w = param "w" : f32[2]
  %0 = mul %w, %x : f32[2]
  %1 = reduce_sum %0 {axes=[0]} : f32[]
  %2 = gradient %1, %w : f32[2]
  %3 = sub %w, %2 : f32[2]
  return loss=%1
  write "w"=%3
`);
  const g = new GraphBuilder("models", ops);
  const w = g.param("w", f32(3, 2));
  const inputs = [unbatched(g.input("x", f32(2)))];
  const { outputs, writes } = batchInto(g, graph, 3, {
    inputs,
    persistent: (leaf) => (leaf.op.name === "param" ? batched(w) : null),
  });
  outputs.forEach(({ value }) => g.output("loss", value));
  writes.forEach(({ value }, path) => g.write(path, value));
  const persistent = new Map([["w", Float64Array.of(1, 2, 3, 4, 5, 6)]]);
  const found = evaluate(g.build(), { inputs: new Map([["x", Float64Array.of(10, 1)]]), persistent, precision: "f64" });
  expect([...(found.outputs.get("loss")?.data ?? [])]).toEqual([12, 34, 56]);
  expect([...(found.writes.get("w")?.data ?? [])]).toEqual([-9, 1, -7, 3, -5, 5]);
});

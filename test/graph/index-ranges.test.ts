// The ranges of indices against a reference interpreter that notes when an index is clamped.
import fc from "fast-check";
import { expect, test } from "vitest";
import { indexRanges } from "../../compiler/analysis/index-ranges.ts";
import { evaluate } from "../../compiler/graph/evaluate.ts";
import { nameOf, siteOf } from "../../compiler/graph/facts.ts";
import type { Graph, Node } from "../../compiler/graph/ir.ts";
import { present } from "../../compiler/support/invariant.ts";
import { elements } from "../../compiler/types/tensor-type.ts";
import { invalidIndex } from "../../runtime/index-range.ts";
import { graphOf, programOf } from "../frontend/program.ts";

/** The graph with ops that report each index out of range. */
function watched(graph: Graph, clamped: () => void): Graph {
  const watch = (node: Node): Node => {
    const { op, regions } = node;
    if (op.indices === undefined)
      return regions.length === 0 ? node : { ...node, regions: regions.map((region) => watched(region, clamped)) };
    const { operand, size } = op.indices(siteOf(node));
    const see = (index: number): void => void ((index < 0 || index >= size) && clamped());
    const { reference } = op;
    if (reference.kind === "scalar")
      return {
        ...node,
        op: {
          ...op,
          reference: {
            kind: "scalar",
            apply: (args, attrs, types) => {
              see(present(args[operand], op.name));
              return reference.apply(args, attrs, types);
            },
          },
        },
      };
    if (reference.kind === "region") return node;
    return {
      ...node,
      op: {
        ...op,
        reference: {
          kind: "array",
          apply: (args, ...rest) => {
            args[operand]?.data.forEach(see);
            return reference.apply(args, ...rest);
          },
        },
      },
    };
  };
  return { ...graph, nodes: graph.nodes.map(watch) };
}

const isClamped = (graph: Graph, id: readonly number[]): boolean => {
  let clamped = false;
  const watching = watched(graph, () => (clamped = true));
  const inputs = new Map(
    graph.inputs.map((value) => {
      const count = elements(value.type.shape);
      return [nameOf(value), nameOf(value) === "id" ? Float64Array.from(id) : new Float64Array(count)];
    }),
  );
  evaluate(watching, { inputs, persistent: new Map(), precision: "f32" });
  return clamped;
};

/** What `run` does with the ranges of the plan. */
const isRejected = (graph: Graph, id: readonly number[]): boolean => {
  const input = graph.inputs.findIndex((value) => nameOf(value) === "id");
  const indices = indexRanges(graph)
    .filter((range) => range.input === input)
    .map(({ allowed, ...rest }) => ({ ...rest, allowed: allowed.map(({ lo, hi }) => [lo, hi] as const) }));
  const { dtype, shape } = present(graph.inputs[input], "id").type;
  return invalidIndex({ name: "id", dtype, shape, offset: 0, indices }, id) !== null;
};

interface Expression {
  readonly text: string;
  readonly shape: readonly number[];
}
type Step = (x: Expression, c: number, d: number) => Expression;

const pointwise =
  (write: (x: string, c: number, d: number) => string): Step =>
  ({ text, shape }, c, d) => ({ text: `(${write(text, c, d)})`, shape });

const cuts: readonly Step[] = [
  ({ text, shape: [n = 1, ...rest] }) =>
    n > 1 ? { text: `${text}[1:]`, shape: [n - 1, ...rest] } : { text, shape: [n, ...rest] },
  ({ text, shape }) =>
    shape.length === 2 ? { text: `${text}[:, ${(shape[1] ?? 1) - 1}]`, shape: shape.slice(0, 1) } : { text, shape },
  ({ text, shape }) => ({ text: `${text}[:${shape[0] ?? 1}]`, shape }),
];

const moves: readonly Step[] = [
  ({ text, shape }) => ({ text: `reshape(${text}, [${elements(shape)}])`, shape: [elements(shape)] }),
  ({ text, shape }) => ({ text: `op.reverse(${text}, axes: [0])`, shape }),
  ({ text, shape }) => ({
    text: `op.transpose(${text}, perm: [${shape.map((_, i) => shape.length - 1 - i).join(", ")}])`,
    shape: shape.toReversed(),
  }),
  ({ text, shape: [n = 1, ...rest] }) => ({ text: `concat(${text}, ${text}, axis: 0)`, shape: [2 * n, ...rest] }),
  ({ text, shape }) => ({ text: `stop_gradient(${text})`, shape }),
];

const integers: readonly Step[] = [
  pointwise((x, c) => `${x} + (${c})`),
  pointwise((x, c) => `${c} - ${x}`),
  pointwise((x) => `-${x}`),
  pointwise((x, _, d) => `${x} / ${Math.abs(d) + 1}`),
  pointwise((x, _, d) => `${x} * ${d}`),
  pointwise((x, c) => `max(${x}, ${c})`),
  pointwise((x, c) => `min(${x}, ${c})`),
  pointwise((x, c, d) => `select(${x} == ${c}, ${d}, ${x})`),
  pointwise((x, c, d) => `select(${x} < ${c} or ${x} == ${c + 2}, ${x} + ${d}, ${x})`),
  pointwise((x, c, d) => `select(not (${x} >= ${c} and ${x} != ${d}), 0, ${x})`),
];

/** Uses of indices along an axis of n items; the results do not matter. */
const uses: readonly ((x: Expression, n: number) => string)[] = [
  ({ text }, n) => `sum(take(zeros([${n}]), ${text}, axis: 0))`,
  ({ text, shape }, n) => `sum(pick(zeros([${[...shape, n].join(", ")}]), ${text}))`,
  ({ text }, n) => `sum(one_hot(${text}, classes: ${n}))`,
  ({ text, shape }, n) => `sum(op.scatter_add(zeros([${shape.join(", ")}]), ${text}, axis: 0, size: ${n}))`,
  ({ text, shape: [, ...rest] }, n) =>
    `sum((scan i in ${text} along 0 carry h = zeros([${rest.join(", ")}]) { next h = h + take(zeros([${n}]), i, axis: 0) }).h)`,
];

const step = (steps: readonly Step[]) =>
  fc.tuple(fc.constantFrom(...steps), fc.integer({ min: -9, max: 9 }), fc.integer({ min: -3, max: 3 }));
const path = fc.record({
  cuts: fc.array(step(cuts), { maxLength: 2 }),
  steps: fc.array(fc.oneof(step(moves), step(integers)), { maxLength: 4 }),
  use: fc.constantFrom(...uses),
  size: fc.integer({ min: 1, max: 12 }),
});
type Path = typeof path extends fc.Arbitrary<infer T> ? T : never;

const shape = [3, 4];

interface Case {
  readonly paths: readonly Path[];
  readonly dtype: string;
  readonly inputs: readonly (readonly number[])[];
}

function entryOf({ paths, dtype }: Case, name: string): string {
  const id = dtype === "i32" ? "id" : 'convert(id, dtype: "i32")';
  const results = paths.map(({ cuts: first, steps, use, size }, i) => {
    const index = [...first, ...steps].reduce<Expression>((x, [apply, c, d]) => apply(x, c, d), { text: id, shape });
    return `r${i}: ${use(index, size)}`;
  });
  return `entry ${name}(id: ${dtype}[${shape.join(", ")}]) { { ${results.join(", ")} } }`;
}

const values = fc.array(
  fc.oneof({ weight: 6, arbitrary: fc.integer({ min: -1, max: 6 }) }, fc.integer({ min: -30, max: 30 })),
  { minLength: 12, maxLength: 12 },
);

test("the check of a plan rejects exactly the inputs for which an index is clamped", () => {
  const outcomes = { accepted: 0, rejected: 0 };
  const one: fc.Arbitrary<Case> = fc.record({
    paths: fc.array(path, { minLength: 1, maxLength: 2 }),
    dtype: fc.constantFrom("i32", "i32", "u8", "i8"),
    inputs: fc.array(values, { minLength: 2, maxLength: 4 }),
  });
  // Values that are all alike reach the edges of the ranges.
  const alike = Array.from({ length: 10 }, (_, i) => new Array<number>(12).fill(i - 2));
  fc.assert(
    fc.property(fc.array(one, { minLength: 8, maxLength: 8 }), (cases) => {
      const entries = cases.map((item, i) => entryOf(item, `f${i}`));
      const program = programOf(`dl 1\n${entries.join("\n")}`);
      cases.forEach(({ dtype, inputs }, i) => {
        const graph = graphOf(program, `f${i}`);
        for (const given of [...inputs, ...alike]) {
          const id = dtype === "u8" ? given.map(Math.abs) : given;
          const rejected = isRejected(graph, id);
          expect(rejected, `${entries[i]}\nid = ${id.join(", ")}`).toBe(isClamped(graph, id));
          outcomes[rejected ? "rejected" : "accepted"]++;
        }
      });
    }),
    { seed: 11, numRuns: 6 },
  );
  expect(Math.min(outcomes.accepted, outcomes.rejected)).toBeGreaterThan(80);
});

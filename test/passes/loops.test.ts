// Loops are batched for every op of the table: a product that depends on no earlier iteration leaves the loop through
// any op.
import { expect, test } from "vitest";
import { GraphBuilder } from "../../compiler/graph/build.ts";
import { isArgument, isView, linearSets } from "../../compiler/graph/facts.ts";
import { RegionBuilder } from "../../compiler/graph/inline.ts";
import type { Graph, Value } from "../../compiler/graph/ir.ts";
import type { Op, Sample } from "../../compiler/graph/op.ts";
import { ops } from "../../compiler/ops/table.ts";
import { runPasses } from "../../compiler/passes/driver.ts";
import { hoist } from "../../compiler/passes/loops/hoist.ts";
import { sink } from "../../compiler/passes/loops/sink.ts";
import { present } from "../../compiler/support/invariant.ts";
import { elements, tensor, type TensorType } from "../../compiler/types/tensor-type.ts";
import { caseOf, isLeaf, sampled } from "../ops/values.ts";
import { expectSameFunction } from "./data.ts";
import { resultOf } from "../../compiler/graph/facts.ts";

const length = 3;
const width = 2;
const vector = tensor("f32", [width]);

const isEmpty = ({ operands }: Sample): boolean => operands.some(({ shape }) => elements(shape) === 0);
const found = sampled.filter((op) => !isLeaf(op) && op.operands.length > 0);
const samplesOf = (op: Op): readonly Sample[] => op.samples.filter((sample) => !isEmpty(sample)).slice(0, 3);

const flat = (g: GraphBuilder, x: Value): Value => g.reshape(g.convert(x, "f32"), [elements(x.type.shape)]);
const times = (g: GraphBuilder, x: Value, w: Value): Value => g.call("dot", [flat(g, x), w], { contract: [[0], [0]] });
const stacked = ({ dtype, shape }: TensorType): TensorType => tensor(dtype, [length, ...shape]);

/**
 * A scan with a vector carry, whose body reads the op's operands (the first, or all, are items) and weights; `make`
 * returns the next vector and an output.
 */
function loop(
  { operands }: Sample,
  allItems: boolean,
  weights: readonly TensorType[],
  make: (
    g: GraphBuilder,
    h: Value,
    operands: readonly Value[],
    weights: readonly Value[],
  ) => { readonly next: Value; readonly output: Value },
): Graph {
  const count = allItems ? operands.length : 1;
  const b = new RegionBuilder("body", new GraphBuilder("body", ops));
  const inputs = operands.map((type, index) => b.input(`x${index}`, type));
  const fixed = weights.map((type, index) => b.input(`w${index}`, type));
  const { next, output } = make(b.g, b.carry("h", vector), inputs, fixed);
  b.output("y", output);
  b.next(0, next);
  const g = new GraphBuilder("loop", ops);
  const h = g.input("h", vector);
  const outer = [
    ...operands.map((type, index) => g.input(`x${index}`, index < count ? stacked(type) : type)),
    ...weights.map((type, index) => g.input(`w${index}`, type)),
  ];
  g.callAll("scan", [h, ...outer], { carries: 1, sequences: count, length }, [b.build()]).forEach((value, index) =>
    g.output(`y${index}`, value),
  );
  return g.build();
}

const productsInside = ({ nodes }: Graph): number =>
  nodes
    .flatMap(({ regions }) => regions.flatMap((region) => region.nodes))
    .filter(({ op }) => op.form.kind === "contract").length;

function typeOf(op: Op, { operands, attrs = {} }: Sample): TensorType {
  return present(op.type(operands, { ...op.defaults, ...attrs }, [])[0], "a result");
}

const describeUse = (op: Op, { operands }: Sample, all: boolean): string =>
  `${op.name} of ${operands.map(({ shape }) => `[${shape.join(",")}]`).join(", ")}, ${all ? "all operands" : "the first operand"} of each iteration`;
const use = (op: Op, g: GraphBuilder, operands: readonly Value[], { attrs = {} }: Sample): Value =>
  resultOf(g.addNode(op, operands, attrs));

for (const op of found) {
  test(`hoist moves a product with ${op.name} out of a loop`, () => {
    for (const sample of samplesOf(op))
      for (const all of [true, false]) {
        const weights = [tensor("f32", [elements(typeOf(op, sample).shape), width])];
        const graph = loop(sample, all, weights, (g, h, operands, [w]) => {
          const next = g.call("tanh", [g.add(h, times(g, use(op, g, operands, sample), present(w, "weights")))]);
          return { next, output: next };
        });
        const after = runPasses(graph, [hoist], { verify: true });
        expect(productsInside(after), describeUse(op, sample, all)).toBe(0);
        expectSameFunction(graph, after, "f64", 1e-9, [1]);
      }
  });

  const smooth = samplesOf(op).filter(({ operands }) => operands[0]?.dtype === "f32");
  if (smooth.length === 0) continue;
  test(`sink moves ${op.name} of a product out of a loop`, () => {
    for (const sample of smooth)
      for (const all of [true, false]) {
        const shape = sample.operands[0]?.shape ?? [];
        const graph = loop(sample, all, [tensor("f32", [width, elements(shape)])], (g, h, operands, [w]) => {
          const product = g.reshape(times(g, h, present(w, "weights")), shape);
          return { next: g.call("tanh", [g.add(h, 0.5)]), output: use(op, g, [product, ...operands.slice(1)], sample) };
        });
        const after = runPasses(graph, [sink], { verify: true });
        expect(productsInside(after), describeUse(op, sample, all)).toBe(0);
        expectSameFunction(graph, after, "f64", 1e-9, [1]);
      }
  });
}

for (const op of found) {
  const uses = samplesOf(op)
    .map((sample) => ({ sample, sets: linearSets(caseOf(op, sample).node), type: typeOf(op, sample) }))
    .filter(
      ({ sample, type, sets }) =>
        type.dtype === "f32" && sets.some((set) => set.every((index) => sample.operands[index]?.dtype === "f32")),
    );
  if (uses.length === 0) continue;
  test(`sink sums ${op.name} of products once, after the loop`, () => {
    for (const { sample, sets, type } of uses)
      for (const set of sets) {
        const g = new GraphBuilder("loop", ops);
        const b = new RegionBuilder("body", g);
        const x = b.input("x", vector);
        const matrices = sample.operands.map((each, index) =>
          b.input(`y${index}`, tensor("f32", [width, set.includes(index) ? elements(each.shape) : 1])),
        );
        const fixed = sample.operands.map((each, index) => b.input(`z${index}`, each));
        const sum = b.carry("sum", type);
        const operands = fixed.map((value, index) =>
          set.includes(index)
            ? b.g.reshape(times(b.g, x, present(matrices[index], "a matrix")), value.type.shape)
            : value,
        );
        b.next(0, b.g.add(sum, use(op, b.g, operands, sample)));

        const items = [x, ...matrices].map((value, index) => g.input(`x${index}`, stacked(value.type)));
        const start = g.input("start", type);
        const invariants = sample.operands.map((each, index) => g.input(`z${index}`, each));
        const attrs = { carries: 1, sequences: items.length, length };
        g.callAll("scan", [start, ...items, ...invariants], attrs, [b.build()]).forEach((value) =>
          g.output("sum", value),
        );
        const graph = g.build();
        const after = runPasses(graph, [sink], { verify: true });
        const inside = after.nodes.flatMap(({ regions }) => regions.flatMap((region) => region.nodes));
        const computing = inside.filter((node) => !isArgument(node) && !isView(node)).map((node) => node.op.name);
        // An op with sumOverBatch sums its own batch.
        expect(
          op.operands.length === 1 && op.sumOverBatch ? computing.filter((name) => name === op.name) : computing,
          describeUse(op, sample, false),
        ).toEqual([]);
        expectSameFunction(graph, after, "f64", 1e-9, [1]);
      }
  });
}

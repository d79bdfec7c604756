// Smaller sizes throughout a graph: 3 elements read better than 600.
import { elements } from "../types/tensor-type.ts";
import { fail } from "../support/invariant.ts";
import type { Attr, Attrs, Graph, Node, Value } from "../graph/ir.ts";
import { isNumbers } from "../graph/facts.ts";
import { remake } from "./remake.ts";
import type { Edit } from "./edit.ts";

/** Attributes that hold sizes. */
const sizeAttrs = new Set(["shape", "limit", "size", "length", "window"]);

/** Replaces one size at a time with a smaller one; tries the largest size first, and the smallest replacement first. */
export const resizings: Edit = (graph) => {
  const sizes = [...sizesOf(graph)].sort((a, b) => a - b);
  const steps = sizes.flatMap((size) =>
    [size - 1, Math.ceil(size / 2), 3, 2, 1].filter((to) => to < size && to > 0).map((to) => ({ size, to })),
  );
  return {
    count: steps.length,
    apply: (from, to) => {
      const step = steps[from];
      return to - from === 1 && step !== undefined ? resize(graph, step.size, step.to) : null;
    },
  };
};

function sizesOf(graph: Graph): ReadonlySet<number> {
  const ofNode = ({ results, attrs, regions }: Node): readonly number[] => [
    ...results.flatMap(({ type }) => type.shape),
    ...(typeof attrs["length"] === "number" ? [attrs["length"]] : []),
    ...regions.flatMap((region) => [...sizesOf(region)]),
  ];
  return new Set(graph.nodes.flatMap(ofNode).filter((size) => size > 1));
}

/** Every size `from` becomes `to`, in regions too. A graph that is then ill-typed is an invariant failure. */
function resize(graph: Graph, from: number, to: number): Graph {
  return remake(graph, (_, node, operands) => ({
    attrs: resized(node, operands, from, to),
    regions: node.regions.map((region) => resize(region, from, to)),
  }));
}

function resized(node: Node, operands: readonly Value[], from: number, to: number): Attrs {
  const change = (attr: Attr): Attr =>
    attr === from ? to : isNumbers(attr) ? attr.map((size) => (size === from ? to : size)) : attr;
  const attrs: Attrs = Object.fromEntries(
    Object.entries(node.attrs).map(([name, attr]) => [name, sizeAttrs.has(name) ? change(attr) : attr]),
  );
  const { shape, values } = attrs;
  if (shape === undefined || !isNumbers(shape)) return attrs;
  if (values !== undefined && isNumbers(values)) return { ...attrs, values: values.slice(0, elements(shape)) };
  const [operand] = operands;
  return node.op.name === "reshape" && operand !== undefined
    ? { ...attrs, shape: fitted(shape, elements(operand.type.shape)) }
    : attrs;
}

/** A shape with that many elements: changes the last size that can absorb the difference. */
function fitted(shape: readonly number[], count: number): readonly number[] {
  const product = elements(shape);
  if (product === count) return shape;
  const axis = shape.findLastIndex((size) => product > 0 && size > 1 && Number.isInteger((count * size) / product));
  return axis < 0 ? fail("the reshape does not fit") : shape.with(axis, (count * (shape[axis] ?? 1)) / product);
}

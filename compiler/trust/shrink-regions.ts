// Edits that simplify loops and branches: inline a body, replace a carry with an invariant, remove unused operands and
// results.
import { at } from "../support/lists.ts";
import { isFloat } from "../types/tensor-type.ts";
import { GraphBuilder } from "../graph/build.ts";
import { intAttr, isInput, nameOf } from "../graph/facts.ts";
import { inlineRegion } from "../graph/inline.ts";
import type { Graph, Node, Value } from "../graph/ir.ts";
import { kept, topological } from "../graph/rebuild.ts";
import { scanParts } from "../graph/regions.ts";
import { remake } from "./remake.ts";
import type { Edit } from "./edit.ts";

const withRegions = (graph: Graph): readonly Node[] => graph.nodes.filter(({ regions }) => regions.length > 0);

/**
 * Replaces an op with one of its regions: a branch, the body of an op that `inline` expands, one iteration of a loop.
 */
export const inlineRegions: Edit = (graph) => {
  const sites = withRegions(graph).flatMap((node) =>
    node.regions.flatMap((_, region) => (mayInline(node, region) ? [{ node, region }] : [])),
  );
  return {
    count: sites.length,
    apply: (from, to) => {
      const chosen = new Map(sites.slice(from, to).map(({ node, region }) => [node, region]));
      return remake(graph, (g, node, operands) => {
        const region = chosen.get(node);
        return region === undefined ? {} : { instead: inlined(g, node, operands, at(node.regions, region)) };
      });
    },
  };
};

/** The condition of a `while` and the backward region of a custom gradient do not produce the results of the op. */
const mayInline = ({ op }: Node, region: number): boolean =>
  op.form.kind === "while" ? region === 1 : op.form.kind === "inline" ? region === 0 : true;

function inlined(g: GraphBuilder, node: Node, operands: readonly Value[], region: Graph): readonly Value[] {
  switch (node.op.form.kind) {
    case "scan": {
      const { carries, sequences, invariants } = scanParts(operands, node.attrs);
      const length = intAttr(node.attrs, "length");
      const first = inlineRegion(
        g,
        region,
        [...sequences.map((sequence) => firstItem(g, sequence)), ...invariants],
        carries,
      );
      const stacked = first.outputs.map((value) => {
        const { shape } = value.type;
        return g.broadcast(
          value,
          [length, ...shape],
          shape.map((__, axis) => axis + 1),
        );
      });
      return [...first.carries, ...stacked];
    }
    case "while": {
      const carries = intAttr(node.attrs, "carries");
      return inlineRegion(g, region, operands.slice(carries), operands.slice(0, carries)).carries;
    }
    case "cond":
      return inlineRegion(g, region, operands.slice(1)).outputs;
    default:
      return inlineRegion(g, region, operands).outputs;
  }
}

function firstItem(g: GraphBuilder, sequence: Value): Value {
  const { shape } = sequence.type;
  const first = g.call("slice", [sequence], {
    start: shape.map(() => 0),
    limit: [1, ...shape.slice(1)],
    stride: shape.map(() => 1),
  });
  return g.reshape(first, shape.slice(1));
}

/** Replaces a carry with an invariant: its initial value. */
export const carriesToInvariants: Edit = (graph) => {
  const loops = withRegions(graph).filter(({ op }) => op.form.kind === "scan");
  const sites = loops.flatMap((node) => Array.from({ length: carriesOf(node) }, (_, carry) => ({ node, carry })));
  return {
    count: sites.length,
    apply: (from, to) => {
      const [site] = sites.slice(from, to);
      if (to - from !== 1 || site === undefined) return null;
      return remake(graph, (_, node, operands) => (node === site.node ? withoutCarry(node, operands, site.carry) : {}));
    },
  };
};

const carriesOf = ({ op, attrs }: Node): number =>
  op.form.kind === "scan" || op.form.kind === "while" ? intAttr(attrs, "carries") : 0;

function withoutCarry(node: Node, operands: readonly Value[], carry: number): ReturnType<Parameters<typeof remake>[1]> {
  const initial = at(operands, carry);
  return {
    operands: [...operands.toSpliced(carry, 1), initial],
    attrs: { ...node.attrs, carries: carriesOf(node) - 1 },
    regions: node.regions.map((region) => fixedCarry(region, carry, initial)),
    results: (results) => results.toSpliced(carry, 0, initial),
  };
}

/** The region with a carry replaced by a new last input. */
function fixedCarry(region: Graph, carry: number, { type }: Value): Graph {
  const { value: leaf } = at(region.carries, carry);
  const builder = new GraphBuilder(region.name, region);
  builder.derive(leaf.node.provenance);
  const input = builder.input(freeName(region), type);
  const changed = remake({ ...region, carries: region.carries.toSpliced(carry, 1) }, (_, node) =>
    node === leaf.node ? { instead: [input] } : {},
  );
  return { ...changed, inputs: [...changed.inputs, input], nodes: [input.node, ...changed.nodes] };
}

function freeName(region: Graph): string {
  const taken = new Set([...region.inputs, ...region.carries.map(({ value }) => value)].map(nameOf));
  let n = 0;
  while (taken.has(`fixed${n}`)) n++;
  return `fixed${n}`;
}

/** Removes operands that no region reads, and unused results. */
export const trimSignatures: Edit = (graph) => {
  const sites = withRegions(graph).filter(({ op }) => op.name !== "custom_gradient");
  return {
    count: sites.length,
    apply: (from, to) => {
      const chosen = new Set(sites.slice(from, to));
      const used = new Set([...graph.nodes.flatMap(({ operands }) => operands), ...kept(graph)]);
      return remake(graph, (_, node, operands) => (chosen.has(node) ? trimmed(node, operands, used) : {}));
    },
  };
};

function trimmed(
  node: Node,
  operands: readonly Value[],
  used: ReadonlySet<Value>,
): ReturnType<Parameters<typeof remake>[1]> {
  const carries = carriesOf(node);
  // Operands before the first that is a region's input: carries, or the predicate of a `cond`.
  const before = node.op.form.kind === "cond" ? 1 : carries;
  const reads = node.regions.map(
    (region) => new Set([...region.nodes.flatMap((inner) => inner.operands), ...kept(region)]),
  );
  const keepInput = (index: number): boolean =>
    node.regions.some((region, r) => reads[r]?.has(at(region.inputs, index)));
  const keepOutput = (index: number): boolean => used.has(at(node.results, carries + index));
  const inputs = operands.slice(before).map((_, index) => keepInput(index));
  const outputs = node.results.slice(carries).map((_, index) => keepOutput(index));
  if (outputs.length > 0 && !outputs.includes(true) && carries === 0) return {};
  const isScan = node.op.form.kind === "scan";
  const sequences = isScan ? intAttr(node.attrs, "sequences") : 0;
  return {
    operands: operands.filter((_, index) => index < before || inputs[index - before] === true),
    attrs: isScan ? { ...node.attrs, sequences: inputs.slice(0, sequences).filter(Boolean).length } : node.attrs,
    regions: node.regions.map((region, r) =>
      narrowed(region, inputs, node.op.form.kind === "while" && r === 0 ? null : outputs),
    ),
    results: (results) => {
      let next = carries;
      return node.results.map((_, index) =>
        index < carries ? results[index] : outputs[index - carries] === true ? results[next++] : undefined,
      );
    },
  };
}

/** The region with only the inputs and outputs whose flag is true; null `outputs` keeps all of them. */
function narrowed(region: Graph, inputs: readonly boolean[], outputs: readonly boolean[] | null): Graph {
  const left = region.inputs.filter((_, index) => inputs[index]);
  const nodes = new Set(left.map(({ node }) => node));
  return {
    ...region,
    inputs: left,
    nodes: region.nodes.filter((node) => !isInput(node) || nodes.has(node)),
    outputs: region.outputs.filter((_, index) => outputs === null || outputs[index]),
  };
}

/**
 * What decides how long the `while` loops of a graph run: their operands, conditions and next values, and all nodes.
 * `mayHang` requires that a candidate still has them.
 */
export interface LoopTermination {
  readonly nodes: ReadonlySet<Node>;
  readonly values: ReadonlySet<Value>;
}

export function terminationOf(graph: Graph): LoopTermination {
  const nodes = allNodes(graph);
  const whiles = nodes.filter(({ op }) => op.form.kind === "while");
  return {
    nodes: new Set(nodes),
    values: new Set(
      whiles.flatMap(({ operands, regions }) => [
        ...operands,
        ...regions.flatMap((region) => [...region.outputs.map(({ value }) => value), ...nextValues(region)]),
      ]),
    ),
  };
}

/**
 * Whether a `while` of the graph may run longer than in the original: a value that decides its end has changed. Floats
 * count only if the condition computes with floats.
 */
export function mayHang(graph: Graph, known: LoopTermination): boolean {
  return graph.nodes.some((node) => {
    if (node.regions.some((region) => mayHang(region, known))) return true;
    const [condition, body] = node.regions;
    if (node.op.form.kind !== "while" || condition === undefined || body === undefined) return false;
    const onFloats = condition.nodes.some(({ results }) => results.some(({ type }) => isFloat(type.dtype)));
    const decides = ({ type }: Value): boolean => onFloats || !isFloat(type.dtype);
    const ends = [...condition.outputs.map(({ value }) => value), ...nextValues(body)].filter(decides);
    return (
      [...node.operands.filter(decides), ...ends].some((value) => !known.values.has(value)) ||
      topological(ends).some((inner) => !known.nodes.has(inner))
    );
  });
}

/** The next values of all carries, including unchanged ones. */
const nextValues = ({ carries }: Graph): readonly Value[] => carries.map(({ next }) => next);

/** All nodes, including those of regions. */
const allNodes = (graph: Graph): readonly Node[] =>
  graph.nodes.flatMap((node) => [node, ...node.regions.flatMap(allNodes)]);

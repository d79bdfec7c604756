// Loops and branches made simpler: a body in the place of its op, carries that do not change, operands and results that nothing uses left out.
import { present } from "../support/invariant.ts";
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

/** Puts a region in the place of its op: a branch, what is inlined later anyway, one turn of a loop. */
export const inlineRegions: Edit = (graph) => {
  const places = withRegions(graph).flatMap((node) => node.regions.flatMap((_, region) => (mayInline(node, region) ? [{ node, region }] : [])));
  return {
    count: places.length,
    apply: (from, to) => {
      const chosen = new Map(places.slice(from, to).map(({ node, region }) => [node, region]));
      return remake(graph, (g, node, operands) => {
        const region = chosen.get(node);
        return region === undefined ? {} : { instead: inlined(g, node, operands, present(node.regions[region], "it was found there")) };
      });
    },
  };
};

/** The condition of a `while` gives nothing that its op gives, the backward part of a custom gradient neither. */
const mayInline = ({ op }: Node, region: number): boolean => (op.form.kind === "while" ? region === 1 : op.form.kind === "inline" ? region === 0 : true);

function inlined(g: GraphBuilder, node: Node, operands: readonly Value[], region: Graph): readonly Value[] {
  switch (node.op.form.kind) {
    case "scan": {
      const { carries, sequences, invariants } = scanParts(operands, node.attrs);
      const length = intAttr(node.attrs, "length");
      const turn = inlineRegion(g, region, [...sequences.map((sequence) => firstItem(g, sequence)), ...invariants], carries);
      const stacked = turn.outputs.map((value) => {
        const { shape } = value.type;
        return g.broadcast(
          value,
          [length, ...shape],
          shape.map((__, axis) => axis + 1),
        );
      });
      return [...turn.carries, ...stacked];
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
  const first = g.call("slice", [sequence], { start: shape.map(() => 0), limit: [1, ...shape.slice(1)], stride: shape.map(() => 1) });
  return g.reshape(first, shape.slice(1));
}

/** A carry becomes an invariant: it stays what it is at first. */
export const carriesToInvariants: Edit = (graph) => {
  const loops = withRegions(graph).filter(({ op }) => op.form.kind === "scan");
  const places = loops.flatMap((node) => Array.from({ length: carriesOf(node) }, (_, carry) => ({ node, carry })));
  return {
    count: places.length,
    apply: (from, to) => {
      const [place] = places.slice(from, to);
      if (to - from !== 1 || place === undefined) return null;
      return remake(graph, (_, node, operands) => (node === place.node ? withoutCarry(node, operands, place.carry) : {}));
    },
  };
};

const carriesOf = ({ op, attrs }: Node): number => (op.form.kind === "scan" || op.form.kind === "while" ? intAttr(attrs, "carries") : 0);

function withoutCarry(node: Node, operands: readonly Value[], carry: number): ReturnType<Parameters<typeof remake>[1]> {
  const initial = present(operands[carry], "a carry has an initial value");
  return {
    operands: [...operands.toSpliced(carry, 1), initial],
    attrs: { ...node.attrs, carries: carriesOf(node) - 1 },
    regions: node.regions.map((region) => fixedCarry(region, carry, initial)),
    results: (results) => results.toSpliced(carry, 0, initial),
  };
}

/** The region with a carry read as its last input; the carries behind it move up. */
function fixedCarry(region: Graph, carry: number, { type }: Value): Graph {
  const { value: leaf } = present(region.carries[carry], "a loop has this carry");
  const builder = new GraphBuilder(region.name, region);
  builder.derive(leaf.node.provenance);
  const input = builder.input(freeName(region), type);
  const changed = remake({ ...region, carries: region.carries.toSpliced(carry, 1) }, (_, node) => (node === leaf.node ? { instead: [input] } : {}));
  return { ...changed, inputs: [...changed.inputs, input], nodes: [input.node, ...changed.nodes] };
}

function freeName(region: Graph): string {
  const taken = new Set([...region.inputs, ...region.carries.map(({ value }) => value)].map(nameOf));
  let n = 0;
  while (taken.has(`fixed${n}`)) n++;
  return `fixed${n}`;
}

/** Operands that no region reads, and results that nothing uses, are left out. */
export const trimSignatures: Edit = (graph) => {
  const places = withRegions(graph).filter(({ op }) => op.name !== "custom_gradient");
  return {
    count: places.length,
    apply: (from, to) => {
      const chosen = new Set(places.slice(from, to));
      const used = new Set([...graph.nodes.flatMap(({ operands }) => operands), ...kept(graph)]);
      return remake(graph, (_, node, operands) => (chosen.has(node) ? trimmed(node, operands, used) : {}));
    },
  };
};

function trimmed(node: Node, operands: readonly Value[], used: ReadonlySet<Value>): ReturnType<Parameters<typeof remake>[1]> {
  const carries = carriesOf(node);
  // Operands before the first that is a region's input: carries, or the predicate of a `cond`.
  const before = node.op.form.kind === "cond" ? 1 : carries;
  const reads = node.regions.map((region) => new Set([...region.nodes.flatMap((inner) => inner.operands), ...kept(region)]));
  const keepInput = (index: number): boolean => node.regions.some((region, r) => reads[r]?.has(present(region.inputs[index], "regions have one signature")));
  const keepOutput = (index: number): boolean => used.has(present(node.results[carries + index], "an output is a result"));
  const inputs = operands.slice(before).map((_, index) => keepInput(index));
  const outputs = node.results.slice(carries).map((_, index) => keepOutput(index));
  if (outputs.length > 0 && !outputs.includes(true) && carries === 0) return {};
  const isScan = node.op.form.kind === "scan";
  const sequences = isScan ? intAttr(node.attrs, "sequences") : 0;
  return {
    operands: operands.filter((_, index) => index < before || inputs[index - before] === true),
    attrs: isScan ? { ...node.attrs, sequences: inputs.slice(0, sequences).filter(Boolean).length } : node.attrs,
    regions: node.regions.map((region, r) => narrowed(region, inputs, node.op.form.kind === "while" && r === 0 ? null : outputs)),
    results: (results) => {
      let next = carries;
      return node.results.map((_, index) => (index < carries ? results[index] : outputs[index - carries] === true ? results[next++] : undefined));
    },
  };
}

/** The region with those of its inputs and outputs alone; null for outputs that are all to stay. */
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

/** What the loops of unknown length take, test and carry on, and the nodes of their regions: `mayHang` wants all that again. */
export interface Turning {
  readonly nodes: ReadonlySet<Node>;
  readonly values: ReadonlySet<Value>;
}

export function turningOf(graph: Graph): Turning {
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
 * Whether the loops of unknown length may turn for longer than they did: what decides on their end is no longer what it was. Floats do so where the condition
 * looks at floats.
 */
export function mayHang(graph: Graph, known: Turning): boolean {
  return graph.nodes.some((node) => {
    if (node.regions.some((region) => mayHang(region, known))) return true;
    const [condition, body] = node.regions;
    if (node.op.form.kind !== "while" || condition === undefined || body === undefined) return false;
    const onFloats = condition.nodes.some(({ results }) => results.some(({ type }) => isFloat(type.dtype)));
    const decides = ({ type }: Value): boolean => onFloats || !isFloat(type.dtype);
    const ends = [...condition.outputs.map(({ value }) => value), ...nextValues(body)].filter(decides);
    return [...node.operands.filter(decides), ...ends].some((value) => !known.values.has(value)) || topological(ends).some((inner) => !known.nodes.has(inner));
  });
}

/** What carries become, changed or not: a loop may end because one changes. */
const nextValues = ({ carries }: Graph): readonly Value[] => carries.map(({ next }) => next);

/** Those of regions too. */
const allNodes = (graph: Graph): readonly Node[] => graph.nodes.flatMap((node) => [node, ...node.regions.flatMap(allNodes)]);

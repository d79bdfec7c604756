import { present } from "../support/invariant.ts";
import { at } from "../support/lists.ts";
import { GraphBuilder } from "./build.ts";
import { isArgument, nameOf } from "./facts.ts";
import type { Graph, Node, Value } from "./ir.ts";
import { unlocated } from "./provenance.ts";
import { copyNode, duplicate } from "./rebuild.ts";
import type { TensorType } from "../types/tensor-type.ts";

export interface Inlined {
  /** The copy of a value of the region. */
  readonly now: (value: Value) => Value;
  readonly outputs: readonly Value[];
  /** The next value of each carry. */
  readonly carries: readonly Value[];
}

/**
 * Appends copies of a region's nodes, with values for its inputs and carries. They have new ids, so a region may be
 * inlined more than once.
 */
export const inlineRegion = (
  g: GraphBuilder,
  region: Graph,
  inputs: readonly Value[],
  carries: readonly Value[] = [],
): Inlined => inlineBy(duplicate, g, region, inputs, carries);

/** `inlineRegion` for a region that the caller drops: the nodes keep their ids. */
export const moveRegion = (
  g: GraphBuilder,
  region: Graph,
  inputs: readonly Value[],
  carries: readonly Value[] = [],
): Inlined => inlineBy(copyNode, g, region, inputs, carries);

type Append = (g: GraphBuilder, node: Node, operands: readonly Value[]) => Node;

function inlineBy(
  copyOf: Append,
  g: GraphBuilder,
  region: Graph,
  inputs: readonly Value[],
  carries: readonly Value[],
): Inlined {
  const values = new Map<Value, Value>();
  const now = (value: Value): Value =>
    present(values.get(value), `a value of ${value.node.op.name} is used before its definition`);
  region.inputs.forEach((value, index) => values.set(value, at(inputs, index)));
  region.carries.forEach(({ value }, index) => values.set(value, at(carries, index)));
  for (const node of region.nodes) {
    if (isArgument(node)) continue;
    const copy = copyOf(g, node, node.operands.map(now));
    node.results.forEach((value, index) => values.set(value, at(copy.results, index)));
  }
  return {
    now,
    outputs: region.outputs.map(({ value }) => now(value)),
    carries: region.carries.map(({ next }) => now(next)),
  };
}

/** Builds a region. Makes names of inputs and carries distinct, and those of outputs too. */
export class RegionBuilder {
  readonly g: GraphBuilder;
  private readonly names = new Set<string>();
  private readonly outputNames = new Set<string>();

  /** `home`: the builder of the node that gets the region, or the graph that the region replaces. */
  constructor(name: string, home: Graph | GraphBuilder) {
    this.g = new GraphBuilder(name, home);
  }

  input(name: string, type: TensorType): Value {
    return this.g.input(distinct(this.names, name), type, unlocated(this.g.provenance()));
  }

  /** The next carry, in the order of the node's operands. */
  carry(name: string, type: TensorType): Value {
    return this.g.carry(distinct(this.names, name), type, unlocated(this.g.provenance()));
  }

  /** Carries of the same names and types as those of another region. */
  carriesLike(region: Graph): readonly Value[] {
    return region.carries.map(({ value }) => this.carry(nameOf(value), value.type));
  }

  output(name: string, value: Value): void {
    this.g.output(distinct(this.outputNames, name), value);
  }

  next(index: number, value: Value): void {
    this.g.next(at(this.g.carries, index).value, value);
  }

  build(): Graph {
    return this.g.build();
  }
}

/** The name, with a number if it is taken; adds it to `taken`. */
export function distinct(taken: Set<string>, name: string): string {
  let free = name;
  for (let n = 2; taken.has(free); n++) free = `${name}_${n}`;
  taken.add(free);
  return free;
}

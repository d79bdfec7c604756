import { present } from "../support/invariant.ts";
import { GraphBuilder } from "./build.ts";
import { isArgument, nameOf } from "./facts.ts";
import type { Graph, Node, Value } from "./ir.ts";
import { unlocated } from "./provenance.ts";
import { copyNode, duplicate } from "./rebuild.ts";
import type { TensorType } from "../types/tensor-type.ts";

export interface Inlined {
  /** What a value of the region has become. */
  readonly now: (value: Value) => Value;
  readonly outputs: readonly Value[];
  /** The next value of each carry. */
  readonly carries: readonly Value[];
}

/** Appends copies of a region's nodes, with values for its inputs and carries. They have new ids, so that a region may be put in a graph more than once. */
export const inlineRegion = (g: GraphBuilder, region: Graph, inputs: readonly Value[], carries: readonly Value[] = []): Inlined =>
  inlineBy(duplicate, g, region, inputs, carries);

/** The same for a region that is gone afterwards: its nodes keep their ids. */
export const moveRegion = (g: GraphBuilder, region: Graph, inputs: readonly Value[], carries: readonly Value[] = []): Inlined =>
  inlineBy(copyNode, g, region, inputs, carries);

type Append = (g: GraphBuilder, node: Node, operands: readonly Value[]) => Node;

function inlineBy(copyOf: Append, g: GraphBuilder, region: Graph, inputs: readonly Value[], carries: readonly Value[]): Inlined {
  const values = new Map<Value, Value>();
  const now = (value: Value): Value => present(values.get(value), `a value of ${value.node.op.name} is used before it is made`);
  region.inputs.forEach((value, index) => values.set(value, present(inputs[index], `${region.name} has no input ${index}`)));
  region.carries.forEach(({ value }, index) => values.set(value, present(carries[index], `${region.name} lacks carry ${index}`)));
  for (const node of region.nodes) {
    if (isArgument(node)) continue;
    const copy = copyOf(g, node, node.operands.map(now));
    node.results.forEach((value, index) => values.set(value, present(copy.results[index], "a copy has the same results")));
  }
  return { now, outputs: region.outputs.map(({ value }) => now(value)), carries: region.carries.map(({ next }) => now(next)) };
}

/** Makes a region. Names of inputs and carries are made distinct, and those of outputs among themselves. */
export class RegionBuilder {
  readonly g: GraphBuilder;
  private readonly names = new Set<string>();
  private readonly outputNames = new Set<string>();

  /** A region of a node that the builder makes, or one in the place of a graph. */
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
    this.g.next(present(this.g.carries[index], `${this.g.name} has no carry ${index}`).value, value);
  }

  build(): Graph {
    return this.g.build();
  }
}

/** The name, with the first number that makes it a new one. */
export function distinct(taken: Set<string>, name: string): string {
  let free = name;
  for (let n = 2; taken.has(free); n++) free = `${name}_${n}`;
  taken.add(free);
  return free;
}

import { present } from "../support/invariant.ts";
import { GraphBuilder } from "./build.ts";
import { isInput } from "./facts.ts";
import type { Graph, Value } from "./ir.ts";
import type { OpTable } from "./op.ts";
import { copyNode } from "./rebuild.ts";
import { carryOf, carryPath, nextCarry } from "./regions.ts";
import type { TensorType } from "../types/tensor-type.ts";

export interface Inlined {
  /** What a value of the region has become. */
  readonly now: (value: Value) => Value;
  readonly outputs: readonly Value[];
  /** The next value of each carry. */
  readonly carries: readonly Value[];
}

/** Appends copies of a region's nodes, with values for its inputs and carries. Every node is a new one, so that a region may be put in a graph more than once. */
export function inlineRegion(g: GraphBuilder, region: Graph, inputs: readonly Value[], carries: readonly Value[] = []): Inlined {
  const values = new Map<Value, Value>();
  const now = (value: Value): Value => present(values.get(value), `a value of ${value.node.op.name} is used before it is made`);
  region.inputs.forEach((value, index) => values.set(value, present(inputs[index], `${region.name} has no input ${index}`)));
  for (const node of region.nodes) {
    if (isInput(node)) continue;
    const carry = carryOf(node);
    if (carry !== null) {
      for (const value of node.results) values.set(value, present(carries[carry], `${region.name} has no carry ${carry}`));
      continue;
    }
    const copy = copyNode(g, node, node.operands.map(now));
    node.results.forEach((value, index) => values.set(value, present(copy.results[index], "a copy has the same results")));
  }
  const next = (carry: Value, index: number): Value => {
    const written = nextCarry(region, index);
    return written === null ? carry : now(written);
  };
  return { now, outputs: region.outputs.map(({ value }) => now(value)), carries: carries.map(next) };
}

/** Makes a region: inputs by name (made distinct), carries by number, outputs by name (likewise). */
export class RegionBuilder {
  readonly g: GraphBuilder;
  private readonly names = new Set<string>();
  private readonly outputNames = new Set<string>();

  constructor(name: string, table: OpTable) {
    this.g = new GraphBuilder(name, table);
  }

  input(name: string, type: TensorType): Value {
    return this.g.input(distinct(this.names, name), type);
  }

  carry(index: number, type: TensorType): Value {
    return this.g.state(carryPath(index), type);
  }

  output(name: string, value: Value): void {
    this.g.output(distinct(this.outputNames, name), value);
  }

  next(index: number, value: Value): void {
    this.g.write(carryPath(index), value);
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

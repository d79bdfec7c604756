import { batchNode, repeated } from "../../graph/batch.ts";
import type { GraphBuilder } from "../../graph/build.ts";
import type { Node, Value } from "../../graph/ir.ts";
import { duplicate } from "../../graph/rebuild.ts";
import { at } from "../../support/lists.ts";
import { varies, type Dependence } from "../../analysis/loop-dependence.ts";

/** Computes values of a loop body outside of the loop. */
export class Outside {
  private readonly g: GraphBuilder;
  private readonly given: ReadonlyMap<Value, Value>;
  private readonly dependence: (node: Node) => Dependence;
  private readonly length: number;
  private readonly made = new Map<Value, Value>();

  /** `given` maps inputs of the body to operands of the loop, and values of the body to their stacks. */
  constructor(
    g: GraphBuilder,
    given: ReadonlyMap<Value, Value>,
    dependence: (node: Node) => Dependence,
    length: number,
  ) {
    this.g = g;
    this.given = given;
    this.dependence = dependence;
    this.length = length;
  }

  /** The value itself if it is an invariant; the stack of all iterations if it varies. */
  value(value: Value): Value {
    const known = this.made.get(value) ?? this.given.get(value);
    if (known !== undefined) return known;
    const { node } = value;
    const operands = node.operands.map((operand) => this.value(operand));
    const results = varies(this.dependence(node))
      ? [this.g.deriving(node.provenance, () => this.stack(node, operands))]
      : duplicate(this.g, node, operands).results;
    node.results.forEach((result, index) => this.made.set(result, at(results, index)));
    return at(results, value.index);
  }

  private stack(node: Node, values: readonly Value[]): Value {
    const operands = values.map((value, index) => ({
      value,
      batched: varies(this.dependence(at(node.operands, index).node)),
    }));
    return repeated(this.g, at(batchNode(this.g, node, operands, this.length), 0), this.length);
  }
}

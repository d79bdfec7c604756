import { locationOf } from "../../dsl/span.ts";
import type { Value } from "../graph/ir.ts";
import { spanOf } from "../graph/provenance.ts";
import { showType } from "../types/tensor-type.ts";

/**
 * Numbers every value of a module that reaches memory, for checked runs. A param or state counts as one value, by its
 * path, between calls.
 */
export class ValueNumbers {
  readonly #known = new Map<Value | string, number>();
  readonly names: string[] = [];

  of(value: Value): number {
    const { node, type } = value;
    const span = spanOf(node);
    return this.#number(
      value,
      () => `${node.op.name} ${showType(type)}${span === null ? "" : ` at ${locationOf(span)}`}`,
    );
  }

  ofPath(path: string): number {
    return this.#number(path, () => path);
  }

  #number(key: Value | string, name: () => string): number {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, this.names.length);
    return this.names.push(name()) - 1;
  }
}

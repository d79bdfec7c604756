// Typed access to the attributes of convolutions.
import { at } from "../support/lists.ts";
import { invariant } from "../support/invariant.ts";
import type { Attrs } from "../graph/ir.ts";
import { intAttr, isNumbers, listAttr } from "../graph/facts.ts";

/** One pair of ints per spatial axis. */
export function pairsAttr(attrs: Attrs, name: string): readonly (readonly [number, number])[] {
  const attr = attrs[name];
  invariant(Array.isArray(attr), `the attribute ${name} is not a list`);
  return attr.map((pair) => {
    invariant(isNumbers(pair), `the attribute ${name} is not a list of lists`);
    return [at(pair, 0), at(pair, 1)] as const;
  });
}

/** Stride, dilation, padding and groups of a convolution. */
export interface ConvAttrs {
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: readonly (readonly [number, number])[];
  readonly groups: number;
}

export function convAttrs(attrs: Attrs): ConvAttrs {
  return { stride: listAttr(attrs, "stride"), dilation: listAttr(attrs, "dilation"), padding: pairsAttr(attrs, "padding"), groups: intAttr(attrs, "groups") };
}

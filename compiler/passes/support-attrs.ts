// Typed reading of the attributes that passes look into, and arithmetic of axis lists.
import { invariant, present } from "../support/invariant.ts";
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

/** The item at a position that is known to be there. */
export const at = <T>(list: readonly T[], index: number): T => present(list[index], `a list of ${list.length} has no item ${index}`);

export const iota = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

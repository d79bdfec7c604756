import type { GraphBuilder } from "../../graph/build.ts";
import type { Value } from "../../graph/ir.ts";
import { at } from "../../support/lists.ts";

/** A value whose axes have names. */
export interface Named {
  readonly value: Value;
  readonly names: readonly string[];
}

/**
 * The elements whose indices along axes of the same name are equal, with that axis once, at the end: as the last two
 * axes of n by n elements, joined to one, these are n + 1 apart.
 */
export function diagonal(builder: GraphBuilder, { value, names }: Named): Named {
  const second = names.findIndex((name, axis) => names.indexOf(name) < axis);
  if (second < 0) return { value, names };
  const name = at(names, second);
  const pair = [names.indexOf(name), second];
  const others = names.flatMap((_, axis) => (pair.includes(axis) ? [] : [axis]));
  const sizes = others.map((axis) => at(value.type.shape, axis));
  const size = at(value.type.shape, second);
  const moved = builder.transpose(value, [...others, ...pair]);
  const joined = builder.reshape(moved, [...sizes, size * size]);
  const cut = builder.slice(joined, {
    start: [...sizes.map(() => 0), 0],
    limit: [...sizes, size * size],
    stride: [...sizes.map(() => 1), size + 1],
  });
  return diagonal(builder, { value: cut, names: [...others.map((axis) => at(names, axis)), name] });
}

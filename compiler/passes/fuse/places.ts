import type { Node } from "../../graph/ir.ts";

/** The different indices at which a kernel computes a node: each is named by the maps on the way from the result. */
export type Places = ReadonlySet<string>;

/**
 * Where the readers need a node: two slices of it need it at two indices, and its operand, if it is read by two slices,
 * at four, so that the code of a chain of slices would grow with its power.
 */
export function placesIn(
  readers: readonly Node[],
  numbers: ReadonlyMap<Node, number>,
  places: ReadonlyMap<Node, Places>,
): Places {
  return new Set(
    readers.flatMap((reader) =>
      [...(places.get(reader) ?? [])].map((place) =>
        reader.op.form.kind === "pointwise" ? place : `${place}/${numbers.get(reader) ?? ""}`,
      ),
    ),
  );
}

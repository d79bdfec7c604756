import { DiagnosticError } from "../../dsl/diagnostic-error.ts";
import type { Source } from "../../dsl/span.ts";
import { loweredForNeeds, neededInputs } from "../analysis/receptive-field.ts";
import type { CompileOptions } from "../compile.ts";
import { nameOf } from "../graph/facts.ts";
import { at } from "../support/lists.ts";
import { elaborateEntry } from "./one-entry.ts";

/** The part of an axis of an input on which one element of an output depends. */
export interface FieldAxis {
  /** Size of the axis. */
  readonly of: number;
  /** Number of indices. */
  readonly size: number;
  readonly first: number;
  readonly last: number;
  /** The distance between neighbouring indices; null if it is not always the same, or if there is one only. */
  readonly step: number | null;
  /**
   * By how much the field moves with the output's index along the axis of that number; null if no axis moves it, or not
   * regularly.
   */
  readonly stride: { readonly axis: number; readonly by: number } | null;
}

export interface ReceptiveField {
  readonly entry: string;
  readonly output: string;
  /** The element in the middle of the output. */
  readonly element: readonly number[];
  readonly shape: readonly number[];
  readonly input: string;
  /** Per axis of the input; null if the element does not depend on it. */
  readonly axes: readonly FieldAxis[] | null;
  /** Sizes of dims that were not given. */
  readonly assumed: readonly string[];
}

/**
 * Which elements of an input the centre element of an output depends on, in the first entry if none is named.
 *
 * @example
 * import { receptiveField } from "dlc/compiler";
 * const text = "dl 1\nentry f(x: f32[1, 9, 9, 1]) { { y: x |> conv(1, kernel: 3) } }\n";
 * const at = { entry: "f", output: "y", input: "x" };
 * receptiveField({ name: "conv.dl", text }, at, { resolve: resolveStd }).axes[1].size; // => 3
 */
export function receptiveField(
  source: Source,
  { entry, output, input }: { readonly entry: string | null; readonly output: string; readonly input: string },
  options: CompileOptions,
): ReceptiveField {
  const found = elaborateEntry(source, entry, options);
  const named = <T extends { readonly name: string }>(kind: string, all: readonly T[], name: string): T => {
    const each = all.find((one) => one.name === name);
    if (each !== undefined) return each;
    throw new DiagnosticError([
      {
        code: "E1024",
        says: `\`${found.graph.name}\` has no ${kind} \`${name}\``,
        help: `its ${kind}s are ${all.map((one) => one.name).join(", ") || "none"}`,
      },
    ]);
  };
  const graph = loweredForNeeds(found.graph);
  const { value } = named("output", graph.outputs, output);
  const wanted = named(
    "input",
    graph.inputs.map((each) => ({ name: nameOf(each), value: each })),
    input,
  ).value;
  const { shape } = value.type;
  const element = shape.map((size) => Math.floor(size / 2));
  const fieldAt = (index: readonly number[]): readonly (readonly number[])[] | null =>
    neededInputs(graph, value, index)
      .get(wanted)
      ?.map((indices) => [...indices].toSorted((a, b) => a - b)) ?? null;
  const field = fieldAt(element);
  const next = shape.map((size, axis) => {
    const neighbour = at(element, axis) + 1;
    return neighbour < size ? fieldAt(element.with(axis, neighbour)) : null;
  });
  const strideOf = (indices: readonly number[], axis: number): FieldAxis["stride"] => {
    for (const [k, moved] of next.entries()) {
      const there = moved?.[axis];
      if (there === undefined || there.length !== indices.length) continue;
      const by = at(there, 0) - at(indices, 0);
      if (by !== 0 && there.every((i, j) => i - at(indices, j) === by)) return { axis: k, by };
    }
    return null;
  };
  return {
    entry: graph.name,
    output,
    element,
    shape,
    input,
    axes:
      field?.map((indices, axis) => ({
        of: at(wanted.type.shape, axis),
        size: indices.length,
        first: at(indices, 0),
        last: at(indices, indices.length - 1),
        step: stepOf(indices),
        stride: strideOf(indices, axis),
      })) ?? null,
    assumed: found.assumed,
  };
}

function stepOf(indices: readonly number[]): number | null {
  const [first, second] = indices;
  if (first === undefined || second === undefined) return null;
  return indices.every((i, k) => i === first + k * (second - first)) ? second - first : null;
}

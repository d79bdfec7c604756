import { dtypes } from "../../runtime/dtype.ts";
import { constantData, isConstant, splatValue } from "../graph/facts.ts";
import type { Graph, Persistent, MemoryLocation, Value } from "../graph/ir.ts";
import { memoryOf } from "../passes/plan-memory/plan-memory.ts";
import { invariant, present } from "../support/invariant.ts";
import { defaultMachine, roundUp } from "../support/machine.ts";
import { bytes, type TensorType } from "../types/tensor-type.ts";

/**
 * The arena of a module: persistent tensors, then each entry's constants and caches, then one scratch area that all
 * entries share. Offsets in bytes; the first bytes stay unused, so that no address is 0.
 */
export interface Layout {
  readonly arenaBytes: number;
  readonly persistent: ReadonlyMap<string, number>;
  /**
   * The offsets of the areas of each graph and region. A region's scratch is part of the scratch of its enclosing
   * graph.
   */
  readonly areas: ReadonlyMap<Graph, { readonly constant: number; readonly cache: number }>;
  readonly scratch: number;
  readonly constants: readonly { readonly offset: number; readonly base64: string; readonly value: Value }[];
}

const { alignment, cacheLine } = defaultMachine;

/** The graph and all regions inside it. */
const withRegions = (graph: Graph): readonly Graph[] => [
  graph,
  ...graph.nodes.flatMap((node) => node.regions.flatMap(withRegions)),
];

/** `gap` is the number of bytes that stay unused after every tensor and area. */
export function layOut(persistent: readonly Persistent[], graphs: readonly Graph[], gap = 0): Layout {
  let end = cacheLine;
  const take = (size: number, to = alignment): number => {
    const offset = roundUp(end, to);
    end = offset + size + gap;
    return offset;
  };
  const paths = new Map(persistent.map(({ path, type }) => [path, take(bytes(type))]));
  const areas = new Map(
    graphs.flatMap(withRegions).map((graph) => {
      const memory = memoryOf(graph);
      return [graph, { constant: take(memory.constants, cacheLine), cache: take(memory.cache, cacheLine) }] as const;
    }),
  );
  const scratch = take(Math.max(0, ...graphs.map((graph) => memoryOf(graph).planned)), 64);
  const constants = [...areas].flatMap(([graph, { constant }]) =>
    graph.nodes.flatMap((node) => {
      const [value] = node.results;
      const location = node.notes.locations?.[0];
      if (value === undefined || !isConstant(node) || splatValue(value) !== null || location?.area !== "constant")
        return [];
      return [
        {
          offset: constant + location.offset,
          base64: encode(value.type, present(constantData(value), "a constant has data")),
          value,
        },
      ];
    }),
  );
  return { arenaBytes: roundUp(end, cacheLine), persistent: paths, areas, scratch, constants };
}

/** The planned location of a value that must have one. */
export function plannedLocation(value: Value): MemoryLocation {
  const location = value.node.notes.locations?.[value.index];
  invariant(location !== undefined && location !== null, `${value.node.op.name} has no location in memory`);
  return location;
}

function encode(type: TensorType, data: Float64Array): string {
  const typed = new dtypes[type.dtype].array(data);
  const raw = new Uint8Array(typed.buffer, typed.byteOffset, typed.byteLength);
  let text = "";
  for (let i = 0; i < raw.length; i += 4096) text += String.fromCharCode(...raw.subarray(i, i + 4096));
  return btoa(text);
}

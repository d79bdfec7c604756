import type { Source } from "../../dsl/span.ts";
import { compileProgram, type CompileOptions } from "../compile.ts";
import type { Application, DlValue } from "../frontend/context.ts";
import { flopsOf } from "../analysis/flops.ts";
import { type IndexRange, indexRanges } from "../analysis/index-ranges.ts";
import type { Graph, Persistent, Program, Value } from "../graph/ir.ts";
import type { DType } from "../../runtime/model.ts";
import { showRanges } from "../../runtime/index-range.ts";
import { nameOf, pathOf } from "../graph/facts.ts";
import { ownerOf } from "../frontend/values/attribution.ts";
import { present } from "../support/invariant.ts";
import { elaborateEntry } from "./one-entry.ts";
import { bytes, elements } from "../types/tensor-type.ts";

export interface SummaryRow {
  /** Such as `dense`. */
  readonly name: string;
  /** The path of its params; empty if it has none. */
  readonly path: string;
  readonly depth: number;
  /** Such as `[N, 28, 28, 6]`. */
  readonly output: string;
  /** Elements of the params under it; 0 for a second use of the same layer. */
  readonly params: number;
  /** Of the forward pass; multiply-adds count as two. */
  readonly flops: number;
}

/** Floating-point operations of one call; a multiply-add counts as two. */
export interface Work {
  /** Everything but the other two. */
  readonly forward: number;
  /** The gradients, and forward values that are computed again for them. */
  readonly backward: number;
  /** Updates of params by `minimize`, from the gradients. */
  readonly optimizer: number;
}

/** Bytes. */
export interface MemoryUse {
  /** Of the whole arena of a module with this entry alone: what follows, constants, inputs and intermediate values. */
  readonly arena: number;
  /** Only of tensors that the entry uses. */
  readonly params: number;
  readonly states: number;
  readonly optimizer: number;
}

export interface SummarySlot {
  readonly name: string;
  /** Such as `[1, 28, 28, 1]`. */
  readonly shape: string;
  readonly dtype: DType;
}

export interface Summary {
  readonly entry: string;
  /** `indices`: the values of elements that are indices, such as `0 to 9`; absent if there are none. */
  readonly inputs: readonly (SummarySlot & { readonly indices?: string })[];
  readonly outputs: readonly SummarySlot[];
  readonly rows: readonly SummaryRow[];
  readonly params: number;
  readonly paramBytes: number;
  /** Of a train entry, the layers with params that it uses and does not write, and how many these are. */
  readonly untrained: Readonly<Record<string, number>>;
  /**
   * Elements of states that the model has, such as running statistics; not those of random number generators and
   * settings.
   */
  readonly states: number;
  /** The sum of `work`. */
  readonly flops: number;
  readonly work: Work;
  readonly memory: MemoryUse;
  /** Sizes of dims that were not given, such as `N = 1`. */
  readonly assumed: readonly string[];
}

/**
 * Layers, shapes, params and work of one entry, the first if none is named. Throws a `DiagnosticError` for errors in
 * the text.
 *
 * @example
 * import { summarize } from "dlc/compiler";
 * const { params, rows, work } = summarize(source, "predict", options);
 * params; // => 203530
 * rows.map(({ path }) => path).includes("MLP.dense1"); // => true
 * work.backward; // => 0
 */
export function summarize(source: Source, entry: string | null, options: CompileOptions): Summary {
  const { program, graph, trace, assumed } = elaborateEntry(source, entry, options);
  const used = new Set(graph.nodes.map(pathOf));
  const params = program.persistent.filter((p) => p.kind === "param" && used.has(p.path));
  const states = program.persistent.filter(
    (p) => p.kind === "state" && used.has(p.path) && (p.role === undefined || p.role === "optimizer"),
  );
  const sizes = new Map(params.map((p) => [p.path, elements(p.type.shape)]));
  const { work, arena } = compiled(program, options);
  const bytesOf = (persistent: readonly Persistent[]): number => total(persistent.map((p) => bytes(p.type)));
  const trains = program.entries.some((each) => each.graph === graph && each.mode === "train");
  const seen = new Set<string>();
  const rows = trace.applications
    .filter((a) => a.entry === graph.name)
    .map((application) => rowOf(application, sizes, seen));
  return {
    entry: graph.name,
    inputs: inputsOf(graph),
    outputs: graph.outputs.map(({ name, value }) => slotOf(name, value)),
    rows,
    params: total([...sizes.values()]),
    paramBytes: bytesOf(params),
    untrained: trains ? untrainedOf(graph, sizes) : {},
    states: total(states.map((p) => elements(p.type.shape))),
    flops: work.forward + work.backward + work.optimizer,
    work,
    memory: {
      arena,
      params: bytesOf(params),
      states: bytesOf(states.filter((p) => p.role === undefined)),
      optimizer: bytesOf(states.filter((p) => p.role === "optimizer")),
    },
    assumed,
  };
}

const total = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** Of the first entry of a program: its work by role, once gradients are graphs, and the arena of its plan. */
function compiled(program: Program, options: CompileOptions): { readonly work: Work; readonly arena: number } {
  const { resolve: _, ...others } = options;
  const entries = program.entries.filter((each, i) => i === 0 || each.graph.name === "init");
  const module = compileProgram({ ...program, entries }, others);
  const { nodes } = present(
    module.entries[0]?.stages.find(({ pass }) => pass?.name === "differentiate"),
    "an entry is differentiated",
  ).graph;
  const backward = flopsOf(nodes, (node) => node.provenance.attribution.role === "backward");
  const optimizer = flopsOf(nodes, (node) => node.provenance.attribution.role === "optimizer");
  return {
    work: { forward: flopsOf(nodes) - backward - optimizer, backward, optimizer },
    arena: module.plan.arenaBytes,
  };
}

function untrainedOf({ writes }: Graph, sizes: ReadonlyMap<string, number>): Summary["untrained"] {
  const written = new Set(writes.map(({ path }) => path));
  const kept = [...sizes].filter(([path]) => !written.has(path));
  const layers = Map.groupBy(kept, ([path]) => ownerOf(path));
  return Object.fromEntries(
    [...layers].map(([layer, params]) => [layer, params.reduce((sum, [, size]) => sum + size, 0)]),
  );
}

function inputsOf(graph: Graph): Summary["inputs"] {
  const ranges = indexRanges(graph);
  return graph.inputs.map((value, i) => {
    const allowed = new Set(ranges.filter(({ input }) => input === i).map((range) => showAllowed(range)));
    return { ...slotOf(nameOf(value), value), ...(allowed.size > 0 && { indices: [...allowed].join("; ") }) };
  });
}

const slotOf = (name: string, { type }: Value): SummarySlot => ({
  name,
  shape: `[${type.shape.join(", ")}]`,
  dtype: type.dtype,
});

const showAllowed = ({ allowed }: IndexRange): string => showRanges(allowed.map(({ lo, hi }) => [lo, hi]));

function rowOf(
  { name, path, depth, result, nodes, iterations }: Application,
  sizes: ReadonlyMap<string, number>,
  seen: Set<string>,
): SummaryRow {
  const own = path === "" || seen.has(path) ? [] : [...sizes].filter(([p]) => p.startsWith(`${path}.`));
  seen.add(path);
  return {
    name,
    path,
    depth,
    output: shapeOf(result),
    params: own.reduce((a, [, size]) => a + size, 0),
    flops: flopsOf(nodes) * iterations,
  };
}

function shapeOf(value: DlValue): string {
  switch (value.kind) {
    case "tensor":
      return `[${value.value.type.shape.map((size, axis) => value.symbols[axis] ?? size).join(", ")}]`;
    case "list":
    case "tuple":
      return value.items.map(shapeOf).join(" ");
    case "record":
      return [...value.fields].map(([name, field]) => `${name} ${shapeOf(field)}`).join(" ");
    default:
      return "";
  }
}

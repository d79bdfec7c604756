// The packed form of a contraction: one side in panels of columns, as the register tiles of the kernel read it.
import type { GraphBuilder } from "../../graph/build.ts";
import type { Attrs, Node, Value } from "../../graph/ir.ts";
import type { Contraction, ContractionDim } from "../../graph/op.ts";
import type { Machine, PackLimits } from "../../support/machine.ts";
import { elements, strides } from "../../types/tensor-type.ts";
import { at } from "../../support/lists.ts";
import type { Stability } from "../../analysis/stage.ts";

interface Side {
  readonly dims: readonly ContractionDim[];
  readonly plain: Value;
  readonly toPack: Value;
}

/** `contraction(lhs, pack(rhs))`, or with the sides exchanged, where one of the two pays; null where neither does. */
export function packed(
  g: GraphBuilder,
  node: Node,
  operands: readonly Value[],
  stability: (node: Node) => Stability,
  { pack }: Machine,
): readonly Value[] | null {
  const contraction = contractionOf(node);
  const [lhs, rhs] = operands;
  if (contraction === null || contraction.panel !== undefined || lhs === undefined || rhs === undefined) return null;
  if (contraction.dims.some(({ size }) => size === 0)) return null;
  const result = at(node.results, 0);
  if ([lhs, rhs, result].some(({ type }) => type.dtype !== "f32")) return null;
  const straight: Side = { dims: ordered(contraction.dims), plain: lhs, toPack: rhs };
  const swapped: Side = { dims: ordered(contraction.dims.map((dim) => ({ ...dim, lhs: dim.rhs, rhs: dim.lhs }))), plain: rhs, toPack: lhs };
  const chosen = [straight, swapped].filter((side) => pays(side, stability, pack)).toSorted((a, b) => cost(a, pack) - cost(b, pack))[0];
  if (chosen === undefined) return null;
  const attrs = panelAttrs(chosen.dims, pack);
  const panels = g.pack(flatWhereDimsCross(g, chosen), attrs);
  return [g.packedContraction(chosen.plain, panels, attrs, result.type.shape)];
}

function contractionOf({ op, operands, results, attrs }: Node): Contraction | null {
  if (op.form.kind !== "contract") return null;
  return op.form.contraction({ operands: operands.map((v) => v.type), results: results.map((v) => v.type), attrs });
}

function panelAttrs(dims: readonly ContractionDim[], { panelWidth }: PackLimits): Attrs {
  const steps = { lhs: dims.map((d) => d.lhs), rhs: dims.map((d) => d.rhs), out: dims.map((d) => d.out) };
  return { sizes: dims.map((d) => d.size), ...steps, width: panelWidth };
}

/** A joined dim that runs across axes is plain to read in a flat buffer, and needs divisions in any other. */
function flatWhereDimsCross(g: GraphBuilder, { dims, toPack }: Side): Value {
  const { shape } = toPack.type;
  const steps = strides(shape);
  const stays = ({ size, rhs }: ContractionDim): boolean =>
    shape.some((room, axis) => rhs % at(steps, axis) === 0 && (size - 1) * (rhs / at(steps, axis)) < room);
  return dims.every((dim) => dim.rhs === 0 || stays(dim)) ? toPack : g.reshape(toPack, [elements(shape)]);
}

type Role = "batch" | "row" | "column" | "sum" | "other";

function role({ lhs, rhs, out }: ContractionDim): Role {
  if (out === 0) return lhs !== 0 && rhs !== 0 ? "sum" : "other";
  if (lhs !== 0 && rhs !== 0) return "batch";
  if (lhs !== 0) return "row";
  return rhs !== 0 ? "column" : "other";
}

const extent = (dims: readonly ContractionDim[], wanted: Role): number =>
  dims.filter((dim) => role(dim) === wanted).reduce((product, dim) => product * dim.size, 1);

/** Batch, rows, columns, sum; the columns of the result from the farthest apart to the nearest; what lies contiguous in all three buffers joined. */
function ordered(dims: readonly ContractionDim[]): readonly ContractionDim[] {
  const moving = dims.filter((dim) => dim.size > 1);
  const some = (wanted: Role): ContractionDim[] => moving.filter((dim) => role(dim) === wanted);
  const byOut = (list: ContractionDim[]): ContractionDim[] => list.toSorted((a, b) => b.out - a.out);
  return [...byOut(some("batch")), ...byOut(some("row")), ...byOut(some("column")), ...some("sum"), ...some("other")].reduce(joined, []);
}

function joined(dims: readonly ContractionDim[], inner: ContractionDim): ContractionDim[] {
  const outer = dims.at(-1);
  const joins = outer !== undefined && (["lhs", "rhs", "out"] as const).every((buffer) => outer[buffer] === inner[buffer] * inner.size);
  return joins ? [...dims.slice(0, -1), { ...inner, name: outer.name + inner.name, size: outer.size * inner.size }] : [...dims, inner];
}

function pays({ dims, toPack }: Side, stability: (node: Node) => Stability, { panelWidth, leastRows, leastTerms, mostGrowth }: PackLimits): boolean {
  const [rows, columns, sum] = [extent(dims, "row"), extent(dims, "column"), extent(dims, "sum")];
  if (extent(dims, "other") > 1 || sum < leastTerms) return false;
  if (rows < leastRows && stability(toPack.node) === "call") return false;
  return extent(dims, "batch") * panelColumns(columns, panelWidth) * sum <= mostGrowth * elements(toPack.type.shape);
}

const panelColumns = (columns: number, width: number): number => Math.ceil(columns / width) * width;

/** Sides that store whole vectors come first, then the one that leaves fewer lanes empty; the straight one where they are equal. */
function cost({ dims }: Side, { panelWidth, scatteredStores }: PackLimits): number {
  const columns = dims.filter((dim) => role(dim) === "column");
  const n = extent(dims, "column");
  return (columns.at(-1)?.out === 1 ? 0 : scatteredStores) + panelColumns(n, panelWidth) / n;
}

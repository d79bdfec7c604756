// The packed form of a contraction: one operand in panels of columns, in the order in which the register tiles of the
// kernel read it.
import type { GraphBuilder } from "../../graph/build.ts";
import { keepsBlocks, roleOrNull, sizeOf, withRole, type ContractionRole } from "../../graph/contraction.ts";
import { resultOf, siteOf } from "../../graph/facts.ts";
import type { Attrs, Node, Value } from "../../graph/ir.ts";
import type { Contraction, ContractionDim } from "../../graph/op.ts";
import type { Machine, PackLimits } from "../../support/machine.ts";
import { axisOfStride, elements } from "../../types/tensor-type.ts";
import type { ValueStage } from "../../analysis/stage.ts";

interface Side {
  readonly dims: readonly ContractionDim[];
  readonly plain: Value;
  readonly toPack: Value;
}

/**
 * `contraction(lhs, pack(rhs))`, or with the operands exchanged, whichever is profitable and cheaper; null if neither
 * is profitable.
 */
export function packed(
  g: GraphBuilder,
  node: Node,
  operands: readonly Value[],
  stage: (node: Node) => ValueStage,
  { pack }: Machine,
): readonly Value[] | null {
  const contraction = contractionOf(node);
  const [lhs, rhs] = operands;
  if (contraction === null || contraction.panel !== undefined || lhs === undefined || rhs === undefined) return null;
  if (contraction.dims.some(({ size }) => size === 0)) return null;
  const result = resultOf(node);
  if ([lhs, rhs, result].some(({ type }) => type.dtype !== "f32")) return null;
  const straight: Side = { dims: ordered(contraction.dims), plain: lhs, toPack: rhs };
  const swapped: Side = {
    dims: ordered(contraction.dims.map((dim) => ({ ...dim, lhs: dim.rhs, rhs: dim.lhs }))),
    plain: rhs,
    toPack: lhs,
  };
  const chosen = [straight, swapped]
    .filter((side) => pays(side, stage, pack))
    .toSorted((a, b) => cost(a, pack) - cost(b, pack))[0];
  if (chosen === undefined) return null;
  const attrs = panelAttrs(chosen.dims, pack);
  const panels = g.pack(flatWhereDimsCross(g, chosen), attrs);
  return [g.packedContraction(chosen.plain, panels, attrs, result.type.shape)];
}

const contractionOf = (node: Node): Contraction | null =>
  node.op.form.kind === "contract" ? node.op.form.contraction(siteOf(node)) : null;

function panelAttrs(dims: readonly ContractionDim[], { panelWidth }: PackLimits): Attrs {
  const steps = { lhs: dims.map((d) => d.lhs), rhs: dims.map((d) => d.rhs), out: dims.map((d) => d.out) };
  return { sizes: dims.map((d) => d.size), ...steps, width: panelWidth };
}

/**
 * A merged dim that spans several axes is read with one index from a flat tensor, but needs divisions in any other
 * shape.
 */
function flatWhereDimsCross(g: GraphBuilder, { dims, toPack }: Side): Value {
  const { shape } = toPack.type;
  return dims.every(({ size, rhs }) => rhs === 0 || axisOfStride(shape, size, rhs) !== null)
    ? toPack
    : g.reshape(toPack, [elements(shape)]);
}

const extent = (dims: readonly ContractionDim[], role: ContractionRole): number => sizeOf(withRole(dims, role));

/**
 * Sorts dims by role (batch, rows, columns, reduced) and by decreasing stride in the result, and merges neighbours that
 * are contiguous in all three buffers, unless that changes the blocks of the sum.
 */
function ordered(dims: readonly ContractionDim[]): readonly ContractionDim[] {
  const moving = dims.filter((dim) => dim.size > 1);
  const byOut = (list: ContractionDim[]): ContractionDim[] => list.toSorted((a, b) => b.out - a.out);
  const of = (role: ContractionRole): ContractionDim[] => withRole(moving, role);
  const others = moving.filter((dim) => roleOrNull(dim) === null);
  const reduced = of("reduced");
  return [...byOut(of("batch")), ...byOut(of("row")), ...byOut(of("column")), ...reduced, ...others].reduce(
    (dims: readonly ContractionDim[], inner) => joined(dims, inner, reduced),
    [],
  );
}

function joined(
  dims: readonly ContractionDim[],
  inner: ContractionDim,
  reduced: readonly ContractionDim[],
): ContractionDim[] {
  const outer = dims.at(-1);
  const joins =
    outer !== undefined &&
    (["lhs", "rhs", "out"] as const).every((buffer) => outer[buffer] === inner[buffer] * inner.size) &&
    (!reduced.includes(inner) || keepsBlocks(outer, inner, reduced.slice(reduced.indexOf(inner) + 1)));
  return joins
    ? [...dims.slice(0, -1), { ...inner, name: outer.name + inner.name, size: outer.size * inner.size }]
    : [...dims, inner];
}

function pays(
  { dims, toPack }: Side,
  stage: (node: Node) => ValueStage,
  { panelWidth, leastRows, leastTerms, mostGrowth }: PackLimits,
): boolean {
  const [rows, columns, terms] = [extent(dims, "row"), extent(dims, "column"), extent(dims, "reduced")];
  if (terms < leastTerms || dims.some((dim) => dim.size > 1 && roleOrNull(dim) === null)) return false;
  if (rows < leastRows && stage(toPack.node) === "call") return false;
  return extent(dims, "batch") * panelColumns(columns, panelWidth) * terms <= mostGrowth * elements(toPack.type.shape);
}

const panelColumns = (columns: number, width: number): number => Math.ceil(columns / width) * width;

/** Lower is better: prefers whole-vector stores, then fewer empty lanes; at a tie the operands are not exchanged. */
function cost({ dims }: Side, { panelWidth, scatteredStores }: PackLimits): number {
  const columns = withRole(dims, "column");
  const n = sizeOf(columns);
  return (columns.at(-1)?.out === 1 ? 0 : scatteredStores) + panelColumns(n, panelWidth) / n;
}

// Values of a table as values of some of its rows.
import type { GraphBuilder } from "../../graph/build.ts";
import { isRepeat, isView, listAttr, reducesAxes, splatValue } from "../../graph/facts.ts";
import type { Attrs, Node, Value } from "../../graph/ir.ts";
import { at } from "../../support/lists.ts";
import { sameShape, tensor } from "../../types/tensor-type.ts";

/** Sums of rows at indices: zeros to which rows are added, such as the gradient of a lookup. */
const isSource = (node: Node): boolean => addedCount(node) !== null;

/** The number of rows that a node adds to zeros; null if it does not. */
export const addedCount = ({ op, operands, attrs }: Node): number | null =>
  op.addsRows?.count(
    operands.map(({ type }) => type),
    attrs,
  ) ?? null;

/** Which operands of a node have the rows of its result: row i of the result depends on their rows i only. */
interface RowWise {
  readonly tall: readonly boolean[];
  readonly attrs: (count: number) => Attrs;
}

function rowWise(node: Node): RowWise | null {
  const { op, operands, attrs, results } = node;
  const [result] = results;
  if (result === undefined || results.length !== 1 || result.type.shape.length === 0) return null;
  const { shape } = result.type;
  const resized = (count: number): Attrs => ({ ...attrs, shape: [count, ...listAttr(attrs, "shape").slice(1)] });
  if (op.form.kind === "pointwise")
    return operands.length > 0 && operands.every(({ type }) => sameShape(type.shape, shape))
      ? { tall: operands.map(() => true), attrs: () => attrs }
      : null;
  if (isRepeat(node)) return { tall: [listAttr(attrs, "dims")[0] === 0], attrs: resized };
  if (reducesAxes(op)) return listAttr(attrs, "axes").includes(0) ? null : { tall: [true], attrs: () => attrs };
  if (isView(node) && "shape" in attrs)
    return at(operands, 0).type.shape[0] === shape[0] ? { tall: [true], attrs: resized } : null;
  return null;
}

/** The sums at indices on whose row i alone, of theirs, row i of the value depends. */
export function sourcesOf(value: Value): readonly Node[] {
  const seen = new Set<Node>();
  const sources: Node[] = [];
  const open = [value.node];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    if (isSource(node)) sources.push(node);
    else {
      const { tall = [] } = rowWise(node) ?? {};
      open.push(...node.operands.filter((_, i) => tall[i] === true).map((operand) => operand.node));
    }
  }
  return sources;
}

/** Where the rows of a table come from. */
export interface RowSite {
  readonly count: number;
  /** The rows of values that have been made. */
  readonly known: Map<Value, Value>;
  /** The rows of a value that is not computed row by row. */
  readonly given: (value: Value) => Value;
  /** A value that all rows use. */
  readonly whole: (value: Value) => Value;
}

/** The rows of a value, computed from the rows of what it depends on. */
export function atRows(g: GraphBuilder, value: Value, site: RowSite): Value {
  const known = site.known.get(value);
  if (known !== undefined) return known;
  const rows = rowsOf(g, value, site);
  site.known.set(value, rows);
  return rows;
}

function rowsOf(g: GraphBuilder, value: Value, site: RowSite): Value {
  const { node, type } = value;
  const splat = splatValue(value);
  if (splat !== null) return g.constant(tensor(type.dtype, [site.count, ...type.shape.slice(1)]), splat);
  const form = rowWise(node);
  if (form === null) return site.given(value);
  const operands = node.operands.map((operand, i) =>
    at(form.tall, i) ? atRows(g, operand, site) : site.whole(operand),
  );
  return g.deriving(node.provenance, () => g.apply(node.op, operands, form.attrs(site.count)));
}

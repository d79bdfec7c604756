/**
 * The range of indices: which values of an input are indices of an axis, and within which limits.
 *
 * A use of an index (`Indices`, in the op's entry) is followed back to the inputs of the entry: through ops that only
 * move elements, out of loops, and through pointwise expressions of integers whose other operands are constants, such
 * as `label - 1` or `select(label == -100, 0, label)`. A value is excluded only if it certainly would be clamped:
 * indices that also depend on other inputs, that are computed from floats, or whose use depends on a branch are not
 * restricted. Nor are values whose result a `select` by the same value discards. A mask that is another input permits
 * no invalid labels in the loss; a select of the labels by it does.
 */
import { intAttr, isCut, isInput, isView, listAttr, movesElements, siteOf } from "../graph/facts.ts";
import type { Graph, Node, Value } from "../graph/ir.ts";
import { live } from "../graph/rebuild.ts";
import { regionOf, scanParts } from "../graph/regions.ts";
import { at } from "../support/lists.ts";
import { below, limits } from "../types/interval.ts";
import { type Ranges, includes, intersection, union } from "../types/ranges.ts";
import { isFloat, sameShape, type Shape, strides } from "../types/tensor-type.ts";
import { type Unused, unusedIndices } from "./index-needs.ts";
import { expressionOf, preimage } from "./preimage.ts";
import { mergeEqualNodes } from "./value-numbering.ts";

/** Every `stride`-th position from `start` on along an axis. */
interface Positions {
  readonly start: number;
  readonly stride: number;
  readonly count: number;
}

/** Elements of a value that are indices: those at these positions of each axis, or all. */
type Box = readonly Positions[] | "all";

/** Elements that have to be within a set. */
interface Demand {
  readonly value: Value;
  readonly box: Box;
  readonly allowed: Ranges;
  /** The node whose operand the indices are. */
  readonly user: Node;
}

/** The elements of an input, by offset from `start` in its row-major data, that must be within `allowed`. */
export interface IndexRange {
  /** The position of the input in the graph's signature. */
  readonly input: number;
  readonly allowed: Ranges;
  readonly start: number;
  readonly counts: readonly number[];
  readonly strides: readonly number[];
  readonly user: Node;
}

/** What must hold for the inputs of an entry so that no index is clamped. */
export function indexRanges(graph: Graph): readonly IndexRange[] {
  const ranges = new Map<string, IndexRange>();
  for (const { value, box, allowed, user } of demandsOnInputs(graph)) {
    const made = { input: graph.inputs.indexOf(value), allowed, ...elementsOf(value, box), user };
    const key = JSON.stringify([made.input, made.start, made.counts, made.strides]);
    const before = ranges.get(key);
    ranges.set(key, before === undefined ? made : { ...before, allowed: intersection(before.allowed, allowed) });
  }
  return [...ranges.values()];
}

/** The demands of all nodes of a graph and of its loops, on its inputs. */
function demandsOnInputs(whole: Graph): readonly Demand[] {
  if (!usesIndices(whole)) return [];
  // So that an expression that reads equal slices or reshapes of an input reads one value.
  const graph = mergeEqualNodes(whole);
  const needed = live(graph);
  const reached = derived(graph);
  const unused = unusedIndices(graph);
  const demands = new Map<Value, Map<string, Demand>>();
  const add = (demand: Demand): void => {
    const { value, box, allowed } = demand;
    if (!reached.has(value.node) || includes(allowed, limits[value.type.dtype])) return;
    const ofValue = demands.get(value) ?? new Map<string, Demand>();
    const key = JSON.stringify(box);
    const before = ofValue.get(key);
    ofValue.set(key, before === undefined ? demand : { ...before, allowed: intersection(before.allowed, allowed) });
    demands.set(value, ofValue);
  };
  // Users first: the demands on a value are complete when its node is visited.
  for (const node of graph.nodes.toReversed()) {
    if (!needed.has(node)) continue;
    demandsOf(node, unused).forEach(add);
    for (const value of node.results) [...(demands.get(value)?.values() ?? [])].flatMap(onOperands).forEach(add);
  }
  return graph.inputs.flatMap((value, i) =>
    [...(demands.get(value)?.values() ?? [])].map((demand) => ({ ...demand, value: at(whole.inputs, i) })),
  );
}

const usesIndices = ({ nodes, inputs }: Graph): boolean =>
  inputs.some(({ type }) => !isFloat(type.dtype)) &&
  nodes.some(({ op, regions }) => op.indices !== undefined || regions.some(usesIndices));

/** The nodes whose elements are integers made from those of an input: moved, or computed element by element. */
function derived(graph: Graph): ReadonlySet<Node> {
  const found = new Set<Node>();
  for (const node of graph.nodes) {
    const follows = movesElements(node) || node.op.form.kind === "pointwise";
    const isInteger = node.results.every(({ type }) => !isFloat(type.dtype));
    if (isInteger && (isInput(node) || (follows && node.operands.some((value) => found.has(value.node)))))
      found.add(node);
  }
  return found;
}

/** The demands of a node on its operands. */
function demandsOf(node: Node, unused: Unused): readonly Demand[] {
  const { op, operands, attrs } = node;
  if (op.indices !== undefined) {
    const { operand, size } = op.indices(siteOf(node));
    const value = at(operands, operand);
    const expression = expressionOf(value);
    const wanted = [below(size)];
    if (expression === null)
      return [{ value, box: "all", allowed: union(...wanted, ...unused(node, value)), user: node }];
    return expression.atoms.map((atom) => {
      const allowed = union(...preimage(expression, atom, wanted), ...unused(node, atom));
      return { value: atom, box: "all", allowed, user: node };
    });
  }
  switch (op.form.kind) {
    case "scan": {
      if (intAttr(attrs, "length") === 0) return [];
      const { sequences, invariants } = scanParts(operands, attrs);
      return throughRegion(regionOf(node, 0), [...sequences, ...invariants], sequences.length);
    }
    case "inline":
      return throughRegion(regionOf(node, 0), operands, 0);
    default:
      return [];
  }
}

/** The demands of a region that runs at least once; of its inputs, the first `sequences` are items of operands. */
function throughRegion(region: Graph, operands: readonly Value[], sequences: number): readonly Demand[] {
  return demandsOnInputs(region).map((demand): Demand => {
    const input = region.inputs.indexOf(demand.value);
    const value = at(operands, input);
    if (demand.box === "all" || input >= sequences) return { ...demand, value };
    return { ...demand, value, box: [{ start: 0, stride: 1, count: at(value.type.shape, 0) }, ...demand.box] };
  });
}

/** What a demand on a result asks of the values that its node is made from; nothing where nothing is certain. */
function onOperands(demand: Demand): readonly Demand[] {
  const { value, box, allowed } = demand;
  const { node } = value;
  if (isCut(node)) return [{ ...demand, value: at(node.operands, 0), box: cutFrom(node, box) }];
  if (movesElements(node))
    return node.operands.flatMap((operand) => {
      const moved = box === "all" ? box : isView(node) ? unitAxes(operand.type.shape, value.type.shape, box) : null;
      return moved === null ? [] : [{ ...demand, value: operand, box: moved }];
    });
  const expression = expressionOf(value);
  return (
    expression?.atoms.map((atom) => ({ ...demand, value: atom, allowed: preimage(expression, atom, allowed) })) ?? []
  );
}

/**
 * Positions in a value of another shape, if the shapes differ in axes of size 1 only. Null for other changes: positions
 * are followed through slices, not through ops that move the elements of a slice.
 */
function unitAxes(to: Shape, from: Shape, box: readonly Positions[]): Box | null {
  const kept = box.filter((_, axis) => from[axis] !== 1);
  const sizes = from.filter((size) => size !== 1);
  const wanted = to.filter((size) => size !== 1);
  if (!sameShape(sizes, wanted)) return null;
  const rest = kept.values();
  return to.map((size) => (size === 1 ? one : (rest.next().value ?? one)));
}

const one: Positions = { start: 0, stride: 1, count: 1 };

/** The positions in the operand of a slice. */
function cutFrom({ attrs, results }: Node, box: Box): Box {
  const [start, stride] = [listAttr(attrs, "start"), listAttr(attrs, "stride")];
  return at(results, 0).type.shape.map((size, axis): Positions => {
    const inner = box === "all" ? { start: 0, stride: 1, count: size } : at(box, axis);
    const step = at(stride, axis);
    return { start: at(start, axis) + inner.start * step, stride: inner.stride * step, count: inner.count };
  });
}

/** A box as offsets of elements in row-major order; axes that continue one another are one. */
function elementsOf({ type: { shape } }: Value, box: Box): Pick<IndexRange, "start" | "counts" | "strides"> {
  const steps = strides(shape);
  const positions = box === "all" ? shape.map((count) => ({ start: 0, stride: 1, count })) : box;
  const start = positions.reduce((sum, axis, i) => sum + axis.start * at(steps, i), 0);
  const loops = positions
    .map(({ stride, count }, i) => ({ count, stride: stride * at(steps, i) }))
    .filter(({ count }) => count !== 1);
  const merged: { count: number; stride: number }[] = [];
  for (const loop of loops) {
    const outer = merged.at(-1);
    if (outer !== undefined && outer.stride === loop.count * loop.stride)
      merged[merged.length - 1] = { count: outer.count * loop.count, stride: loop.stride };
    else merged.push(loop);
  }
  const all = merged.length > 0 ? merged : [{ count: 1, stride: 1 }];
  return { start, counts: all.map(({ count }) => count), strides: all.map(({ stride }) => stride) };
}

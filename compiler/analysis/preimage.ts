// Preimages of integer expressions: for which values of one operand is a pointwise expression within a set?
import { constantData, isConstant, movesElements, siteOf, splatValue } from "../graph/facts.ts";
import type { Node, Value } from "../graph/ir.ts";
import { at } from "../support/lists.ts";
import { type Interval, anything, interval, limits } from "../types/interval.ts";
import { type Ranges, excludes, includes, union } from "../types/ranges.ts";
import { isFloat } from "../types/tensor-type.ts";

/** A pointwise expression of integers and bools: its nodes, operands first, and the values that they are made from. */
export interface Expression {
  readonly value: Value;
  readonly nodes: readonly Node[];
  readonly known: ReadonlyMap<Value, Interval>;
  /** Neither pointwise nor known: inputs, moved inputs, results of other ops. */
  readonly atoms: readonly Value[];
}

const isDiscrete = ({ type }: Value): boolean => !isFloat(type.dtype);
const isPointwise = ({ node }: Value): boolean => node.op.form.kind === "pointwise";

/** More nodes than an expression of indices has. */
const mostNodes = 50;

/** The expression of a value; null if it is not one. */
export function expressionOf(value: Value): Expression | null {
  const nodes = new Set<Node>();
  const known = new Map<Value, Interval>();
  const atoms = new Set<Value>();
  const visit = (part: Value): void => {
    if (nodes.has(part.node) || nodes.size > mostNodes) return;
    if (!isPointwise(part) || !isDiscrete(part)) {
      const elements = known.get(part) ?? knownInterval(part);
      if (elements === null) atoms.add(part);
      else known.set(part, elements);
      return;
    }
    part.node.operands.forEach(visit);
    nodes.add(part.node);
  };
  visit(value);
  return nodes.size > 0 && nodes.size <= mostNodes ? { value, nodes: [...nodes], known, atoms: [...atoms] } : null;
}

/** The interval of the elements of a constant, or of an op without operands such as iota; null for any other value. */
function knownInterval(value: Value): Interval | null {
  const { node } = value;
  if (movesElements(node) && node.operands.length === 1 && node.op.form.kind !== "pieces")
    return knownInterval(at(node.operands, 0));
  const splat = splatValue(value);
  if (splat !== null) return interval(splat, splat);
  if (isConstant(node)) {
    const data = constantData(value) ?? [];
    let [lo, hi] = [Infinity, -Infinity];
    for (const x of data) [lo, hi] = [Math.min(lo, x), Math.max(hi, x)];
    return interval(lo, hi);
  }
  return node.operands.length === 0 && node.op.range !== undefined ? node.op.range([], siteOf(node)) : null;
}

/** Evaluations of an expression that a preimage may take. */
const mostEvaluations = 500;

/**
 * The integers within the limits of the atom's dtype for which the expression may be in the set: all others are
 * certainly not. Found by halving intervals until the ranges of the ops decide; of single integers, they are exact.
 */
export function preimage(expression: Expression, atom: Value, wanted: Ranges): Ranges {
  const found: Interval[] = [];
  const open: Interval[] = [limits[atom.type.dtype]];
  let evaluations = 0;
  for (let x = open.shift(); x !== undefined; x = open.shift()) {
    const result = evaluations++ < mostEvaluations ? evaluate(expression, atom, x) : anything;
    if (includes(wanted, result)) found.push(x);
    else if (excludes(wanted, result)) continue;
    else if (x.lo === x.hi || evaluations > mostEvaluations) found.push(x);
    else {
      const middle = Math.floor((x.lo + x.hi) / 2);
      open.push(interval(x.lo, middle), interval(middle + 1, x.hi));
    }
  }
  return union(...found);
}

function evaluate({ value, nodes, known }: Expression, atom: Value, x: Interval): Interval {
  const intervals = new Map<Value, Interval>([[atom, x]]);
  const of = (part: Value): Interval => intervals.get(part) ?? known.get(part) ?? limits[part.type.dtype];
  for (const node of nodes) intervals.set(at(node.results, 0), image(node, node.operands.map(of)));
  return of(value);
}

/** The interval of the results of a pointwise op; of single numbers, its value. */
function image(node: Node, operands: readonly Interval[]): Interval {
  const { op, attrs } = node;
  const site = siteOf(node);
  const dtype = at(site.results, 0).dtype;
  if (op.reference.kind === "scalar" && operands.every(({ lo, hi }) => lo === hi)) {
    const number = op.reference.apply(
      operands.map(({ lo }) => lo),
      attrs,
      site.operands,
    );
    return interval(number, number);
  }
  return op.range?.(operands, site) ?? limits[dtype];
}

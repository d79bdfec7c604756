/**
 * Bounds the distance of any f32 evaluation of a graph from its exact value: running error analysis (Wilkinson, 1963;
 * Higham, Accuracy and Stability of Numerical Algorithms, 2002, chapters 3 and 4). Each element of a value has a bound:
 * the propagated errors of the operands plus the roundings of the op. The bound holds for sums in the order of
 * `support/sum-order.ts`, with or without fused multiply-adds, so it holds for every kernel of the graph.
 *
 * - Pointwise ops are evaluated at the corners of the box that contains their arguments.
 * - Data movement and sums are linear: the bounds are moved and summed like the operands. A sum adds the roundings of
 *   its order, in units of the sum of magnitudes: those of a block and a few more, whatever the number of terms.
 * - Products of sums are bilinear: |a| eb + ea |b| + ea eb.
 * - Where a discontinuity is within the bound (a comparison of possibly equal values, a truncation, the index of a
 *   maximum) the bound is infinite.
 *
 * The bound is linear in the unit roundoff except for terms of second order: that of the fine arithmetic times
 * `f64ShareOfFine` bounds an evaluation in f64.
 */
import { present } from "../support/invariant.ts";
import { at } from "../support/lists.ts";
import { productRoundings, scanRoundings, scatterRoundings, sumRoundings } from "../support/sum-order.ts";
import { isFloat } from "../types/tensor-type.ts";
import { expandGradients } from "../graph/autodiff.ts";
import { evaluateNode, ndarray } from "../graph/evaluate.ts";
import { isSummed, sizeOf } from "../graph/contraction.ts";
import { isConstant, isInput, pathOf, siteOf, stringAttr } from "../graph/facts.ts";
import type { Graph, Node, Value } from "../graph/ir.ts";
import type { Form, NdArray, Op } from "../graph/op.ts";
import { controlled, type Bounded, type RegionResults } from "./error-bound-control.ts";

export type { Bounded } from "./error-bound-control.ts";

/** The rounding of an arithmetic, with the range of f32. */
interface Arithmetic {
  /** The unit roundoff: half the distance from 1 to the next number. */
  readonly unit: number;
  /** The rounding error of a known number that is stored. */
  readonly stored: (x: number) => number;
}

const f32: Arithmetic = {
  unit: 2 ** -24,
  stored: (x) => (Number.isFinite(x) ? Math.abs(x - Math.fround(x)) : 0),
};
/**
 * A finer arithmetic, whose bounds are still well above the rounding of the f64 in which they are computed. Fewer
 * discontinuities are within reach.
 */
const fine: Arithmetic = { unit: 2 ** -40, stored: () => 0 };
const arithmetics = { f32, fine } as const;
export type ArithmeticName = keyof typeof arithmetics;
/** The unit roundoff of f64 over that of the fine arithmetic. */
export const f64ShareOfFine = 2 ** -13;

/** The least positive f32: the absolute error of a result below the normal range. */
const tiny = 2 ** -149;
const smallestNormal = 2 ** -126;
const largest = 3.4028234663852886e38;
/** Every math function is accurate to 4 ulp: 8 units. */
const functionUnits = 8;

/** Data for a graph: inputs by name, params and state by path, row-major. */
export interface GraphData {
  readonly inputs: ReadonlyMap<string, Float64Array>;
  readonly persistent: ReadonlyMap<string, Float64Array>;
}

export interface BoundedEvaluation {
  readonly outputs: ReadonlyMap<string, Bounded>;
  readonly writes: ReadonlyMap<string, Bounded>;
}

/**
 * Receives each node with its results, nodes of regions once per iteration. If it returns values, the users of the node
 * take these instead of the results. `verifyEntry` returns the values of compiled code: each node is then checked
 * against its actual operands, and errors do not add up over a deep net.
 */
export type OnNode = (node: Node, results: readonly Bounded[]) => readonly Bounded[] | void;

/**
 * The exact outputs and writes of a graph, evaluated in f64, with their bounds. Inputs and persistent tensors count as
 * exact.
 */
export function evaluateWithBounds(
  graph: Graph,
  data: GraphData,
  onNode: OnNode = () => {},
  arithmetic: ArithmeticName = "f32",
): BoundedEvaluation {
  const exact = (source: ReadonlyMap<string, Float64Array>): Map<string, Leaf> =>
    new Map([...source].map(([name, values]) => [name, { data: values, error: new Float64Array(values.length) }]));
  const [inputs, persistent] = [exact(data.inputs), exact(data.persistent)];
  const { outputs, writes } = run(graph, (node) => given(node, inputs, persistent), {
    onNode,
    arithmetic: arithmetics[arithmetic],
  });
  return { outputs: new Map(graph.outputs.map(({ name }, index) => [name, at(outputs, index)])), writes };
}

function given(node: Node, inputs: ReadonlyMap<string, Leaf>, persistent: ReadonlyMap<string, Leaf>): Leaf | undefined {
  const path = pathOf(node);
  return path !== null ? persistent.get(path) : isInput(node) ? inputs.get(stringAttr(node.attrs, "name")) : undefined;
}

interface Setup {
  readonly onNode: OnNode;
  readonly arithmetic: Arithmetic;
}

interface Leaf {
  readonly data: Float64Array;
  readonly error: Float64Array;
}

/**
 * Evaluates a graph; `known` returns the data of inputs, carries, params and states, and undefined for all other nodes.
 */
function run(
  graph: Graph,
  known: (node: Node) => Leaf | undefined,
  setup: Setup,
): RegionResults & { readonly writes: ReadonlyMap<string, Bounded> } {
  const expanded = expandGradients(graph);
  const values = new Map<Value, Bounded>();
  const of = (value: Value): Bounded =>
    present(values.get(value), `a value of ${value.node.op.name} is used before its definition`);
  for (const node of expanded.nodes) {
    const leaf = known(node);
    const results =
      leaf === undefined
        ? resultsOf(node, node.operands.map(of), setup)
        : node.results.map(({ type }) => ({ value: ndarray(type, leaf.data, "f64"), error: leaf.error }));
    const taken = setup.onNode(node, results) ?? results;
    node.results.forEach((value, index) => values.set(value, at(taken, index)));
  }
  return {
    outputs: expanded.outputs.map(({ value }) => of(value)),
    writes: new Map(expanded.writes.map(({ path, value }) => [path, of(value)])),
    carries: expanded.carries.map(({ next }) => of(next)),
  };
}

function runRegion(
  region: Graph,
  inputs: readonly Bounded[],
  carries: readonly Bounded[],
  setup: Setup,
): RegionResults {
  const known = new Map<Node, Leaf>();
  region.inputs.forEach(({ node }, index) => known.set(node, leafOf(at(inputs, index))));
  region.carries.forEach(({ value }, index) => known.set(value.node, leafOf(at(carries, index))));
  return run(region, (node) => known.get(node), setup);
}

const leafOf = ({ value, error }: Bounded): Leaf => ({ data: value.data, error });

function resultsOf(node: Node, operands: readonly Bounded[], setup: Setup): readonly Bounded[] {
  if (node.regions.length > 0)
    return controlled(node, operands, (region, inputs, carries) => runRegion(region, inputs, carries, setup));
  const results = evaluateNode(
    node,
    operands.map(({ value }) => value),
    "f64",
  );
  return results.map((value) => ({
    value,
    error: beyondRange(value, errorOf(node, operands, value, setup.arithmetic)),
  }));
}

/** A value that may leave the range of f32 is unbounded. */
function beyondRange({ type, data }: NdArray, error: Float64Array): Float64Array {
  if (!isFloat(type.dtype)) return error;
  return error.map((e, i) => {
    const x = Math.abs(data[i] ?? 0);
    return Number.isNaN(e) || (Number.isFinite(x) && x + e > largest) ? Infinity : e;
  });
}

const isExact = ({ error }: Bounded): boolean => error.every((e) => e === 0);
const all = (length: number, error: number): Float64Array => new Float64Array(length).fill(error);

function errorOf(node: Node, operands: readonly Bounded[], result: NdArray, a: Arithmetic): Float64Array {
  const { form } = node.op;
  const { length } = result.data;
  if (isConstant(node)) return isFloat(result.type.dtype) ? result.data.map(a.stored) : all(length, 0);
  if (form.kind === "pointwise") return pointwise(node, operands, result, a);
  // An index or a mask that may differ makes the result unbounded.
  if (operands.some((operand) => !isFloat(operand.value.type.dtype) && !isExact(operand))) return all(length, Infinity);
  if (!isFloat(result.type.dtype)) return indices(node, operands, result);
  switch (form.kind) {
    case "contract":
      return bilinear(node, operands, result, a);
    case "reduce":
      if (form.combine === "max" || form.combine === "min") return monotone(node, operands, result);
      return form.combine === "mul" ? product(node, operands, a) : linear(node, operands, result, a);
    case "scatter":
      return form.combine === "max" || form.combine === "min"
        ? monotone(node, operands, result)
        : linear(node, operands, result, a);
    default:
      return linear(node, operands, result, a);
  }
}

/** The result of the op with other data for its float operands, in f64. */
function apply(node: Node, operands: readonly Bounded[], data: (operand: Bounded) => Float64Array): Float64Array {
  const arrays = operands.map((operand): NdArray => ({
    type: operand.value.type,
    data: isFloat(operand.value.type.dtype) ? data(operand) : operand.value.data,
  }));
  return at(evaluateNode(node, arrays, "f64"), 0).data;
}

/** Upper bounds of the absolute values. */
const magnitudes = ({ value, error }: Bounded): Float64Array => value.data.map((x, i) => Math.abs(x) + (error[i] ?? 0));

/** The rounding error of a sum whose terms are rounded up to `count` times; `size` is the sum of magnitudes. */
const roundings = (count: number, size: number, { unit }: Arithmetic): number =>
  size === 0 ? 0 : size > largest ? Infinity : count * (1.01 * unit * size + tiny);

/** Data movement and sums apply to errors as to values. The fill value of a padding is a known number. */
function linear(node: Node, operands: readonly Bounded[], { data }: NdArray, a: Arithmetic): Float64Array {
  const filled =
    node.op.form.kind === "pieces" ? apply(node, operands, ({ error }) => new Float64Array(error.length)) : null;
  const stored = filled?.map(a.stored) ?? all(data.length, 0);
  const moved = operands.every(isExact)
    ? stored
    : apply(node, operands, ({ error }) => error).map((e, i) => e - (filled?.[i] ?? 0) + (stored[i] ?? 0));
  if (!adds(node)) return moved;
  const [sizes, counts] = [apply(node, operands, magnitudes), roundingsOf(node, operands)];
  return moved.map((e, i) => e + roundings(counts(i), sizes[i] ?? 0, a));
}

const sums: ReadonlySet<Form["kind"]> = new Set(["reduce", "scatter", "lines", "contract"]);
/** Whether the elements of the result are sums. */
const adds = ({ op: { form, exact } }: Node): boolean =>
  !exact || (sums.has(form.kind) && (form.kind !== "scatter" || form.combine === "add"));

/**
 * How often each term of an element's sum is rounded, by the order of sums; from the op's result on ones if the number
 * of terms differs between elements.
 */
function roundingsOf(node: Node, operands: readonly Bounded[]): (index: number) => number {
  const { form } = node.op;
  const site = siteOf(node);
  if (form.kind === "reduce") {
    const count = sumRoundings(form.extents(site), form.alongLast(site));
    return () => count;
  }
  const contraction = form.kind === "contract" ? form.contraction(site) : null;
  if (contraction !== null) {
    const count = productRoundings(sizeOf(contraction.dims.filter(isSummed)));
    return () => count;
  }
  const counts = apply(node, operands, ({ error }) => all(error.length, 1));
  const of =
    form.kind === "lines"
      ? scanRoundings
      : form.kind === "scatter"
        ? (count: number) => scatterRoundings(count, form.mostTerms(site))
        : form.kind === "contract"
          ? productRoundings
          : (count: number) => count + 1;
  return (index) => of(counts[index] ?? 0);
}

function bilinear(node: Node, [x, y]: readonly Bounded[], { data }: NdArray, a: Arithmetic): Float64Array {
  const [lhs, rhs] = [present(x, "a product has two operands"), present(y, "a product has two operands")];
  const of = (left: Float64Array, right: Float64Array): Float64Array =>
    apply(node, [lhs, rhs], (operand) => (operand === lhs ? left : right));
  const same = lhs === rhs;
  const abs = ({ value }: Bounded): Float64Array => value.data.map(Math.abs);
  const sizes = of(magnitudes(lhs), magnitudes(rhs));
  const counts = roundingsOf(node, [lhs, rhs]);
  // In a product of a value with itself both factors move together; the difference of the products of magnitudes bounds
  // that case too.
  const moved =
    isExact(lhs) && isExact(rhs)
      ? all(data.length, 0)
      : same
        ? excess(sizes, of(abs(lhs), abs(rhs)))
        : sum(
            isExact(rhs) ? all(data.length, 0) : of(abs(lhs), rhs.error),
            isExact(lhs) ? all(data.length, 0) : of(lhs.error, magnitudes(rhs)),
          );
  return moved.map((e, i) => e + roundings(counts(i), sizes[i] ?? 0, a));
}

const sum = (a: Float64Array, b: Float64Array): Float64Array => a.map((x, i) => x + (b[i] ?? 0));
/** The difference of two sums of magnitudes, plus its rounding error in f64. */
const excess = (a: Float64Array, b: Float64Array): Float64Array =>
  a.map((x, i) => Math.max(0, x - (b[i] ?? 0)) + 2 ** -50 * x);

/**
 * Products of many numbers, in any order. Unbounded where a partial product may overflow or underflow f32, even if the
 * whole product is in range.
 */
function product(node: Node, operands: readonly Bounded[], a: Arithmetic): Float64Array {
  const sizes = apply(node, operands, magnitudes);
  const factors = (at(operands, 0).error.length || 1) / Math.max(1, sizes.length);
  const moved = operands.every(isExact)
    ? all(sizes.length, 0)
    : excess(
        sizes,
        apply(node, operands, ({ value }) => value.data.map(Math.abs)),
      );
  const most = apply(node, operands, (operand) => magnitudes(operand).map((x) => Math.max(1, x)));
  const least = apply(node, operands, (operand) => magnitudes(operand).map((x) => (x === 0 ? 1 : Math.min(1, x))));
  return moved.map((e, i) =>
    (most[i] ?? 0) > largest || (least[i] ?? 1) < smallestNormal
      ? Infinity
      : e + roundings(factors + 1, sizes[i] ?? 0, a),
  );
}

/** Maxima and minima: evaluated with all elements at their lower, and at their upper bounds. */
function monotone(node: Node, operands: readonly Bounded[], { data }: NdArray): Float64Array {
  if (operands.every(isExact)) return all(data.length, 0);
  const [low, high] = [-1, 1].map((side) =>
    apply(node, operands, ({ value, error }) => value.data.map((x, i) => x + side * (error[i] ?? 0))),
  );
  // An unbounded element may be NaN, which then is the result.
  const spoilt = apply(node, operands, ({ value, error }) =>
    value.data.map((x, i) => (error[i] === Infinity ? Number.NaN : x)),
  );
  return data.map((x, i) => {
    if (Number.isNaN(spoilt[i]) && !Number.isNaN(x)) return Infinity;
    return x === high?.[i] && x === low?.[i] ? 0 : Math.max((high?.[i] ?? 0) - x, x - (low?.[i] ?? 0));
  });
}

/**
 * Index results, such as an argmax or a sort order: unbounded where they change while half of the elements are at their
 * lower bounds and the others at their upper bounds. The halves are selected by each bit of the position, in both
 * polarities, so each ordered pair of elements is once (low, high). An unbounded element may be NaN, which counts as
 * larger than all others: the difference of two sums that overflow.
 */
function indices(node: Node, operands: readonly Bounded[], { data }: NdArray): Float64Array {
  const error = all(data.length, 0);
  if (operands.every(isExact)) return error;
  const bits = Math.ceil(Math.log2(Math.max(2, ...operands.map((operand) => operand.error.length))));
  for (let half = 0; half < 2 * bits; half++) {
    const side = (index: number): number => ((index >> (half >> 1)) % 2 === half % 2 ? 1 : -1);
    const moved = apply(node, operands, ({ value, error: bounds }) =>
      value.data.map((x, i) => {
        const bound = bounds[i] ?? 0;
        return bound === Infinity && side(i) === 1 ? Number.NaN : x + side(i) * bound;
      }),
    );
    moved.forEach((index, i) => {
      if (index !== data[i]) error[i] = Infinity;
    });
  }
  return error;
}

function pointwise(node: Node, operands: readonly Bounded[], result: NdArray, a: Arithmetic): Float64Array {
  const { op, attrs } = node;
  const isResultFloat = isFloat(result.type.dtype);
  const widened = !op.exact && op.steps !== undefined;
  // A shortcut for exact operands: constants, indices and masks.
  if (!widened && operands.every(isExact))
    return result.data.map((y) => (isResultFloat ? roundingOf(op.exact, y, true, a) : 0));
  const types = operands.map(({ value }) => value.type);
  const f = (args: readonly number[]): number =>
    op.reference.kind === "scalar" ? op.reference.apply(args, attrs, types) : Number.NaN;
  const compares = result.type.dtype === "bool" && types.some(({ dtype }) => isFloat(dtype));
  return result.data.map((y, i) => {
    const args = operands.map(({ value }) => value.data[i] ?? 0);
    const errors = operands.map(({ error }) => error[i] ?? 0);
    if (errors.some((e, k) => e !== 0 && !isFloat(types[k]?.dtype ?? "f32"))) return Infinity;
    const isGiven = errors.every((e) => e === 0);
    const rounding = isResultFloat ? roundingOf(op.exact, y, isGiven, a) : 0;
    if (widened) args.forEach((x, k) => (errors[k] = (errors[k] ?? 0) + 2 * a.unit * Math.abs(x)));
    else if (isGiven) return rounding;
    if (compares && Math.abs((args[0] ?? 0) - (args[1] ?? 0)) <= (errors[0] ?? 0) + (errors[1] ?? 0)) return Infinity;
    const moved = farthest({ args, errors, f, steps: op.steps }, y);
    return isResultFloat ? moved + rounding : moved === 0 ? 0 : Infinity;
  });
}

/** An exact op on exact arguments rounds once, and not at all if its result is an f32. */
function roundingOf(exact: boolean, y: number, isGiven: boolean, { unit }: Arithmetic): number {
  if (exact && (y === Math.fround(y) || Number.isNaN(y)) && (y === 0 || isGiven)) return 0;
  return (exact ? 1 : functionUnits) * unit * Math.abs(y) + tiny;
}

interface Corners {
  readonly args: readonly number[];
  readonly errors: readonly number[];
  readonly f: (args: readonly number[]) => number;
  readonly steps: Op["steps"];
}

/** The largest distance from `y` at the corners of the box; Infinity if the op is discontinuous inside the box. */
function farthest({ args, errors, f, steps }: Corners, y: number): number {
  let most = 0;
  for (let corner = 0; corner < 2 ** args.length; corner++) {
    const x = args.map((arg, k) => arg + ((corner >> k) % 2 === 0 ? -1 : 1) * (errors[k] ?? 0));
    if (steps !== undefined && steps(x) !== steps(args)) return Infinity;
    const z = f(x);
    if (z === y || (Number.isNaN(z) && Number.isNaN(y))) continue;
    const distance = Math.abs(z - y);
    most = Math.max(most, Number.isNaN(distance) ? Infinity : distance);
  }
  // An unbounded argument may be NaN too, whatever the values at the corners are.
  return most > 0 && errors.includes(Infinity) ? Infinity : most;
}

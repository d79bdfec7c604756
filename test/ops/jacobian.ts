import { expandGradients } from "../../compiler/graph/autodiff.ts";
import { GraphBuilder } from "../../compiler/graph/build.ts";
import { evaluate } from "../../compiler/graph/evaluate.ts";
import type { Graph, Value } from "../../compiler/graph/ir.ts";
import { ops } from "../../compiler/ops/table.ts";
import { present } from "../../compiler/support/invariant.ts";
import { elements, isFloat } from "../../compiler/types/tensor-type.ts";
import { type Case, random } from "./values.ts";

// Gradients against central differences, in f64 throughout.

type Data = ReadonlyMap<string, Float64Array>;

const moves = (value: Value): boolean => isFloat(value.type.dtype);
const sumOfProducts = (g: GraphBuilder, a: Value, b: Value): Value => {
  const all = a.type.shape.map((_, axis) => axis);
  return g.sum(g.mul(a, b), all);
};

interface Built {
  readonly g: GraphBuilder;
  readonly operands: readonly Value[];
  readonly out: Value;
  /** The weights `v` of the results in the loss. */
  readonly v: Value;
  /** The gradients of sum(v * out) with respect to the floating-point operands. */
  readonly targets: readonly Value[];
  readonly firsts: readonly Value[];
}

const name = (i: number): string => `x${i}`;

function build({ node }: Case): Built {
  const g = new GraphBuilder("gradient", ops);
  const operands = node.operands.map(({ type }, i) => g.input(name(i), type));
  const out = g.call(node.op.name, operands, node.attrs);
  const v = g.input("v", out.type);
  const targets = operands.filter(moves);
  return { g, operands, out, v, targets, firsts: g.callAll("gradient", [sumOfProducts(g, v, out), ...targets]) };
}

function run(graph: Graph, data: Data): Float64Array[] {
  const { outputs } = evaluate(graph, { inputs: data, persistent: new Map(), precision: "f64" });
  return graph.outputs.map(({ name: output }) => present(outputs.get(output), output).data);
}

/** The way that `f` changes per unit of each element of one input; a row per element. */
function differences(f: (data: Data) => Float64Array, data: Data, input: string): Float64Array[] {
  const x = present(data.get(input), input);
  return Array.from(x, (value, i) => {
    const step = 1e-5 * Math.max(1, Math.abs(value));
    const [up, down] = [value + step, value - step].map((y) => f(new Map([...data, [input, x.with(i, y)]]))) as [Float64Array, Float64Array];
    return up.map((y, j) => (y === down[j] ? 0 : (y - present(down[j], "as many")) / (2 * step)));
  });
}

/** The largest difference between an analytic and a numeric derivative, and where; relative to the size of the derivatives. */
export interface Worst {
  readonly error: number;
  readonly says: string;
}

function worst(pairs: readonly (readonly [analytic: number, numeric: number, says: string])[]): Worst {
  return pairs.reduce<Worst>(
    (most, [a, n, says]) => {
      const error = Math.abs(a - n) / Math.max(1, Math.abs(a), Math.abs(n));
      return error <= most.error ? most : { error: Number.isNaN(error) ? Infinity : error, says: `${says}: ${a} by rule, ${n} by differences` };
    },
    { error: 0, says: "" },
  );
}

const dataOf = (at: Case): Map<string, Float64Array> => new Map(at.operands.map(({ data }, i) => [name(i), data]));

/** All of the Jacobian: a row for each element of the result, by its own gradient. */
export function jacobianError(at: Case): Worst {
  const { g, operands, out, v, targets, firsts } = build(at);
  g.output("out", out);
  const forwardAlone = expandGradients({ ...g.build(), nodes: g.nodes.filter(({ op }) => op.name !== "gradient") });
  firsts.forEach((first, i) => g.output(`d${i}`, first));
  const graph = expandGradients(g.build());
  const count = elements(v.type.shape);
  const forward = (data: Data): Float64Array => present(run(forwardAlone, data)[0], "out");
  const zero = new Float64Array(count);
  const data = dataOf(at).set("v", zero);
  const rows = Array.from({ length: count }, (_, j) => run(graph, new Map([...data, ["v", zero.with(j, 1)]])).slice(1));
  const pairs = targets.flatMap((target, t) => {
    const operand = operands.indexOf(target);
    return differences(forward, data, name(operand)).flatMap((column, i) =>
      Array.from(column, (n, j) => [rows[j]?.[t]?.[i] ?? Number.NaN, n, `d out[${j}] / d operand ${operand}[${i}]`] as const),
    );
  });
  return worst(pairs);
}

/** The gradient of a random weighting of the gradients, with respect to the operands and to the weights of the results. */
export function secondOrderError(at: Case, seed = 7): Worst {
  const { g, operands, v, targets, firsts } = build(at);
  const weights = firsts.map((first, i) => g.input(`u${i}`, first.type));
  const loss = firsts.map((first, i) => sumOfProducts(g, present(weights[i], "a weight"), first)).reduce((a, b) => g.add(a, b));
  g.output("loss", loss);
  const lossAlone = expandGradients(g.build());
  const all = [...targets, v];
  g.callAll("gradient", [loss, ...all]).forEach((second, i) => g.output(`d${i}`, second));
  const graph = expandGradients(g.build());
  const next = random(seed);
  const draw = (value: Value): Float64Array => Float64Array.from({ length: elements(value.type.shape) }, () => next() * 2 - 1);
  const data = dataOf(at).set("v", draw(v));
  weights.forEach((weight, i) => data.set(`u${i}`, draw(weight)));
  const seconds = run(graph, data).slice(1);
  const pairs = all.flatMap((target, t) => {
    const input = target === v ? "v" : name(operands.indexOf(target));
    const numeric = differences((changed) => present(run(lossAlone, changed)[0], "loss"), data, input);
    return numeric.map((column, i) => [seconds[t]?.[i] ?? Number.NaN, column[0] ?? Number.NaN, `d loss / d ${input}[${i}]`] as const);
  });
  return worst(pairs);
}

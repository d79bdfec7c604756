import fc from "fast-check";
import type { Span } from "../../dsl/span.ts";
import { GraphBuilder } from "../../compiler/graph/build.ts";
import type { Graph, Value } from "../../compiler/graph/ir.ts";
import { unattributed } from "../../compiler/graph/provenance.ts";
import { tensor, type TensorType } from "../../compiler/types/tensor-type.ts";
import { ops } from "../../compiler/ops/table.ts";

/** One construction step: its kind, and numbers that select operands. */
type Choice = readonly [kind: number, a: number, b: number, c: number];

/** The input that fast-check draws and shrinks; `smoothGraph` and `gradientGraph` build a graph from it. */
export const choices: fc.Arbitrary<readonly Choice[]> = fc.array(
  fc.tuple(fc.nat(11), fc.nat(99), fc.nat(99), fc.nat(99)),
  { maxLength: 14 },
);

const source = { name: "random.dl", text: "one line\nanother line\n\nand a last one" };
const spanAt = (offset: number): Span => ({ source, start: offset % source.text.length, end: source.text.length });

const smooth = ["neg", "tanh", "neg", "sigmoid", "sin", "cos"] as const;
const binary = ["add", "sub", "mul"] as const;
const numbers = [0, -0, 1, 0.5, -1.25, 3, 0.1, 1e-7, 1e21] as const;

const at = <T>(list: readonly T[], index: number): T => {
  const item = list[index % list.length];
  if (item === undefined) throw new Error("an empty list");
  return item;
};

/**
 * A float graph of smooth ops over shapes [], [3], [2,3]: a scalar output `loss`, an output `last`, a write of each
 * param.
 */
export const smoothGraph = (steps: readonly Choice[]): Graph => build(steps, false);

/** Like `gradientGraph`, but values and derivatives are small, so that finite differences are accurate. */
export const tameGraph = (steps: readonly Choice[]): Graph => build(steps, true, [0, 1, 0.5, -1.25, 0.1]);

/** Like `smoothGraph`, with the gradient of the loss with respect to the input and the params. */
export const gradientGraph = (steps: readonly Choice[]): Graph => build(steps, true);

function build(steps: readonly Choice[], gradient: boolean, small?: readonly number[]): Graph {
  const g = new GraphBuilder("random", ops);
  const x = g.input("x", tensor("f32", [2, 3]));
  const pool: Value[] = [
    x,
    g.param("net.one.w", tensor("f32", [2, 3])),
    g.param("net.two.w", tensor("f32", [3])),
    g.param("scale", tensor("f32", [])),
  ];
  const params = pool.slice(1);
  for (const [index, step] of steps.entries()) {
    g.attribution = unattributed("random", step[3] % 3 === 0 ? null : spanAt(index * 7 + step[3]));
    const grown = grow(g, pool, step, small ?? numbers);
    pool.push(small === undefined ? grown : g.call("tanh", [grown]));
  }
  const last = at(pool, pool.length - 1);
  const loss = pool
    .map((value) => g.sum(g.call("tanh", [value]), [...value.type.shape.keys()]))
    .reduce((a, b) => g.add(a, b));
  g.output("loss", loss);
  g.output("last", last);
  const targets = [x, ...params];
  if (gradient) g.callAll("gradient", [loss, ...targets]).forEach((value, index) => g.output(`g${index}`, value));
  for (const param of params) g.write(String(param.node.attrs["path"]), g.sub(param, g.mul(param, 0.1)));
  return g.build();
}

function grow(g: GraphBuilder, pool: readonly Value[], [kind, a, b, c]: Choice, constants: readonly number[]): Value {
  const x = a < 60 ? at(pool, pool.length - 1) : at(pool, a);
  if (kind < 3) return g.call(at(smooth, b), [x]);
  if (kind < 5) return g.call(at(binary, c), [x, like(g, at(pool, b), x.type)]);
  if (kind === 5) return g.call(at(binary, c), [x, at(constants, b)]);
  if (kind === 6) return g.sum(x, x.type.shape.length === 0 ? [] : [b % x.type.shape.length]);
  if (kind === 7) return g.transpose(x, [...x.type.shape.keys()].toReversed());
  if (kind === 8) return g.reshape(x, [1, ...x.type.shape]);
  if (kind === 9) return g.add(g.constant(x.type, at(constants, c)), x);
  if (kind === 10) return g.mul(x, g.constant(tensor("f32", x.type.shape), dense(x.type, b)));
  return g.call(
    "select",
    [g.call("lt", [x, like(g, at(pool, b), x.type)]), x, at(constants, c)].map((v) =>
      typeof v === "number" ? g.constant(x.type, v) : v,
    ),
  );
}

const dense = ({ shape }: TensorType, seed: number): number[] =>
  Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => ((seed + i * 7) % 11) / 4 - 1);

/** A value of this shape that depends on `value`: its sum, broadcast. */
function like(g: GraphBuilder, value: Value, { shape }: TensorType): Value {
  if (value.type.shape.length === shape.length && value.type.shape.every((d, i) => d === shape[i])) return value;
  return g.broadcast(g.sum(value, [...value.type.shape.keys()]), shape, []);
}

/** Inputs and persistent values for a graph, in [-1, 1]. */
export function randomData(
  graph: Graph,
  seed: number,
): { inputs: Map<string, Float64Array>; persistent: Map<string, Float64Array> } {
  const inputs = new Map<string, Float64Array>();
  const persistent = new Map<string, Float64Array>();
  let state = seed * 2 + 1;
  for (const node of graph.nodes) {
    if (node.op.form.kind !== "leaf" || node.op.name === "constant") continue;
    for (const { type } of node.results) {
      const data = Float64Array.from({ length: type.shape.reduce((a, b) => a * b, 1) }, () => {
        state = (Math.imul(state, 1664525) + 1013904223) | 0;
        return state / 2 ** 31;
      });
      if (node.op.name === "input") inputs.set(String(node.attrs["name"]), data);
      else if (node.op.name !== "gradient") persistent.set(String(node.attrs["path"]), data);
    }
  }
  return { inputs, persistent };
}

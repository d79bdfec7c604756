// Random graphs of well-typed ops. The generator has its own type rules; draws of uses and ranges of results come from
// the entries of the ops.
import type { Graph, Value } from "../../../compiler/graph/ir.ts";
import { ops } from "../../../compiler/ops/table.ts";
import { sameType, type TensorType } from "../../../compiler/types/tensor-type.ts";
import { contractDraws } from "./draw-contract.ts";
import { controlDraws, inside } from "./draw-control.ts";
import { entryDraw } from "./draw-entry.ts";
import { movementDraws } from "./draw-movement.ts";
import { pointwiseDraws } from "./draw-pointwise.ts";
import { reduceDraws } from "./draw-reduce.ts";
import { windowDraws } from "./draw-window.ts";
import { type Draw, drawDim, Grower, isFloat, type Plan } from "./grower.ts";
import { identityDraws } from "./identities.ts";
import { longSumDraws } from "./long-sums.ts";
import { patternDraws } from "./patterns.ts";
import { iota, Random } from "./random.ts";
import { trapDraws } from "./traps.ts";
import { train } from "./train.ts";
import { opNamed } from "../../../compiler/graph/op.ts";

export interface Kind {
  /**
   * Appends the gradient of a loss and an optimizer's step (SGD, momentum or Adam written out as ops), which writes the
   * params (and slots as state). Not where `special`.
   */
  readonly trains: boolean;
  /**
   * Only ops that are bit-exact (op.exact), so that inputs may hold NaN, infinities, -0, subnormals and huge values.
   */
  readonly special: boolean;
  /** The maximum number of nodes, including regions, excluding leaves, gradient and optimizer. Default 40. */
  readonly most?: number;
  /** A draw for about every second step, also in regions, which are more frequent then. */
  readonly often?: Draw;
}

const anyType = (b: Grower): TensorType => ({
  dtype: b.r.pick(["f32", "f32", "i32", "bool", "u8", "i8"]),
  shape: b.shape(),
});

/** Separate leaves, possibly unused. Gradients are appended last, by `train`. */
const leafDraws: readonly (readonly [string, Draw])[] = [
  ["input", (b) => (b.inRegion ? null : b.input(anyType(b)))],
  ["param", (b) => (b.inRegion ? null : b.param({ dtype: "f32", shape: b.shape() }))],
  ["state", (b) => (b.inRegion ? null : b.state(anyType(b)))],
  [
    "constant",
    (b) => {
      const type = anyType(b);
      return b.constant(type, b.number(type.dtype));
    },
  ],
  ["gradient", () => null],
  // Created with the region of a loop.
  ["carry", () => null],
];

/** Draws of ops that need particular operands, or have regions. */
const particular: ReadonlyMap<string, Draw> = new Map([
  ...leafDraws,
  ...pointwiseDraws,
  ...movementDraws,
  ...reduceDraws,
  ...contractDraws,
  ...windowDraws,
  ...controlDraws,
]);

/** The draw of each op: by its entry, unless it has a particular one. */
export const draws: ReadonlyMap<string, Draw> = new Map(
  [...ops.values()].map((op) => [op.name, particular.get(op.name) ?? entryDraw(op)]),
);

/** Weights of ops, by default 1. Discontinuous ops are rare: near a jump the result depends on rounding. */
const weights: Readonly<Record<string, number>> = {
  ...{
    add: 6,
    mul: 5,
    sub: 3,
    div: 2,
    rem: 2,
    max: 2,
    min: 1.5,
    tanh: 2,
    dot: 7,
    conv: 4,
    broadcast: 3,
    reshape: 3,
    transpose: 3,
    reduce_sum: 3,
  },
  ...{
    slice: 2,
    pad: 2,
    concat: 2,
    select: 2,
    convert: 2,
    scan: 5,
    cond: 2.5,
    while: 1.5,
    checkpoint: 2,
    floor: 0.4,
    ceil: 0.4,
    round: 0.4,
    trunc: 0.4,
    sign: 0.5,
  },
  ...{
    eq: 0.4,
    ne: 0.4,
    argmax: 0.6,
    argmin: 0.6,
    argsort: 1.5,
    input: 0.5,
    param: 0.5,
    state: 0.5,
    constant: 0.5,
    gradient: 0,
    carry: 0,
    conv_input_gradient: 2,
  },
};

/** Draws of several ops: patterns that rewrites and passes match. */
export const composed: readonly (readonly [weight: number, Draw])[] = [
  ...identityDraws,
  ...patternDraws,
  ...longSumDraws,
  ...trapDraws,
];

/** The weight of identities, relative to single ops and patterns. */
const identityShare = 0.8;

interface Choice {
  readonly draws: readonly Draw[];
  /** Cumulative weights. */
  readonly until: Float64Array;
}

function choiceOf(list: readonly (readonly [weight: number, draw: Draw])[]): Choice {
  let total = 0;
  return { draws: list.map(([, draw]) => draw), until: Float64Array.from(list, ([weight]) => (total += weight)) };
}

const isExact = (name: string): boolean => opNamed(ops, name)?.exact === true;
const single = [...draws].map(([name, draw]): readonly [number, Draw, string] => [weights[name] ?? 1, draw, name]);
const scaled = (list: readonly (readonly [number, Draw])[], share: number): (readonly [number, Draw])[] =>
  list.map(([weight, draw]) => [weight * share, draw]);
const plain = single.map(([weight, draw]): readonly [number, Draw] => [weight, draw]);
const exact = single
  .filter(([, , name]) => isExact(name))
  .map(([weight, draw]): readonly [number, Draw] => [weight, draw]);
const choices = {
  plain: choiceOf([...plain, ...scaled(identityDraws, identityShare), ...patternDraws, ...longSumDraws, ...trapDraws]),
  special: choiceOf([...exact, ...scaled(identityDraws, identityShare), ...patternDraws, ...trapDraws]),
};

function drawn(r: Random, { draws: list, until }: Choice): Draw {
  const target = r.next() * (until[until.length - 1] ?? 0);
  let low = 0;
  let high = until.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((until[middle] ?? 0) > target) high = middle;
    else low = middle + 1;
  }
  return list[low] ?? (() => null);
}

const controls = controlDraws.map(([, draw]) => draw);

function step(b: Grower): void {
  const { often } = b.plan;
  if (often !== null && b.r.chance(0.6)) b.grow(b.inRegion || b.r.chance(0.7) ? often : b.r.pick(controls));
  else b.grow(drawn(b.r, b.special ? choices.special : choices.plain));
}
inside.step = step;

function planOf(r: Random, { trains, special, most = 40, often }: Kind): Plan {
  const dims = [...iota(3).map(() => drawDim(r)), ...(r.chance(0.03) ? [0] : [])];
  return {
    r,
    special,
    trains: trains && !special,
    wide: r.chance(0.03),
    dims,
    most,
    often: often ?? null,
    made: 0,
    refused: false,
    leaves: 0,
  };
}

/** A random graph, deterministic in seed and kind. */
export function generate(seed: number, kind: Kind): Graph {
  const r = new Random(seed * 4 + (kind.trains ? 1 : 0) + (kind.special ? 2 : 0));
  const plan = planOf(r, kind);
  const b = new Grower(plan);
  for (const _ of iota(r.between(1, 2))) b.pool.push(b.fresh({ dtype: "f32", shape: b.shape() }));
  if (r.chance(0.25)) b.pool.push(b.fresh(anyType(b)));
  if (plan.wide) b.pool.push(b.input({ dtype: "f64", shape: b.shape() }));
  if (plan.trains) b.pool.push(b.param({ dtype: "f32", shape: b.shape(1) }));
  plan.refused = false;
  const wanted = Math.min(plan.most, 1 + Math.floor(-Math.log(1 - r.next()) * 5.5));
  for (let tries = 0; plan.made < wanted && tries < 20 + 8 * wanted; tries++) step(b);
  while (plan.made === 0)
    b.grow(({ pool }) =>
      b.call("neg", [pool.find(({ type }) => isFloat(type)) ?? b.fresh({ dtype: "f32", shape: [] })]),
    );
  finish(b);
  if (plan.trains) train(b);
  return b.g.build();
}

/** Adds outputs, mostly of unused values, and new values of states. */
function finish(b: Grower): void {
  const { r, g } = b;
  const used = new Set(g.nodes.flatMap(({ operands }) => operands));
  const made = b.pool.filter(({ node }) => node.op.form.kind !== "leaf");
  const open = r.shuffled(made.filter((value) => !used.has(value)));
  const outputs = [
    ...open.slice(0, r.chance(0.85) ? 8 : r.between(1, 3)),
    ...(open.length === 0 || r.chance(0.25) ? r.shuffled(made).slice(0, 1) : []),
    ...(r.chance(0.03) ? b.pool.slice(0, 1) : []),
  ];
  outputs.forEach((value, index) => g.output(`y${index}`, value));
  for (const { attrs, results } of g.nodes.filter(({ op }) => op.name === "state")) {
    const path = String(attrs["path"]);
    for (const value of results) if (r.chance(0.6)) g.write(path, nextState(b, path, value));
  }
}

function nextState(b: Grower, path: string, value: Value): Value {
  const half = (x: Value): Value => b.call("mul", [x, b.like(x, 0.5)]);
  const room = b.plan.most - b.plan.made;
  if (room < 3) return value;
  if (path.endsWith(".var")) return half(b.call("add", [value, half(value)]));
  const found = b.r.chance(0.7) ? b.find((other) => other !== value && sameType(other.type, value.type)) : null;
  if (found !== null && b.r.chance(0.6)) return found;
  return isFloat(value.type) ? b.call("add", [half(value), half(b.value(value.type, 1))]) : b.value(value.type, 1);
}

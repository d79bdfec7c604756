// Appends a loss, its gradient and an optimizer's step as ops.
import type { Value } from "../../../compiler/graph/ir.ts";
import type { Grower } from "./grower.ts";
import { isFloat } from "./grower.ts";
import { at, iota } from "./random.ts";

const scalar = { dtype: "f32", shape: [] } as const;

/** Values that depend on a param. */
function trained(b: Grower): ReadonlySet<Value> {
  const found = new Set<Value>();
  for (const { op, operands, results } of b.g.nodes)
    if (op.name === "param" || operands.some((value) => found.has(value)))
      for (const value of results) found.add(value);
  return found;
}

/** The sum of tanh over the elements of a value. */
function term(b: Grower, x: Value): Value {
  const small = b.call("tanh", [b.tame(x, 8)]);
  const summed =
    small.type.shape.length === 0 ? small : b.call("reduce_sum", [small], { axes: iota(x.type.shape.length) });
  return x.type.dtype === "f32" ? summed : b.call("convert", [summed], { dtype: "f32" });
}

function lossOf(b: Grower): Value {
  const { r } = b;
  const matters = trained(b);
  const used = new Set(b.g.nodes.flatMap(({ operands }) => operands));
  const able = b.pool.filter(
    (value) => isFloat(value.type) && matters.has(value) && value.node.op.form.kind !== "leaf",
  );
  const last = able.filter((value) => !used.has(value));
  const chosen = [
    ...r.shuffled(last).slice(0, 3),
    ...(last.length === 0 || r.chance(0.3) ? r.shuffled(able).slice(0, 1) : []),
  ];
  const terms = (chosen.length > 0 ? chosen : [b.find(({ node }) => node.op.name === "param") ?? b.param(scalar)]).map(
    (value) => term(b, value),
  );
  const total = terms.reduce((a, c) => b.call("add", [a, r.chance(0.3) ? b.call("mul", [c, b.like(c, 0.5)]) : c]));
  return r.chance(0.2) ? b.call("mul", [total, b.like(total, 0.25)]) : total;
}

interface Target {
  readonly path: string;
  readonly value: Value;
}

type Optimizer = (b: Grower, target: Target, gradient: Value) => void;

const times = (b: Grower, x: Value, factor: number): Value => b.call("mul", [x, b.like(x, factor)]);
const slot = (b: Grower, { path, value }: Target, name: string): Value => b.g.state(`${path}.${name}`, value.type);
const step = (b: Grower, { path, value }: Target, direction: Value, rate: number): void =>
  b.g.write(path, b.call("sub", [value, times(b, direction, rate)]));

const sgd: Optimizer = (b, target, gradient) => step(b, target, gradient, 0.125);

const momentum: Optimizer = (b, target, gradient) => {
  const next = b.call("add", [times(b, slot(b, target, "m"), 0.9), gradient]);
  b.g.write(`${target.path}.m`, next);
  step(b, target, next, 0.0625);
};

/**
 * D. Kingma and J. Ba, "Adam: a method for stochastic optimization", 2015, algorithm 1; a step counter for each param.
 */
const adam: Optimizer = (b, target, gradient) => {
  const mix = (name: string, x: Value, keep: number): Value => {
    const next = b.call("add", [times(b, slot(b, target, name), keep), times(b, x, 1 - keep)]);
    b.g.write(`${target.path}.${name}`, next);
    return next;
  };
  const [m, v] = [mix("m", gradient, 0.9), mix("v", b.call("mul", [gradient, gradient]), 0.99)];
  const count = b.g.state(`${target.path}.t`, scalar);
  const steps = b.call("add", [count, b.like(count, 1)]);
  b.g.write(`${target.path}.t`, steps);
  const corrected = (x: Value, keep: number): Value => {
    const rest = b.call("sub", [b.like(steps, 1), b.call("pow", [b.like(steps, keep), steps])]);
    return b.call("div", [x, b.call("broadcast", [rest], { shape: x.type.shape, dims: [] })]);
  };
  const size = b.call("sqrt", [corrected(v, 0.99)]);
  step(b, target, b.call("div", [corrected(m, 0.9), b.call("add", [size, b.like(size, 0.01)])]), 0.01);
};

/** Whether the row of each element has a gradient. */
function movingRows(b: Grower, gradient: Value): Value {
  const { shape } = gradient.type;
  const differs = b.call("ne", [gradient, b.like(gradient, 0)]);
  if (shape.length < 2) return differs;
  const most = b.call("reduce_max", [b.call("convert", [differs], { dtype: "i32" })], {
    axes: iota(shape.length).slice(1),
  });
  return b.call("broadcast", [b.call("gt", [most, b.like(most, 0)])], { shape, dims: [0] });
}

/** Adam that moves only the rows with a gradient: neither they nor their slots decay in the others. */
const lazyAdam: Optimizer = (b, target, gradient) => {
  const moves = movingRows(b, gradient);
  const mix = (name: string, x: Value, keep: number): Value => {
    const old = slot(b, target, name);
    const next = b.call("select", [moves, b.call("add", [times(b, old, keep), times(b, x, 1 - keep)]), old]);
    b.g.write(`${target.path}.${name}`, next);
    return next;
  };
  const [m, v] = [mix("m", gradient, 0.9), mix("v", b.call("mul", [gradient, gradient]), 0.99)];
  const size = b.call("sqrt", [v]);
  const direction = b.call("div", [m, b.call("add", [size, b.like(size, 0.01)])]);
  const moved = b.call("sub", [target.value, times(b, direction, 0.01)]);
  b.g.write(target.path, b.call("select", [moves, moved, target.value]));
};

/** The gradient of the loss plus a penalty on the squares of its gradient. */
function secondOrder(b: Grower, loss: Value, targets: readonly Value[], gradients: readonly Value[]): readonly Value[] {
  const squares = gradients
    .map((value) => term(b, b.call("mul", [value, value])))
    .reduce((a, c) => b.call("add", [a, c]));
  return b.all("gradient", [b.call("add", [loss, times(b, squares, 0.1)]), ...targets]);
}

export function train(b: Grower): void {
  const { r, g } = b;
  const loss = lossOf(b);
  if (r.chance(0.7)) g.output("loss", loss);
  const params = g.nodes
    .filter(({ op }) => op.name === "param")
    .map(({ attrs, results }): Target => ({ path: String(attrs["path"]), value: at(results, 0) }));
  const given = r.chance(0.2) ? g.inputs.filter(({ type }) => isFloat(type)).slice(0, 2) : [];
  // Sometimes also of an intermediate value: passes must keep it until the gradient is expanded.
  const between = r.chance(0.08) ? b.find(({ type, node }) => isFloat(type) && node.op.form.kind !== "leaf") : null;
  const inputs = between === null ? given : [...given, between];
  const targets = [...params.map(({ value }) => value), ...inputs];
  const control = g.nodes.some(({ regions }) => regions.length > 0);
  const first = b.all("gradient", [loss, ...targets]);
  const again = !control && b.plan.made <= 16 && r.chance(0.04);
  const gradients = again ? secondOrder(b, loss, targets, first) : first;
  const optimizer = r.pick([sgd, sgd, momentum, adam, lazyAdam]);
  params.forEach((target, index) => optimizer(b, target, at(gradients, index)));
  inputs.forEach((_, index) => g.output(`dx${index}`, at(gradients, params.length + index)));
}

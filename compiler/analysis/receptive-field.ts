// The elements of an input on which one element of a value depends, per axis. Dependence of the computation: a product
// with a weight of 0 counts, and so does all that an index computed from data, or a sum or sort along the axis, may
// reach.
import { carryIndices, regionOf, scanParts } from "../graph/regions.ts";
import { intAttr, siteOf } from "../graph/facts.ts";
import type { Contraction, Site } from "../graph/op.ts";
import type { Graph, Node, Value } from "../graph/ir.ts";
import { rebuild } from "../graph/rebuild.ts";
import { ExprMethods } from "../kernel/expr-methods.ts";
import { f32, i32, registerOf, type Expr } from "../kernel/ir.ts";
import { int } from "../kernel/fold.ts";
import { mapExpr, some } from "../kernel/walk.ts";
import { at, iota, product } from "../support/lists.ts";
import { type Shape, strides } from "../types/tensor-type.ts";

/** Indices along each axis: the elements at all their combinations. Other sets of elements are enlarged to this. */
export type Need = readonly ReadonlySet<number>[];

type Needs = Map<Value, Need>;

const whole = (shape: Shape): Need => shape.map((size) => new Set(iota(size)));
const isNothing = (need: Need): boolean => need.some((indices) => indices.size === 0);

function add(needs: Needs, value: Value, need: Need): void {
  if (isNothing(need)) return;
  const known = needs.get(value);
  needs.set(value, known === undefined ? need : need.map((indices, axis) => new Set([...at(known, axis), ...indices])));
}

/** What the element of `output` at this index needs of the inputs of the graph. */
export function neededInputs(graph: Graph, output: Value, index: readonly number[]): ReadonlyMap<Value, Need> {
  return needsIn(graph, new Map([[output, index.map((i) => new Set([i]))]]));
}

/**
 * The graph without ops that have no kernel: convolutions with padding become ones without. Inputs and outputs keep
 * their order.
 */
export function loweredForNeeds(graph: Graph): Graph {
  const next = rebuild(
    graph,
    (g, { op, attrs, results }, operands) =>
      op.lower?.(g, op, { operands, attrs, results: results.map(({ type }) => type) }) ?? null,
  );
  return next === graph ? graph : loweredForNeeds(next);
}

function needsIn(graph: Graph, exits: ReadonlyMap<Value, Need>): Needs {
  const needs: Needs = new Map(exits);
  for (const node of graph.nodes.toReversed()) if (node.results.some((value) => needs.has(value))) visit(node, needs);
  return needs;
}

/** Adds what the results of a node need of its operands. */
function visit(node: Node, needs: Needs): void {
  const { op, operands, results } = node;
  const { form } = op;
  const site = siteOf(node);
  const all = (): void => operands.forEach((value) => add(needs, value, whole(value.type.shape)));
  if (form.kind === "scan") return scan(node, needs);
  if (form.kind === "cond") {
    const [condition, ...others] = operands;
    if (condition !== undefined) add(needs, condition, []);
    return [0, 1].forEach((index) => region(regionOf(node, index), others, node, needs));
  }
  if (form.kind === "inline") return region(regionOf(node, 0), operands, node, needs);
  for (const result of results) {
    const need = needs.get(result);
    if (need === undefined) continue;
    const read = (k: number, wanted: Need): void => add(needs, at(operands, k), wanted);
    switch (form.kind) {
      case "pointwise":
        operands.forEach((value) => add(needs, value, need));
        break;
      case "view":
        read(0, reshaped(need, result.type.shape, at(operands, 0).type.shape));
        break;
      case "map":
      case "reduce":
        reads(form, site, need).forEach(([k, wanted]) => read(k, wanted));
        break;
      case "pieces":
        for (const { operand, start, stride } of form.pieces(site)) {
          const { shape } = at(operands, operand).type;
          const along = (size: number, axis: number): ReadonlySet<number> =>
            new Set(iota(size).filter((i) => at(need, axis).has(at(start, axis) + i * at(stride, axis))));
          read(operand, shape.map(along));
        }
        break;
      case "lines":
        operands.forEach((value) => {
          add(
            needs,
            value,
            need.map((indices, axis) =>
              axis === form.axis(site) ? new Set(iota(at(value.type.shape, axis))) : indices,
            ),
          );
        });
        break;
      case "contract": {
        const contraction = form.contraction(site);
        if (contraction === null) all();
        else factors(contraction, need, result.type.shape, operands).forEach((wanted, k) => read(k, wanted));
        break;
      }
      default:
        all();
    }
  }
}

// Index expressions
// ---------------------------------------------------------------------------------------------------------------------

/** Builds expressions without names for parts of them. What is computed from data is a variable without a known set. */
class Indices extends ExprMethods {
  let(value: Expr): Expr {
    return value;
  }
  call(): Expr {
    return { kind: "var", type: f32, name: "data" };
  }
}

const variable = (name: string): Expr => ({ kind: "var", type: i32, name });

/** The reads of an op whose result has these needs. */
function reads(
  form: Extract<Node["op"]["form"], { kind: "map" | "reduce" }>,
  site: Site,
  need: Need,
): readonly (readonly [operand: number, Need])[] {
  const found: (readonly [number, Need])[] = [];
  const sets = new Map(need.map((indices, axis) => [`i${axis}`, indices]));
  const read = (operand: number, index: readonly Expr[]): Expr => {
    const { dtype, shape } = at(site.operands, operand);
    found.push([operand, index.map((expr, axis) => valuesOf(expr, sets, at(shape, axis)))]);
    return { kind: "var", type: { scalar: dtype === "f64" ? "f32" : registerOf(dtype), lanes: 1 }, name: "data" };
  };
  const k = new Indices();
  const index = need.map((_, axis) => variable(`i${axis}`));
  if (form.kind === "map") form.element(k, index, read, site);
  else {
    const extents = form.extents(site);
    extents.forEach((size, axis) => sets.set(`r${axis}`, new Set(iota(size))));
    const acc = site.results.map(({ dtype }): Expr => ({
      kind: "var",
      type: { scalar: dtype === "f64" ? "f32" : registerOf(dtype), lanes: 1 },
      name: "data",
    }));
    form.step(
      k,
      acc,
      index,
      extents.map((_, axis) => variable(`r${axis}`)),
      read,
      site,
    );
  }
  return found;
}

/** More combinations than an index along one axis has. */
const mostCombinations = 100_000;

/** The values within an axis that an index takes; all if it is computed from data. */
function valuesOf(expr: Expr, sets: ReadonlyMap<string, ReadonlySet<number>>, size: number): ReadonlySet<number> {
  const names = new Set<string>();
  const isKnown = !some(expr, (part) => {
    if (part.kind === "var") names.add(part.name);
    return part.kind === "load" || part.kind === "register" || (part.kind === "var" && !sets.has(part.name));
  });
  const known = [...names].map((name) => sets.get(name) ?? new Set<number>());
  const everything = new Set(iota(size));
  if (!isKnown || product(known.map((set) => set.size)) > mostCombinations) return everything;
  const values = new Set<number>();
  for (const combination of combinations(known)) {
    const numbers = new Map([...names].map((name, k) => [name, at(combination, k)]));
    const value = mapExpr(expr, (part) => (part.kind === "var" ? int(numbers.get(part.name) ?? 0) : part));
    if (value.kind !== "const") return everything;
    if (value.value >= 0 && value.value < size) values.add(value.value);
  }
  return values;
}

/** One element of each set, in all ways. */
function* combinations(sets: readonly ReadonlySet<number>[]): Generator<readonly number[]> {
  const [first, ...rest] = sets;
  if (first === undefined) yield [];
  else for (const i of first) for (const others of combinations(rest)) yield [i, ...others];
}

/** The same elements in the same order under another shape. */
function reshaped(need: Need, from: Shape, to: Shape): Need {
  if (need.every((indices, axis) => indices.size === from[axis])) return whole(to);
  const [steps, newSteps] = [strides(from), strides(to)];
  const found = to.map(() => new Set<number>());
  for (const index of combinations(need)) {
    const position = index.reduce((sum, i, axis) => sum + i * at(steps, axis), 0);
    found.forEach((indices, axis) => indices.add(Math.floor(position / at(newSteps, axis)) % at(to, axis)));
  }
  return found;
}

// Contractions
// ---------------------------------------------------------------------------------------------------------------------

/** The needs of both factors. A dim moves along one axis of each tensor; in a convolution, two along the same one. */
function factors({ dims }: Contraction, need: Need, shape: Shape, operands: readonly Value[]): readonly Need[] {
  const used = dims.map(({ size, out }) => (out === 0 || size === 1 ? new Set(iota(size)) : new Set<number>()));
  for (const [axis, movers] of moversOf(
    dims.map(({ out }) => out),
    shape,
  ).entries())
    for (const index of combinations(movers.map(({ dim }) => new Set(iota(at(dims, dim).size)))))
      if (at(need, axis).has(index.reduce((sum, i, k) => sum + i * at(movers, k).step, 0)))
        movers.forEach(({ dim }, k) => at(used, dim).add(at(index, k)));
  return (["lhs", "rhs"] as const).map((side, k) => {
    const operand = at(operands, k).type.shape;
    return moversOf(
      dims.map((dim) => dim[side]),
      operand,
    ).map((movers, axis) => {
      const found = new Set<number>();
      for (const index of combinations(movers.map(({ dim }) => at(used, dim))))
        found.add(index.reduce((sum, i, j) => sum + i * at(movers, j).step, 0));
      return new Set([...found].filter((i) => i < at(operand, axis)));
    });
  });
}

/** For each axis of a tensor, the dims that move along it, and by how many items. */
function moversOf(steps: readonly number[], shape: Shape): readonly (readonly { dim: number; step: number }[])[] {
  const units = strides(shape);
  return shape.map((size, axis) =>
    steps.flatMap((step, dim) =>
      step >= at(units, axis) && step < at(units, axis) * size ? [{ dim, step: step / at(units, axis) }] : [],
    ),
  );
}

// Regions
// ---------------------------------------------------------------------------------------------------------------------

/** A region that runs once: its inputs are the operands, its outputs the results. */
function region(body: Graph, operands: readonly Value[], node: Node, needs: Needs): void {
  const exits: Needs = new Map();
  body.outputs.forEach(({ value }, k) => {
    const need = needs.get(at(node.results, k));
    if (need !== undefined) add(exits, value, need);
  });
  const inner = needsIn(body, exits);
  body.inputs.forEach((value, k) => {
    const need = inner.get(value);
    if (need !== undefined) add(needs, at(operands, k), need);
  });
}

/** A loop, from its last iteration to the first. */
function scan(node: Node, needs: Needs): void {
  const body = regionOf(node, 0);
  const { carries, sequences, invariants } = scanParts(node.operands, node.attrs);
  const length = intAttr(node.attrs, "length");
  let after = body.carries.map((_, k) => needs.get(at(node.results, k)));
  const iterations = node.attrs["reverse"] === true ? iota(length) : iota(length).toReversed();
  const indices = carryIndices(body);
  for (const iteration of iterations) {
    const exits: Needs = new Map();
    body.outputs.forEach(({ value }, k) => {
      const need = needs.get(at(node.results, carries.length + k));
      if (need !== undefined && at(need, 0).has(iteration)) add(exits, value, need.slice(1));
    });
    body.carries.forEach(({ next }, k) => {
      const need = after[k];
      if (need !== undefined) add(exits, next, need);
    });
    const inner = needsIn(body, exits);
    body.inputs.forEach((value, k) => {
      const need = inner.get(value);
      if (need === undefined) return;
      const sequence = sequences[k];
      if (sequence === undefined) add(needs, at(invariants, k - sequences.length), need);
      else add(needs, sequence, [new Set([iteration]), ...need]);
    });
    const before: (Need | undefined)[] = body.carries.map(() => undefined);
    for (const [leaf, k] of indices) before[k] = inner.get(at(leaf.results, 0));
    after = before;
  }
  carries.forEach((value, k) => {
    const need = after[k];
    if (need !== undefined) add(needs, value, need);
  });
}

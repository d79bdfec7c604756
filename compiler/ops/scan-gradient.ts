/**
 * The gradient of a scan is a scan in the other direction. The forward scan also returns the carries at the start of
 * each iteration and the products of each iteration; the backward body starts from an iteration's carries and items,
 * recomputes its cheap part, and propagates the gradients through it. So the code does not depend on the number of
 * iterations, and expensive values are not computed twice. The gradients of the carries are carries; those of sequences
 * are stacked; those of invariants are summed over the iterations in separate carries (Griewank and Walther, Evaluating
 * Derivatives, 2008, chapter 12).
 */
import { activeValues, pullBack } from "../graph/autodiff.ts";
import type { GraphBuilder } from "../graph/build.ts";
import { nameOf, resultOf } from "../graph/facts.ts";
import { inlineRegion, RegionBuilder } from "../graph/inline.ts";
import type { Graph, Node, Value } from "../graph/ir.ts";
import type { GradientSite } from "../graph/op.ts";
import { dropDead, rebuild } from "../graph/rebuild.ts";
import { scanParts } from "../graph/regions.ts";
import { at } from "../support/lists.ts";
import { isFloat } from "../types/tensor-type.ts";
import { regionOf } from "./control-conditions.ts";
import { inputNames } from "./control-gradient.ts";
import { range } from "./lists.ts";

export function scanGradient(g: GraphBuilder, site: GradientSite): readonly (Value | null)[] {
  const { operands, grads, attrs, wanted } = site;
  const body = regionOf(site.regions, 0);
  const { carries, sequences, invariants } = scanParts(operands, attrs);
  const count = carries.length;
  const wants = scanParts(wanted, attrs);
  const active = activeCarries(body, wanted.slice(0, count), wanted.slice(count));
  const summed = range(invariants.length).filter((index) => at(wants.invariants, index));
  const yielded = range(body.outputs.length).filter((index) => grads[count + index] !== null);
  const saved = expensive(body);

  const forward = g.callAll("scan", operands, attrs, [withSaved(g, body, carries, saved)]);
  const kept = forward.slice(count + body.outputs.length);
  const backward = backwardBody(g, {
    body,
    carries,
    sequences,
    invariants,
    active,
    summed,
    yielded,
    saved,
    wanted: wants.sequences,
  });
  const starts = [
    ...active.map((index) => grads[index] ?? g.zeros(at(carries, index).type)),
    ...summed.map((index) => g.zeros(at(invariants, index).type)),
  ];
  const items = [...sequences, ...kept, ...yielded.flatMap((index) => grads[count + index] ?? [])];
  const results = g.callAll(
    "scan",
    [...starts, ...items, ...invariants],
    { ...attrs, carries: starts.length, sequences: items.length, reverse: attrs["reverse"] !== true },
    [backward],
  );
  const stacked = range(sequences.length).filter((index) => at(wants.sequences, index));
  const find = (list: readonly number[], index: number, first: number): Value | null =>
    list.includes(index) ? at(results, first + list.indexOf(index)) : null;
  return [
    ...carries.map((_, index) => find(active, index, 0)),
    ...sequences.map((_, index) => find(stacked, index, starts.length)),
    ...invariants.map((_, index) => find(summed, index, active.length)),
  ];
}

/** Carries that depend on the targets of the gradient, in any iteration. */
function activeCarries(
  body: Graph,
  wantedCarries: readonly boolean[],
  wantedInputs: readonly boolean[],
): readonly number[] {
  const active = new Set(range(wantedCarries.length).filter((index) => wantedCarries[index] === true));
  for (let before = -1; before !== active.size;) {
    before = active.size;
    const starts = body.carries.filter((_, index) => active.has(index)).map(({ value }) => value);
    const values = activeValues(body.nodes, [
      ...body.inputs.filter((_, index) => wantedInputs[index] === true),
      ...starts,
    ]);
    for (const [index, { next }] of body.carries.entries()) if (values.has(next)) active.add(index);
  }
  return [...active].toSorted((a, b) => a - b);
}

/**
 * Products and convolutions: their results are stored for the backward pass; the rest of an iteration is recomputed.
 */
const expensive = (body: Graph): readonly Node[] =>
  body.nodes.filter(
    ({ op, results }) => op.form.kind === "contract" && results.every(({ type }) => isFloat(type.dtype)),
  );

/** The body that also returns the carries before the iteration, and the results of the nodes to store. */
function withSaved(g: GraphBuilder, body: Graph, carries: readonly Value[], saved: readonly Node[]): Graph {
  const b = new RegionBuilder(body.name, g);
  const names = inputNames(body);
  const inputs = body.inputs.map(({ type }, index) => b.input(at(names, index), type));
  const before = b.carriesLike(body);
  const inner = inlineRegion(b.g, body, inputs, before);
  body.outputs.forEach(({ name }, index) => b.output(name, at(inner.outputs, index)));
  before.forEach((value) => b.output(nameOf(value), value));
  saved.flatMap(({ results }) => results).forEach((value) => b.output("kept", inner.now(value)));
  inner.carries.forEach((value, index) => b.next(index, value));
  return b.build();
}

interface Backward {
  readonly body: Graph;
  readonly carries: readonly Value[];
  readonly sequences: readonly Value[];
  readonly invariants: readonly Value[];
  /**
   * Carries and invariants that have a gradient, outputs with an incoming gradient, and sequences whose gradient is
   * wanted.
   */
  readonly active: readonly number[];
  readonly summed: readonly number[];
  readonly yielded: readonly number[];
  readonly wanted: readonly boolean[];
  readonly saved: readonly Node[];
}

/**
 * One backward iteration. Its inputs are the items of the sequences, the carries before the iteration, its stored
 * values, the gradients of its outputs, and the invariants.
 */
function backwardBody(
  g: GraphBuilder,
  { body, carries, sequences, invariants, active, summed, yielded, saved, wanted }: Backward,
): Graph {
  const b = new RegionBuilder(body.name, g);
  const names = inputNames(body);
  const items = sequences.map((_, index) => b.input(at(names, index), at(body.inputs, index).type));
  const before = body.carries.map(({ value }) => b.input(nameOf(value), value.type));
  const kept = saved.map(({ results }) => results.map(({ type }) => b.input("kept", type)));
  const douts = yielded.map((index) => b.input("dy", at(body.outputs, index).value.type));
  const fixed = invariants.map(({ type }, index) => b.input(at(names, sequences.length + index), type));

  const iteration = inlineRegion(b.g, body, [...items, ...fixed], before);
  const dnext = active.map((index) => b.carry(`d_${nameOf(at(body.carries, index).value)}`, at(carries, index).type));
  const seeds = [
    ...active.map((index, k) => ({ value: at(iteration.carries, index), grad: at(dnext, k) })),
    ...yielded.map((index, k) => ({ value: at(iteration.outputs, index), grad: at(douts, k) })),
  ];
  const starts = active.map((index) => at(before, index));
  const ends = [...items.filter((_, index) => at(wanted, index)), ...summed.map((index) => at(fixed, index))];
  const flows = pullBack(b.g, seeds, [...starts, ...ends]);
  starts.forEach(({ type }, k) => b.next(k, flows[k] ?? b.g.zeros(type)));
  const stacked = ends.length - summed.length;
  ends.slice(0, stacked).forEach(({ type }, index) => b.output("dx", flows[starts.length + index] ?? b.g.zeros(type)));
  ends.slice(stacked).forEach((value, index) => {
    const sum = b.carry(`d_${nameOf(value)}`, value.type);
    const flow = flows[starts.length + stacked + index] ?? null;
    if (flow !== null) b.next(active.length + index, b.g.add(sum, flow));
  });

  const known = new Map(saved.map((node, index) => [iteration.now(resultOf(node)).node, at(kept, index)]));
  return dropDead(rebuild(b.build(), (_, node) => known.get(node) ?? null));
}

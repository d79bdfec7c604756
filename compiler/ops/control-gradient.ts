// Gradients of the ops that run a region once.
import { pullBack, type Seed } from "../graph/autodiff.ts";
import type { GraphBuilder } from "../graph/build.ts";
import { inlineRegion, RegionBuilder } from "../graph/inline.ts";
import type { Graph, Value } from "../graph/ir.ts";
import type { GradientSite } from "../graph/op.ts";
import { stringAttr } from "../graph/facts.ts";
import { isFloat } from "../types/tensor-type.ts";
import { regionOf } from "./control-conditions.ts";
import { nth, range } from "./lists.ts";

type Grads = readonly (Value | null)[];

const pick = (values: readonly Value[], indices: readonly number[]): readonly Value[] =>
  values.filter((_, index) => indices.includes(index));

/** The names of a region's inputs, in order. */
export const inputNames = (region: Graph): readonly string[] =>
  region.inputs.map(({ node }) => stringAttr(node.attrs, "name"));

/** Indices of the operands whose gradient is wanted (`targets`), and of the results that have a gradient (`seeds`). */
const sites = ({
  wanted,
  grads,
}: GradientSite): { readonly targets: readonly number[]; readonly seeds: readonly number[] } => ({
  targets: range(wanted.length).filter((index) => wanted[index] === true),
  seeds: range(grads.length).filter((index) => grads[index] !== null),
});

const flowing = (grads: Grads): readonly Value[] => grads.filter((grad) => grad !== null);

/**
 * A region of the inputs, then the gradients of `results`: recomputes the region and returns the gradients of the
 * inputs `targets`, zeros where none flows.
 */
function backwardOf(region: Graph, g: GraphBuilder, targets: readonly number[], results: readonly number[]): Graph {
  const b = new RegionBuilder(region.name, g);
  const names = inputNames(region);
  const inputs = region.inputs.map(({ type }, index) => b.input(names[index] ?? "x", type));
  const douts = pick(
    region.outputs.map(({ value }) => value),
    results,
  ).map(({ type }) => b.input("dy", type));
  const { outputs } = inlineRegion(b.g, region, inputs);
  const seeds = pick(outputs, results).map((value, index): Seed[] =>
    douts.slice(index, index + 1).map((grad) => ({ value, grad })),
  );
  const wanted = pick(inputs, targets);
  pullBack(b.g, seeds.flat(), wanted).forEach((grad, index) => {
    const name = `d_${names[nth(targets, index)] ?? "x"}`;
    for (const { type } of wanted.slice(index, index + 1)) b.output(name, grad ?? b.g.zeros(type));
  });
  return b.build();
}

/** One gradient per operand: the results for the targets, null for the others. */
function spread(operands: readonly Value[], targets: readonly number[], results: readonly Value[]): Grads {
  return operands.map((_, index) => results[targets.indexOf(index)] ?? null);
}

/** A cond whose branches are the backward regions of both branches. */
export function condGradient(g: GraphBuilder, site: GradientSite): Grads {
  const { targets, seeds } = sites(site);
  const inner = targets.map((index) => index - 1);
  const regions = site.regions.map((region) => backwardOf(region, g, inner, seeds));
  return spread(site.operands, targets, g.callAll("cond", [...site.operands, ...flowing(site.grads)], {}, regions));
}

/** A new checkpoint, in which the body is recomputed and then differentiated. */
export function checkpointGradient(g: GraphBuilder, site: GradientSite): Grads {
  const { targets, seeds } = sites(site);
  const region = backwardOf(regionOf(site.regions, 0), g, targets, seeds);
  return spread(
    site.operands,
    targets,
    g.callAll("checkpoint", [...site.operands, ...flowing(site.grads)], {}, [region]),
  );
}

/**
 * The results of `backward`, inlined; the gradients of unused results are zeros. The second derivative is the
 * derivative of `backward`.
 */
export function customGradient(g: GraphBuilder, { operands, results, grads, regions }: GradientSite): Grads {
  const douts = results.flatMap(({ type }, index) => (isFloat(type.dtype) ? [grads[index] ?? g.zeros(type)] : []));
  const { outputs } = inlineRegion(g, regionOf(regions, 1), [...operands, ...results, ...douts]);
  const floats = range(operands.length).filter((index) =>
    operands.slice(index, index + 1).some(({ type }) => isFloat(type.dtype)),
  );
  return spread(operands, floats, outputs);
}

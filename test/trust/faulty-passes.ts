// Pipelines with one faulty pass, for tests.
import { makeNode } from "../../compiler/graph/build.ts";
import { splatValue } from "../../compiler/graph/facts.ts";
import type { Graph } from "../../compiler/graph/ir.ts";
import { annotate, rebuild } from "../../compiler/graph/rebuild.ts";
import { rewrite, ruleSet } from "../../compiler/graph/rules/rewrite.ts";
import { ops } from "../../compiler/ops/table.ts";
import type { Pass } from "../../compiler/passes/pass.ts";
import { stageNamesOf } from "../../compiler/passes/order.ts";
import { pipeline } from "../../compiler/pipeline.ts";

/** The pipeline with `fault` applied to the result of one stage. */
export function withFault(stage: string, fault: (graph: Graph) => Graph): readonly Pass[] {
  const at = stageNamesOf(pipeline).indexOf(stage);
  return pipeline.map((pass, index): Pass =>
    index === at ? { ...pass, run: (graph, options) => fault(pass.run(graph, options)) } : pass,
  );
}

/** `x - 1` becomes `1 - x`. */
export const swapConstantSubs = (graph: Graph): Graph =>
  rebuild(graph, (g, node, [x, y]) =>
    node.op.name === "sub" && x !== undefined && y !== undefined && splatValue(y) !== null ? [g.sub(y, x)] : null,
  );

/** The pipeline whose simplify has one more rule. */
export const withRule = (text: string): readonly Pass[] =>
  pipeline.map((pass): Pass =>
    pass.name === "simplify"
      ? { ...pass, run: (graph, options) => pass.run(rewrite(graph, ruleSet(ops, [text]), options.rewrites), options) }
      : pass,
  );

/** Every sum has this relative error. */
export const roundSums =
  (by: number) =>
  (graph: Graph): Graph =>
    rebuild(graph, (g, node, operands) => {
      if (node.op.name !== "reduce_sum") return null;
      const sum = makeNode(node.op, operands, node.attrs, node.provenance);
      g.nodes.push(sum);
      return sum.results.map((value) => g.mul(value, 1 + by));
    });

/** All pointwise results in scratch memory get offset 0. */
export const overlapScratch = (graph: Graph): Graph =>
  annotate(graph, ({ op, notes }) => ({
    ...notes,
    ...(notes.locations !== undefined &&
      op.form.kind === "pointwise" && {
        locations: notes.locations.map((location) =>
          location?.area === "scratch" ? { area: "scratch", offset: 0 } : location,
        ),
      }),
  }));

import { neededNodes } from "../../analysis/needed-nodes.ts";
import type { Graph, Node } from "../../graph/ir.ts";
import type { Context } from "../context.ts";
import { report } from "../errors.ts";

/**
 * A draw in a plain entry, whose calls are not counted: each call has the same numbers. Once for each entry, at the
 * first draw on which an output or a write depends.
 */
export function checkDraws(context: Context, graph: Graph): void {
  const { entry, counter } = context;
  if (counter !== null) return;
  const needed = neededNodes(graph);
  const span = drawsIn(graph).find((node) => needed.has(node))?.provenance.attribution.span;
  if (span === null || span === undefined) return;
  report(context, "W0641", span, `the entry \`${entry}\` draws the same random numbers at every call`, {
    help: `declare it as \`draw entry ${entry}\`, or draw numbers that stay in the initializer of a state`,
  });
}

const drawsIn = ({ nodes }: Graph): readonly Node[] =>
  nodes.flatMap((node) =>
    node.op.name === "threefry" && node.provenance.attribution.role === "random"
      ? [node]
      : node.regions.flatMap(drawsIn),
  );

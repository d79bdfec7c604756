// Rules that are not sentences: of any op of a form, of any number of operands, or with numbers to compute.
import { makeNode, type GraphBuilder } from "../build.ts";
import type { Graph, Node, Value } from "../ir.ts";
import { dropDead, rebuild } from "../rebuild.ts";

export interface LocalRule {
  readonly name: string;
  /** What takes the place of a node's only result, of the same type; null where the rule does not fire. */
  readonly apply: (g: GraphBuilder, node: Node) => Value | null;
  /** How often it has fired since the module was loaded; tests see to it that each one does. */
  fired: number;
}

export const localRule = (name: string, apply: LocalRule["apply"]): LocalRule => ({ name, apply, fired: 0 });

/** One sweep over the nodes in order, the first rule that fires for each; the graph itself if none does. */
export function applyLocalRules(graph: Graph, rules: readonly LocalRule[]): Graph {
  let fired = false;
  const swept = rebuild(graph, (g, node, operands) => {
    if (node.results.length !== 1) return null;
    const same = operands.every((value, index) => value === node.operands[index]);
    const current = same ? node : makeNode(node.op, operands, node.attrs, node.provenance, node.notes, node.regions);
    for (const rule of rules) {
      g.rule = rule.name;
      const value = rule.apply(g, current);
      if (value === null) continue;
      rule.fired++;
      fired = true;
      return [value];
    }
    return null;
  });
  return fired ? dropDead(swept) : graph;
}

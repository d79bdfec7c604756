// Rules as code, where the text form does not suffice: for all ops of a form, any number of operands, or computed
// numbers.
import type { GraphBuilder } from "../build.ts";
import type { Graph, Node, Value } from "../ir.ts";
import { dropDead, onOperands, rebuild } from "../rebuild.ts";
import { RewriteLog } from "./log.ts";

export interface LocalRule {
  readonly name: string;
  /** The replacement of a node's only result, of the same type; null if the rule does not fire. */
  readonly apply: (g: GraphBuilder, node: Node) => Value | null;
  /** The number of firings since the module was loaded; tests check that each rule fires. */
  fired: number;
}

export const localRule = (name: string, apply: LocalRule["apply"]): LocalRule => ({ name, apply, fired: 0 });

/**
 * One sweep over the nodes, in order; applies the first rule that fires to each, until the log is full. Returns the
 * graph itself if none fires.
 */
export function applyLocalRules(graph: Graph, rules: readonly LocalRule[], log = new RewriteLog()): Graph {
  let fired = false;
  const swept = rebuild(graph, (g, node, operands) => {
    if (node.results.length !== 1 || log.isFull) return null;
    const current = onOperands(node, operands);
    for (const rule of rules) {
      g.rule = rule.name;
      const value = rule.apply(g, current);
      if (value === null) continue;
      rule.fired++;
      log.add(rule.name);
      fired = true;
      return [value];
    }
    return null;
  });
  return fired ? dropDead(swept) : graph;
}

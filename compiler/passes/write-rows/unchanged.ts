import { GraphBuilder } from "../../graph/build.ts";
import { isInput, nameOf, splatValue } from "../../graph/facts.ts";
import type { Graph, Value } from "../../graph/ir.ts";
import { rewrite, rule, ruleSet } from "../../graph/rules/rewrite.ts";
import { ops } from "../../ops/table.ts";
import { at } from "../../support/lists.ts";
import { tensor } from "../../types/tensor-type.ts";
import { foldConstants } from "../fold-constants.ts";
import { simplify } from "../simplify/simplify.ts";
import { atRows, sourcesOf } from "./rows.ts";

/** Not an identity where the factor is infinite or NaN, so it is used to answer this question only. */
export const zeroRules = ruleSet(ops, [rule("x * 0 => 0", (m) => m.type("x").shape.length === 0)]);

/** Any number of rows would do. */
const count = 2;

/**
 * Whether a row of `value` is that of `old` where no source adds anything, whatever the other values are: its
 * expression, with zeros for the sources, simplifies to `old`.
 */
export function staysWithoutGradient(graph: Graph, old: Value, value: Value): boolean {
  const { row } = withoutGradient(graph, value, old);
  return isInput(row.node) && nameOf(row) === "old";
}

/** Whether a row of `value` depends on no table but those of the sources, and is 0 where no source adds anything. */
export function isZeroWithoutGradient(graph: Graph, value: Value): boolean {
  const { row, tables } = withoutGradient(graph, value, null);
  return tables === 0 && splatValue(row) === 0;
}

/** The expression of a row, simplified, and the number of other tables that it reads. */
function withoutGradient(
  graph: Graph,
  value: Value,
  old: Value | null,
): { readonly row: Value; readonly tables: number } {
  let tables = 0;
  const g = new GraphBuilder(graph.name, graph);
  g.derive(value.node.provenance);
  const unknown = (x: Value, shape = x.type.shape): Value =>
    g.input(x === old ? "old" : `x${g.inputs.length}`, tensor(x.type.dtype, shape));
  const wholes = new Map<Value, Value>();
  const known = new Map<Value, Value>();
  const few = (x: Value): readonly number[] => [count, ...x.type.shape.slice(1)];
  for (const source of sourcesOf(value))
    source.results.forEach((sum) => known.set(sum, g.constant(tensor(sum.type.dtype, few(sum)), 0)));
  g.output(
    "row",
    atRows(g, value, {
      count,
      known,
      given: (x) => {
        tables++;
        return unknown(x, few(x));
      },
      whole: (x) => {
        const splat = splatValue(x);
        const made = wholes.get(x) ?? (splat === null ? unknown(x) : g.constant(x.type, splat));
        wholes.set(x, made);
        return made;
      },
    }),
  );
  return { row: at(settled(g.build()).outputs, 0).value, tables };
}

/** What is left when no rule fires and nothing is known. */
function settled(graph: Graph): Graph {
  const next = foldConstants.run(rewrite(simplify.run(graph, {}), zeroRules), {});
  return next === graph ? graph : settled(next);
}

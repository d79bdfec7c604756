import type { Fact, Pass } from "../../compiler/passes/pass.ts";
import { nameOf, stageNamesOf } from "../../compiler/passes/order.ts";
import { order, pipeline } from "../../compiler/pipeline.ts";
import { code, generated, table } from "./markdown.ts";

/** The passes over a graph, in order. */
export function passesPage(): string {
  const passes: readonly Pass[] = pipeline;
  const stages = stageNamesOf(passes);
  const facts = (list: readonly Fact[]): string => list.join(", ");
  const distinct = [...new Set(passes)];
  return `${[
    "# Passes",
    generated("the pipeline, `compiler/pipeline.ts`"),
    "The passes run in this order. `dlc dump FILE --entry E --stage NAME` prints the graph after any of them, and `--without PASS` disables one (not those that later stages " +
      "need). A pass that runs several times has a number from its second position on.",
    table(
      ["stage", "what it does"],
      stages.map((name, i) => [code(name), passes[i]?.doc ?? ""]),
    ),
    "## What they rely on",
    "A pass states which facts about the graph it needs and which it makes true; the order is checked when the list loads, and tests verify each fact after each pass. An exact " +
      "pass changes no bit of an f32 result.",
    table(
      ["pass", "needs", "makes true", "exact"],
      distinct.map((pass) => [code(pass.name), facts(pass.needs), facts(pass.provides), pass.exact ? "yes" : "no"]),
    ),
    "## Why in this order",
    "Constraints beyond those facts; they are checked when the list loads, too.",
    table(
      ["runs first", "runs later", "because"],
      order.map(({ earlier, later, why }) => [code(nameOf(earlier)), code(nameOf(later)), why]),
    ),
  ].join("\n\n")}\n`;
}

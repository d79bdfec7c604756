import type { Fact, Pass } from "../../compiler/passes/pass.ts";
import { pipeline, stageNamesOf } from "../../compiler/pipeline.ts";
import { code, generated, table } from "./markdown.ts";

/** What happens to a graph, in order. */
export function passesPage(): string {
  const passes: readonly Pass[] = pipeline;
  const stages = stageNamesOf(passes);
  const facts = (list: readonly Fact[]): string => list.join(", ");
  const distinct = [...new Set(passes)];
  return `${[
    "# Passes",
    generated("the pipeline, `compiler/pipeline.ts`"),
    "A graph goes through these in order. `dlc dump FILE --entry E --stage NAME` prints it after any of them, and `--without PASS` leaves one out (not those that later steps rely " +
      "on). A pass that runs again has a number from its second place on.",
    table(
      ["stage", "what it does"],
      stages.map((name, i) => [code(name), passes[i]?.says ?? ""]),
    ),
    "## What they rely on",
    "A pass states which facts about the graph it needs, gives and breaks; the order is checked when the list loads, and tests verify each fact after each pass. An exact pass " +
      "changes no bit of an f32 result.",
    table(
      ["pass", "needs", "gives", "breaks", "exact"],
      distinct.map((pass) => [code(pass.name), facts(pass.needs), facts(pass.gives), facts(pass.breaks), pass.exact ? "yes" : "no"]),
    ),
  ].join("\n\n")}\n`;
}

import { opSignature } from "../../cli/host/op-page.ts";
import type { Op } from "../../compiler/graph/op.ts";
import { ops } from "../../compiler/ops/table.ts";
import { generated, sentence } from "./markdown.ts";

/** Every op of the graph, from the op table. */
export function opsPage(): string {
  return `${[
    "# Ops",
    generated("the op table, `compiler/ops/table.ts`"),
    `The ${ops.size} ops of the graph. A \`.dl\` file calls an op by its name, with its attributes as static arguments; as \`op.NAME\` if the library has ` +
      "another function of the same name. Each condition has a code, `<op>-<label>`, that `dlc explain` explains.",
    ...[...ops.values()].map(entry),
  ].join("\n\n")}\n`;
}

function entry(op: Op): string {
  const conditions = Object.entries(op.requires).map(([label, { message }]) => `- \`${op.name}-${label}\`: ${message}`);
  return [
    `## ${op.name}`,
    "",
    "```text",
    opSignature(op),
    "```",
    "",
    sentence(op.doc),
    "",
    ...(conditions.length > 0 ? ["Conditions:", "", ...conditions, ""] : []),
    `Form: ${op.form.kind}. ${op.gradient.kind === "rule" ? "Has a gradient" : `No gradient: ${op.gradient.why}`}. ${
      op.exact
        ? "Compiled code produces the bits of the reference."
        : "Compiled code may round in another order than the reference."
    }`,
  ].join("\n");
}

import { hostCodes, textCodes } from "../../cli/host/codes.ts";
import { codes as frontendCodes } from "../../compiler/frontend/errors.ts";
import { syntaxCodes } from "../../dsl/codes.ts";
import { generated, table } from "./markdown.ts";

const groups: readonly (readonly [prefix: string, title: string])[] = [
  ["E01", "The text"],
  ["E02", "Names"],
  ["E03", "Shapes and dtypes"],
  ["E04", "Calls"],
  ["E05", "Static values"],
  ["E06", "Gradients and training"],
  ["E07", "Data files"],
  ["E08", "Running a compiled model"],
  ["E09", "The compiler's options"],
  ["E10", "Commands"],
  ["ir", "Graphs as text"],
  ["kir", "Kernels as text"],
];

/** The index of all codes. */
export function diagnosticsPage(): string {
  const all = Object.entries({ ...syntaxCodes, ...frontendCodes, ...hostCodes, ...textCodes });
  const rows = (prefix: string): string[][] =>
    all
      .filter(([name]) => (prefix.startsWith("E") ? name.startsWith(prefix) : name.startsWith(`${prefix}-`)))
      .map(([name, says]) => [`[${name}](diagnostics/${name}.md)`, says]);
  return `${[
    "# Diagnostics",
    generated("the tables of codes"),
    "A mistake is shown with its code, its place, the other places that take part in it, and what would mend it. `dlc explain CODE` shows the page of a code. Codes keep their meaning " +
      "from version to version. The sentences are the rules; a diagnostic says how one was broken.",
    ...groups.flatMap(([prefix, title]) => [`## ${title}`, table(["code", "rule"], rows(prefix))]),
    "## Conditions of ops",
    "Each op says what it asks of its operands. The code is the name of the op and the label of the condition, such as `dot-c2`; [the ops](ops.md) lists them all.",
    "## For machines",
    "`--json` prints the same as JSON, on the standard output, wherever a command prints diagnostics: [the form](json.md).",
  ].join("\n\n")}\n`;
}

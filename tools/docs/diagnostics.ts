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
      // A warning is in the group of the errors with its number.
      .filter(([name]) =>
        prefix.startsWith("E") ? name.replace(/^W/, "E").startsWith(prefix) : name.startsWith(`${prefix}-`),
      )
      .map(([name, says]) => [`[${name}](diagnostics/${name}.md)`, says]);
  return `${[
    "# Diagnostics",
    generated("the tables of codes"),
    "A diagnostic shows its code, its location, related locations and a suggested fix. `dlc explain CODE` prints the page of a code. The meaning of a code does not change " +
      "between versions.",
    ...groups.flatMap(([prefix, title]) => [`## ${title}`, table(["code", "rule"], rows(prefix))]),
    "## Conditions of ops",
    "Each op has conditions on its operands. The code is the name of the op and the label of the condition, such as `dot-c2`; [the ops](ops.md) lists them all.",
    "## JSON",
    "With `--json`, every command prints its diagnostics as [JSON](json.md) to the standard output.",
  ].join("\n\n")}\n`;
}

import type { Op } from "../../compiler/graph/op.ts";
import { present } from "../../compiler/support/invariant.ts";

/** `conv(x, w; stride: ints, groups: int = 1)`: operands before the semicolon, attributes after it. */
export function opSignature(op: Op): string {
  const operands = op.operands === "variadic" ? "parts..." : op.operands.join(", ");
  const attrs = Object.entries(op.attrs).map(
    ([name, kind]) =>
      `${name}: ${kind}${Object.hasOwn(op.defaults, name) ? ` = ${JSON.stringify(op.defaults[name])}` : ""}`,
  );
  return `${op.name}(${operands}${attrs.length === 0 ? "" : `${operands === "" ? "" : "; "}${attrs.join(", ")}`})`;
}

/** The page of one condition of an op, in Markdown. */
export function opPage(op: Op, label: string): string {
  const broken = present(op.requires[label], `${op.name} has no condition ${label}`);
  const all = Object.entries(op.requires);
  return [
    `# ${op.name}-${label}: ${broken.message}`,
    "",
    `A condition of the op \`${op.name}\` does not hold for these operands.`,
    "",
    "```",
    opSignature(op),
    "```",
    "",
    `${op.doc}`,
    "",
    "The op requires that",
    "",
    ...all.map(([name, { message }]) => `- ${message}${name === label ? " (this one)" : ""}`),
    "",
    "The diagnostic shows the types of all operands and where each of them is defined. Change one of them with `reshape`, `transpose`, `convert` or indexing, or pass",
    "other attributes to the op.",
    "",
  ].join("\n");
}

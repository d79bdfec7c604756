// The report of `dlc bisect`.
import type { Verdict, WrongRewrite } from "../../compiler/trust/bisect.ts";
import type { Difference } from "../../compiler/trust/compare.ts";
import { showNode } from "../../compiler/graph/notation.ts";
import { printGraph } from "../../compiler/graph/print.ts";
import type { LargestDifference } from "../../compiler/trust/largest-errors.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { locationOf } from "../../dsl/span.ts";
import { number, rough, shareText } from "./numbers.ts";

/** What was bisected, for the text of the report. */
export interface Bisected {
  readonly entry: string;
  /** `wasm (strict)` */
  readonly code: string;
  /** Sizes of the dims that the user left open. */
  readonly assumed: Readonly<Record<string, number>>;
  /** Names of the passes that can be disabled. */
  readonly optional: ReadonlySet<string>;
}

/** The disagreement as a diagnostic; null where there is none. */
export function diagnosticOfVerdict(verdict: Verdict, { entry, code, optional }: Bisected): Diagnostic | null {
  if (verdict.kind === "agrees") return null;
  const { node, span, difference } = verdict.small;
  const at = span === null ? {} : { at: { span, says: `${node.op.name}: ${differenceText(difference, "got")}` } };
  if (verdict.kind === "code")
    return {
      code: "E1023",
      says: `${code} code of \`${entry}\` computes other values than its graph`,
      ...at,
      help: "the passes agree; this is a bug in the code generator, please report it",
    };
  const { stage, pass, small } = verdict;
  const subject = small.rewrite === null ? `the pass ${stage}` : `the rule "${small.rewrite.rule}" of ${stage}`;
  const help = optional.has(pass.name)
    ? `this is a bug in the pass, please report it; \`--without ${pass.name}\` avoids it`
    : "this is a bug in the compiler, please report it";
  return { code: "E1022", says: `${subject} changes the results of \`${entry}\``, ...at, help };
}

/** The report below the diagnostic, or one line if everything agrees. */
export function reportOfVerdict(verdict: Verdict, { code, assumed }: Bisected): string {
  if (verdict.kind === "agrees") {
    const { stages, passes, code: ofCode } = verdict;
    return `${sizesText(assumed)}every pass agrees: ${stages} stages, largest difference ${largestText(passes)}; ${code} agrees, largest difference ${largestText(ofCode)}`;
  }
  const { before, node, difference } = verdict.small;
  const rewrite = verdict.kind === "pass" ? verdict.small.rewrite : null;
  const heading = verdict.kind === "pass" ? `before ${verdict.stage}:` : "the compiled graph:";
  return [
    `${sizesText(assumed)}in the model: ${differenceText(verdict.difference, verdict.kind)}`,
    `reduced:      ${differenceText(difference, verdict.kind)}`,
    `the node:     ${showNode(node)}`,
    ...(rewrite === null ? [] : [`the rule:     ${rewriteText(rewrite)}`]),
    "",
    heading,
    printGraph(before).trimEnd(),
    ...(verdict.kind === "pass" ? ["", `after ${verdict.stage}:`, printGraph(verdict.small.after).trimEnd()] : []),
  ].join("\n");
}

/** The report as JSON. */
export function jsonOfVerdict(verdict: Verdict, entry: string): Readonly<Record<string, unknown>> {
  if (verdict.kind === "agrees")
    return { entry, agrees: true, stages: verdict.stages, passes: verdict.passes, code: verdict.code };
  const { before, node, span, difference } = verdict.small;
  return {
    entry,
    agrees: false,
    stage: verdict.kind === "pass" ? verdict.stage : "code",
    difference: verdict.difference,
    small: {
      difference,
      node: showNode(node),
      at: span === null ? null : locationOf(span),
      before: printGraph(before),
      after: verdict.kind === "pass" ? printGraph(verdict.small.after) : null,
      rewrite: verdict.kind === "pass" ? verdict.small.rewrite : null,
    },
  };
}

const rewriteText = ({ rule, position, count }: WrongRewrite): string =>
  `"${rule}"${count === 1 ? "" : `, rewrite ${position} of ${count}`}`;

/** `with N = 2: ` */
export const sizesText = (assumed: Readonly<Record<string, number>>): string => {
  const sizes = Object.entries(assumed).map(([name, size]) => `${name} = ${size}`);
  return sizes.length === 0 ? "" : `with ${sizes.join(", ")}: `;
};

/** `output y[0] is 2 after the pass, not 1; tolerance 1e-6` */
export function differenceText(
  { what, index, got, wanted, allowed }: Difference,
  kind: "pass" | "code" | "got",
): string {
  const now = kind === "pass" ? " after the pass" : "";
  const room = allowed === 0 ? "must be equal bit by bit" : `tolerance ${number(allowed)}`;
  return `${what}[${index}] is ${number(got)}${now}, not ${number(wanted)}; ${room}`;
}

function largestText(difference: LargestDifference | null): string {
  if (difference === null || difference.share === 0) return "0";
  const { got, wanted, share, what, index } = difference;
  return `${rough(Math.abs(got - wanted))} in ${what}[${index}] (${shareText(share)} of the rounding bound)`;
}

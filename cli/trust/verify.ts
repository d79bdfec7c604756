// `dlc check --verify`: compares the compiled code of every entry with the reference.
import type { CompileOptions } from "../../compiler/compile.ts";
import { elaborateSmall } from "../../compiler/inspect/assumed-dims.ts";
import { verifyEntry, type VerifiedEntry, type VerifiedNode } from "../../compiler/trust/verify-entry.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { locationOf, type Source } from "../../dsl/span.ts";
import { liveLine, table } from "../host/terminal.ts";
import { differenceText } from "./bisect-report.ts";
import { number, rough, shareText } from "./numbers.ts";

/** Verifies the entries of a file one by one, with params initialized from the seed. */
export async function* verifySource(
  source: Source,
  options: CompileOptions & { readonly seed: number },
  quiet: boolean,
): AsyncGenerator<VerifiedEntry> {
  const { program, assumed } = elaborateSmall(source, options);
  const line = liveLine(process.stderr, !quiet);
  for (const entry of program.entries) {
    if (entry.graph.name === "init") continue;
    const onProgress = (says: string): void => line.show(`${source.name}: ${says}`);
    const verified = await verifyEntry(program, entry, { ...options, onProgress }).finally(() => line.clear());
    yield { ...verified, dims: { ...assumed, ...verified.dims } };
  }
}

/** The pass that changes a result of an entry, or else the first wrong value of its code; null if all are correct. */
export function diagnosticOf(
  { entry, wrong, wrongPass }: VerifiedEntry,
  file: string,
  code: string,
): Diagnostic | null {
  if (wrongPass !== null) {
    const { stage, difference } = wrongPass;
    return {
      code: "E1022",
      says: `the pass ${stage} changes the results of \`${entry}\`: ${differenceText(difference, "pass")}`,
      help: `\`dlc bisect ${file} --entry ${entry}\` finds the rule and reduces the graph`,
    };
  }
  if (wrong === null) return null;
  const { node, span, difference } = wrong;
  const { index, got, wanted, allowed } = difference;
  const label = `${node.op.name}: element ${index} is ${number(got)}, not ${number(wanted)}; tolerance ${rough(allowed)}`;
  const says = `${code} code of \`${entry}\` computes other values than its graph`;
  const help = `\`dlc bisect ${file} --entry ${entry}\` finds the pass`;
  return span === null
    ? { code: "E1023", says: `${says}: ${label}`, help }
    : { code: "E1023", says, at: { span, says: label }, help };
}

const mostShown = 5;

/** One line for the entry, and a table of its largest errors. */
export function showVerified(
  { entry, dims, compared, unbounded, nodes, wrong, results, wrongPass }: VerifiedEntry,
  code: string,
): string {
  const sizes = Object.entries(dims).map(([name, size]) => ` ${name}=${size}`);
  const [worst] = nodes;
  const agrees = wrong === null ? "match" : "differ from";
  const off =
    worst === undefined ? "" : `; largest difference ${shareText(worst.difference.share)} of the rounding bound`;
  const near = unbounded === 0 ? "" : `; ${unbounded} more have no known bound`;
  const passes =
    wrongPass === null
      ? `no pass changes an output or a write (${results} compared)`
      : `the pass ${wrongPass.stage} changes a result`;
  const rows = nodes.slice(0, mostShown).map(row);
  return [
    `${entry}${sizes.join("")}: ${compared} values of ${code} ${agrees} the reference${off}${near}; ${passes}`,
    ...(rows.length === 0 ? [] : [indented(table([["value of", "at", "difference", "allowed", "share"], ...rows]))]),
  ].join("\n");
}

const row = ({ node, span, difference: { got, wanted, allowed, share } }: VerifiedNode): string[] => [
  node.op.name,
  span === null ? "" : locationOf(span),
  rough(Math.abs(got - wanted)),
  rough(allowed),
  shareText(share),
];

const indented = (text: string): string =>
  text
    .split("\n")
    .map((line) => `  ${line}`)
    .join("\n");

export const verifiedJson = ({
  entry,
  dims,
  compared,
  unbounded,
  nodes,
  results,
  wrongPass,
}: VerifiedEntry): Readonly<Record<string, unknown>> => ({
  entry,
  dims,
  compared,
  unbounded,
  results,
  wrongPass,
  nodes: nodes.map(({ node, span, difference: { index, got, wanted, allowed, share } }) => ({
    op: node.op.name,
    at: span === null ? null : locationOf(span),
    index,
    got,
    wanted,
    allowed,
    share,
  })),
});

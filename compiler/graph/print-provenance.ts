/**
 * The text of a provenance record, a comment of one line:
 *
 *   # #12 Net.block2 backward of #7 at [net.dl:7:20] > std/blocks.dl:9:12 by differentiate: gradient of mul from #7
 *
 * id, layer and role; the forward node; the chain of calls, with the location that messages name in brackets; the pass,
 * its rule if any, and the source nodes.
 */
import { locationOf } from "../../dsl/span.ts";
import { showName } from "./notation.ts";
import { callsTo, type Attribution, type Provenance } from "./provenance.ts";

export function showProvenance({ id, attribution, origin }: Provenance): string {
  const { path, role, forward } = attribution;
  const calls = showCalls(attribution);
  const by =
    origin &&
    ` by ${origin.pass}${origin.rule === null ? "" : `: ${origin.rule}`} from ${origin.from.map((from) => `#${from.id}`).join(", ")}`;
  return `# #${id} ${showName(path)} ${role}${forward === null ? "" : ` of #${forward.id}`}${calls === "" ? "" : ` at ${calls}`}${by ?? ""}`;
}

/** `net.dl:11:14 > [net.dl:7:20] > std/normalisation.dl:9:12` */
export function showCalls({ location, span }: Attribution): string {
  const calls = callsTo(location).map(locationOf);
  const named = span === null ? -1 : calls.lastIndexOf(locationOf(span));
  return calls.map((text, index) => (index === named ? `[${text}]` : text)).join(" > ");
}

/** The records of removed nodes: those that the records mention and that are not among them, by id. */
export function mentioned(records: readonly Provenance[]): readonly Provenance[] {
  const seen = new Set(records);
  // Iteration over a set includes items added during it.
  for (const { attribution, origin } of seen) {
    if (attribution.forward !== null) seen.add(attribution.forward);
    origin?.from.forEach((record) => seen.add(record));
  }
  return [...seen].slice(records.length).sort((a, b) => a.id - b.id);
}

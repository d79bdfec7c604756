/**
 * The text of where a node comes from, a comment of one line:
 *
 *   # #12 Net.block2.layer_norm1 backward of #7 at net.dl:11:14 > [net.dl:7:20] > std/normalisation.dl:9:12 by differentiate: gradient of mul from #7
 *
 * its id, layer and role; the forward node; the calls that led to it, in brackets the location that messages name; the pass, the rule if there is one, and the nodes
 * that it was made from.
 */
import { locationOf } from "../../dsl/span.ts";
import { showName } from "./notation.ts";
import { callsTo, type Attribution, type Provenance } from "./provenance.ts";

export function showProvenance({ id, attribution, origin }: Provenance): string {
  const { path, role, forward } = attribution;
  const calls = showCalls(attribution);
  const by = origin && ` by ${origin.pass}${origin.rule === null ? "" : `: ${origin.rule}`} from ${origin.from.map((from) => `#${from.id}`).join(", ")}`;
  return `# #${id} ${showName(path)} ${role}${forward === null ? "" : ` of #${forward.id}`}${calls === "" ? "" : ` at ${calls}`}${by ?? ""}`;
}

/** `net.dl:11:14 > [net.dl:7:20] > std/normalisation.dl:9:12` */
export function showCalls({ location, span }: Attribution): string {
  const places = callsTo(location).map(locationOf);
  const named = span === null ? -1 : places.lastIndexOf(locationOf(span));
  return places.map((text, index) => (index === named ? `[${text}]` : text)).join(" > ");
}

/** Everything that the records mention and that is not among them, in order of ids: nodes that are gone. */
export function mentioned(records: readonly Provenance[]): readonly Provenance[] {
  const seen = new Set(records);
  // A set may grow while it is walked.
  for (const { attribution, origin } of seen) {
    if (attribution.forward !== null) seen.add(attribution.forward);
    origin?.from.forEach((record) => seen.add(record));
  }
  return [...seen].slice(records.length).sort((a, b) => a.id - b.id);
}

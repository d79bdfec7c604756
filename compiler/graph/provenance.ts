// Where a node comes from: its layer, its lines in the source, its role, and the nodes that it was made from. Records are immutable and shared; they link to each
// other and never to nodes, so that they keep no graph alive.
import type { Span } from "../../dsl/span.ts";

/**
 * What a node is for:
 *
 *  forward    computes a value of the model, a loss included
 *  backward   made by differentiation, or in the gradient rule of a custom gradient: a gradient, or a forward value that is computed again for one
 *  optimizer  made by `minimize` from the gradients: transformations of gradients, new params and optimizer slots
 *  random     makes the bits of a random draw
 *  state      forward work that only a new value of a state needs (running statistics, counters)
 *  metric     forward work of a training entry that neither a loss nor a new value needs: an output alone
 *
 * A node that a pass makes has the role of the node that it was made from.
 */
export const roles = ["forward", "backward", "optimizer", "random", "state", "metric"] as const;
export type Role = (typeof roles)[number];

/** A location in the source, and the call that led there; null for the text of an entry itself. */
export interface Location {
  readonly span: Span;
  readonly caller: Location | null;
}

/** What nodes that come from one location of one layer have in common. */
export interface Attribution {
  /** The application of a layer, such as `Classifier.transformer_encoder1.attention`; the entry's name outside of layers. */
  readonly path: string;
  readonly role: Role;
  /** Null for a graph that was not elaborated from source. */
  readonly location: Location | null;
  /** The innermost location in the user's own text; null for what the compiler adds. */
  readonly span: Span | null;
  /** The node whose gradient this is part of, or that is computed again for one; null in the forward pass. */
  readonly forward: Provenance | null;
}

/** What made a node: a pass, with the rule or gradient if there is one, from these nodes. */
export interface Origin {
  readonly pass: string;
  readonly rule: string | null;
  /** Not empty. The nodes may be gone from the graph. */
  readonly from: readonly Provenance[];
}

export interface Provenance {
  /** Kept by a node that is only rebuilt on other operands; new for a new node. Unique within a graph and its regions. */
  readonly id: number;
  readonly attribution: Attribution;
  /** Null for a node of the first graph, the one that elaboration returns. */
  readonly origin: Origin | null;
}

/** What a graph, its regions and all graphs that passes make of it share: the ids given so far, and the pass that is running. */
export class Lineage {
  /** Null while no pass is running. */
  pass: string | null = null;
  #next = 0;

  /** A node made from nothing, as in elaboration. */
  first(attribution: Attribution): Provenance {
    return { id: this.#next++, attribution, origin: null };
  }

  made(attribution: Attribution, origin: Origin): Provenance {
    return { id: this.#next++, attribution, origin };
  }

  /** A node made from these, attributed as the first of them. */
  derived(source: Provenance, rule: string | null = null, more: readonly Provenance[] = []): Provenance {
    return this.made(source.attribution, this.origin([source, ...more], rule));
  }

  origin(from: readonly Provenance[], rule: string | null): Origin {
    return { pass: this.pass ?? "rewrite", rule, from };
  }

  /** Of a record that is read from text: later ids are larger. */
  adopt({ id }: Provenance): void {
    this.#next = Math.max(this.#next, id + 1);
  }

  /** Whether the id has been given. */
  knows(id: number): boolean {
    return Number.isInteger(id) && id >= 0 && id < this.#next;
  }
}

/** Of a graph that is not made from source: built in a test, or read from text. */
export const unattributed = (path: string, span: Span | null = null): Attribution => ({
  path,
  role: "forward",
  location: span === null ? null : { span, caller: null },
  span,
  forward: null,
});

/** Of what the compiler adds, such as the inputs of a region: messages name no location for it. */
export const unlocated = (provenance: Provenance): Provenance => ({ ...provenance, attribution: { ...provenance.attribution, span: null } });

/** The attribution of a node that is made from `source` while the gradient of `pulled` is taken. Random bits stay random bits, drawn again. */
export function backwardOf(source: Provenance, pulled: Provenance): Attribution {
  const { attribution } = source;
  if (attribution.role === "backward") return attribution.forward === null ? { ...attribution, forward: pulled } : attribution;
  return { ...attribution, role: attribution.role === "random" ? "random" : "backward", forward: source };
}

/** The location that messages about a node name. */
export const spanOf = ({ provenance }: { readonly provenance: Provenance }): Span | null => provenance.attribution.span;

/** The calls that led to a location, outermost first, and the location itself. */
export function callsTo(location: Location | null): readonly Span[] {
  const calls: Span[] = [];
  for (let at = location; at !== null; at = at.caller) calls.push(at.span);
  return calls.reverse();
}

/** Every record that these were made from, themselves included, each once; a record comes before those that it was made from. */
export function ancestry(records: Iterable<Provenance>): ReadonlySet<Provenance> {
  const seen = new Set<Provenance>(records);
  // A set may grow while it is walked.
  for (const { origin } of seen) origin?.from.forEach((record) => seen.add(record));
  return seen;
}

/** The nodes of the first graph that these were made from. */
export const rootsOf = (records: Iterable<Provenance>): readonly Provenance[] => [...ancestry(records)].filter(({ origin }) => origin === null);

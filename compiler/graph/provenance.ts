// The provenance of a node: its layer, its locations in the source, its role, and the nodes from which it was derived.
// Records are immutable and shared; they refer to each other and never to nodes, so they do not keep graphs alive.
import type { Span } from "../../dsl/span.ts";

/**
 * The purpose of a node:
 *
 *  forward    computes a value of the model, a loss included
 *  backward   made by differentiation, or in the gradient rule of a custom gradient: a gradient, or a recomputed
 *             forward value
 *  optimizer  made by `minimize` from the gradients: transformations of gradients, new params and optimizer slots
 *  random     generates the bits of a random draw
 *  state      forward work only for a new value of a state (running statistics, counters)
 *  metric     forward work of a training entry only for outputs, not for a loss or a new value
 *
 * A node that a pass makes has the role of its source node.
 */
export const roles = ["forward", "backward", "optimizer", "random", "state", "metric"] as const;
export type Role = (typeof roles)[number];

/** A location in the source, and the location of the call to it; `caller` is null in the text of an entry. */
export interface Location {
  readonly span: Span;
  readonly caller: Location | null;
}

/** The part of the provenance that all nodes from one location in one layer share. */
export interface Attribution {
  /**
   * The application of a layer, such as `Classifier.transformer_encoder1.attention`; the entry's name outside of
   * layers.
   */
  readonly path: string;
  readonly role: Role;
  /** Null for a graph that was not elaborated from source. */
  readonly location: Location | null;
  /** The innermost location in the user's text, outside of the library; null for nodes that the compiler adds. */
  readonly span: Span | null;
  /** The node whose gradient or recomputation this is part of; null in the forward pass. */
  readonly forward: Provenance | null;
}

/** The pass, and the rule or gradient if any, that derived a node from others. */
export interface Origin {
  readonly pass: string;
  readonly rule: string | null;
  /** Not empty. The graph need not contain these nodes any more. */
  readonly from: readonly Provenance[];
}

export interface Provenance {
  /** Unique within a graph and its regions. A node that is only rebuilt on other operands keeps it. */
  readonly id: number;
  readonly attribution: Attribution;
  /** Null for a node of the first graph, the one that elaboration returns. */
  readonly origin: Origin | null;
}

/**
 * State that a graph shares with its regions and with all graphs that passes make from it: the next id, and the running
 * pass.
 */
export class Lineage {
  /** Null while no pass is running. */
  pass: string | null = null;
  #next = 0;

  /** The provenance of a node without source nodes, as in elaboration. */
  first(attribution: Attribution): Provenance {
    return { id: this.#next++, attribution, origin: null };
  }

  made(attribution: Attribution, origin: Origin): Provenance {
    return { id: this.#next++, attribution, origin };
  }

  /** The provenance of a node derived from these, with the attribution of the first. */
  derived(source: Provenance, rule: string | null = null, more: readonly Provenance[] = []): Provenance {
    return this.made(source.attribution, this.origin([source, ...more], rule));
  }

  origin(from: readonly Provenance[], rule: string | null): Origin {
    return { pass: this.pass ?? "rewrite", rule, from };
  }

  /** Registers a record read from text: later ids are larger. */
  adopt({ id }: Provenance): void {
    this.#next = Math.max(this.#next, id + 1);
  }

  /** Whether the id is in use. */
  knows(id: number): boolean {
    return Number.isInteger(id) && id >= 0 && id < this.#next;
  }
}

/** The attribution of a graph that is not elaborated from source: built in a test, or read from text. */
export const unattributed = (path: string, span: Span | null = null): Attribution => ({
  path,
  role: "forward",
  location: span === null ? null : { span, caller: null },
  span,
  forward: null,
});

/** For nodes that the compiler adds, such as the inputs of a region: messages name no location for them. */
export const unlocated = (provenance: Provenance): Provenance => ({
  ...provenance,
  attribution: { ...provenance.attribution, span: null },
});

/**
 * The attribution of a node derived from `source` in the gradient of `pulled`. Random bits keep their role when drawn
 * again.
 */
export function backwardOf(source: Provenance, pulled: Provenance): Attribution {
  const { attribution } = source;
  if (attribution.role === "backward")
    return attribution.forward === null ? { ...attribution, forward: pulled } : attribution;
  return { ...attribution, role: attribution.role === "random" ? "random" : "backward", forward: source };
}

/** The location that messages about a node name. */
export const spanOf = ({ provenance }: { readonly provenance: Provenance }): Span | null => provenance.attribution.span;

/** The chain of calls to a location, outermost first, and the location itself. */
export function callsTo(location: Location | null): readonly Span[] {
  const calls: Span[] = [];
  for (let current = location; current !== null; current = current.caller) calls.push(current.span);
  return calls.reverse();
}

/** These records and all their transitive sources, each once; a record comes before its sources. */
function ancestry(records: Iterable<Provenance>): ReadonlySet<Provenance> {
  const seen = new Set<Provenance>(records);
  // Iteration over a set includes items added during it.
  for (const { origin } of seen) origin?.from.forEach((record) => seen.add(record));
  return seen;
}

/** The nodes of the first graph from which these were derived. */
export const rootsOf = (records: Iterable<Provenance>): readonly Provenance[] =>
  [...ancestry(records)].filter(({ origin }) => origin === null);

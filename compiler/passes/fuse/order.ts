import type { Graph, Node } from "../../graph/ir.ts";
import { fail } from "../../support/invariant.ts";

/** A unit of execution: a group, or a node that has none. */
type Unit<G> = G | Node;

/**
 * A topological order of groups that is maintained while groups are merged, so that a search for paths between two
 * groups visits only units between them (Pearce and Kelly, "A dynamic topological sort algorithm for directed acyclic
 * graphs", 2006).
 */
export class GroupOrder<G extends { readonly members: ReadonlySet<Node> }> {
  readonly #groupOf: ReadonlyMap<Node, G>;
  readonly #users: ReadonlyMap<Node, readonly Node[]>;
  readonly #sequence: (Unit<G> | null)[] = [];
  readonly #rank = new Map<Unit<G>, number>();

  constructor(graph: Graph, groupOf: ReadonlyMap<Node, G>, users: ReadonlyMap<Node, readonly Node[]>) {
    this.#groupOf = groupOf;
    this.#users = users;
    const opened = new Set<Unit<G>>();
    // From the last node to the first, so that the operands of an update come shortly before it, and searches between
    // neighbours are short.
    for (const node of graph.nodes.toReversed()) {
      const open: Unit<G>[] = [this.#item(node)];
      for (let item = open.at(-1); item !== undefined; item = open.at(-1)) {
        const waiting = opened.has(item) ? [] : this.#sources(item).filter((source) => !opened.has(source));
        opened.add(item);
        if (waiting.length > 0) open.push(...waiting.toReversed());
        else {
          open.pop();
          if (!this.#rank.has(item)) this.#rank.set(item, this.#sequence.push(item) - 1);
        }
      }
    }
  }

  /**
   * Merges two groups, of which the second reads the first. Returns false, without a change, if another unit would have
   * to run between them.
   */
  join(first: G, second: G, merge: () => void): boolean {
    const [from, to] = [this.#rankOf(first), this.#rankOf(second)];
    const between = this.#between(first, second);
    if (between === null) return false;
    const region = this.#sequence.slice(from, to + 1);
    const rest = region.filter((item): item is Unit<G> => item !== null && item !== first && item !== second);
    const isEarly = (item: Unit<G>): boolean => between.items.has(item) === (between.side === "before");
    const moved = [...rest.filter(isEarly), first, ...rest.filter((item) => !isEarly(item))];
    region.forEach((_, i) => {
      const item = moved[i] ?? null;
      this.#sequence[from + i] = item;
      if (item !== null) this.#rank.set(item, from + i);
    });
    this.#rank.delete(second);
    merge();
    return true;
  }

  /**
   * Of the units between the two, either all that must run after `first` or all that must run before `second`,
   * whichever search ends sooner: batch statistics have the whole net after them, but the running mean that they update
   * has almost nothing before it. Null if there is a path from one to the other.
   */
  #between(first: G, second: G): { readonly side: "before" | "after"; readonly items: ReadonlySet<Unit<G>> } | null {
    const [from, to] = [this.#rankOf(first), this.#rankOf(second)];
    const after = this.#search(first, second, (node) => this.#users.get(node) ?? [], from, to);
    const before = this.#search(second, first, (node) => node.operands.map((operand) => operand.node), from, to);
    for (;;) {
      for (const [side, search] of [
        ["after", after],
        ["before", before],
      ] as const) {
        const { done, value } = search.next();
        if (done === true) return value === null ? null : { side, items: value };
      }
    }
  }

  /**
   * All units between the ranks that are reachable from `start`, one unit per step; null if one of them leads to
   * `goal`.
   */
  *#search(
    start: G,
    goal: G,
    next: (node: Node) => readonly Node[],
    low: number,
    high: number,
  ): Generator<undefined, ReadonlySet<Unit<G>> | null> {
    const seen = new Set<Unit<G>>();
    const open: Unit<G>[] = [start];
    for (let item = open.pop(); item !== undefined; item = open.pop()) {
      for (const member of this.#members(item)) {
        for (const node of next(member)) {
          const target = this.#item(node);
          if (target === goal && item !== start) return null;
          if (target === goal || target === start || seen.has(target)) continue;
          const rank = this.#rankOf(target);
          if (rank < low || rank > high) continue;
          seen.add(target);
          open.push(target);
        }
      }
      yield;
    }
    return seen;
  }

  #item(node: Node): Unit<G> {
    return this.#groupOf.get(node) ?? node;
  }

  #rankOf(item: Unit<G>): number {
    return this.#rank.get(item) ?? fail("every group has a rank");
  }

  #sources(item: Unit<G>): Unit<G>[] {
    return [...this.#members(item)]
      .flatMap((node) => node.operands.map((operand) => this.#item(operand.node)))
      .filter((source) => source !== item);
  }

  #members(item: Unit<G>): Iterable<Node> {
    return "members" in item ? item.members : [item];
  }
}

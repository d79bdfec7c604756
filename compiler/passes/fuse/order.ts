import type { Graph, Node } from "../../graph/ir.ts";
import { fail } from "../../support/invariant.ts";

/** A thing that must run as a whole: a group, or a node that has none. */
type Item<G> = G | Node;

/**
 * An order of execution of groups that stays right while groups are joined, so that a question about ways between two of them looks at nothing beyond the later
 * one (Pearce and Kelly, "A dynamic topological sort algorithm for directed acyclic graphs", 2006).
 */
export class GroupOrder<G extends { readonly members: ReadonlySet<Node> }> {
  readonly #groupOf: ReadonlyMap<Node, G>;
  readonly #users: ReadonlyMap<Node, readonly Node[]>;
  readonly #sequence: (Item<G> | null)[] = [];
  readonly #rank = new Map<Item<G>, number>();

  constructor(graph: Graph, groupOf: ReadonlyMap<Node, G>, users: ReadonlyMap<Node, readonly Node[]>) {
    this.#groupOf = groupOf;
    this.#users = users;
    const opened = new Set<Item<G>>();
    // From the last node back, so that what an update needs stands shortly before it, and the ways between neighbours are short.
    for (const node of graph.nodes.toReversed()) {
      const open: Item<G>[] = [this.#item(node)];
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

  /** Joins two groups, of which the first makes what the second reads; false, and nothing is done, where something between the two would have to run. */
  join(first: G, second: G, merge: () => void): boolean {
    const [from, to] = [this.#rankOf(first), this.#rankOf(second)];
    const between = this.#between(first, second);
    if (between === null) return false;
    const region = this.#sequence.slice(from, to + 1);
    const rest = region.filter((item): item is Item<G> => item !== null && item !== first && item !== second);
    const isEarly = (item: Item<G>): boolean => between.items.has(item) === (between.side === "before");
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
   * Of what stands between the two, either all that must run after `first` or all that must run before `second`, whichever is found sooner: the statistics of
   * a batch have the whole net after them, and the running mean that they update has next to nothing before it. Null if there is a way from one to the other.
   */
  #between(first: G, second: G): { readonly side: "before" | "after"; readonly items: ReadonlySet<Item<G>> } | null {
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

  /** Everything that `start` leads to and that stands between the ranks, an item at a time; null if one of them leads to `goal`. */
  *#search(start: G, goal: G, next: (node: Node) => readonly Node[], low: number, high: number): Generator<undefined, ReadonlySet<Item<G>> | null> {
    const seen = new Set<Item<G>>();
    const open: Item<G>[] = [start];
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

  #item(node: Node): Item<G> {
    return this.#groupOf.get(node) ?? node;
  }

  #rankOf(item: Item<G>): number {
    return this.#rank.get(item) ?? fail("every group has its place");
  }

  #sources(item: Item<G>): Item<G>[] {
    return [...this.#members(item)].flatMap((node) => node.operands.map((operand) => this.#item(operand.node))).filter((source) => source !== item);
  }

  #members(item: Item<G>): Iterable<Node> {
    return "members" in item ? item.members : [item];
  }
}

import type { Graph, Node } from "../graph/ir.ts";
import { fail } from "../support/invariant.ts";

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
    const after = this.#between(first, second, to);
    if (after === null) return false;
    const region = this.#sequence.slice(from, to + 1);
    const rest = region.filter((item): item is Item<G> => item !== null && item !== first && item !== second);
    const moved = [...rest.filter((item) => !after.has(item)), first, ...rest.filter((item) => after.has(item))];
    region.forEach((_, i) => {
      const item = moved[i] ?? null;
      this.#sequence[from + i] = item;
      if (item !== null) this.#rank.set(item, from + i);
    });
    this.#rank.delete(second);
    merge();
    return true;
  }

  /** What must run after `first` and stands before `second`; null if some of it must run before `second`. */
  #between(first: G, second: G, limit: number): ReadonlySet<Item<G>> | null {
    const seen = new Set<Item<G>>();
    const open: Item<G>[] = [first];
    for (let item = open.pop(); item !== undefined; item = open.pop()) {
      for (const member of this.#members(item)) {
        for (const user of this.#users.get(member) ?? []) {
          const target = this.#item(user);
          if (target === second && item !== first) return null;
          if (target === first || target === second || seen.has(target) || this.#rankOf(target) > limit) continue;
          seen.add(target);
          open.push(target);
        }
      }
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

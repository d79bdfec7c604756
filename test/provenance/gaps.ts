// Finds nodes with incomplete provenance.
import { isGradient } from "../../compiler/graph/autodiff.ts";
import type { Graph, Node } from "../../compiler/graph/ir.ts";
import { showNode } from "../../compiler/graph/notation.ts";
import { roles, type Provenance } from "../../compiler/graph/provenance.ts";

/** The nodes of a graph and of its regions, at any depth. */
export const everyNode = ({ nodes }: Graph): readonly Node[] =>
  nodes.flatMap((node) => [node, ...node.regions.flatMap(everyNode)]);

export interface Expected {
  /** The graph was elaborated from source, so that every node has a location in it. */
  readonly located: boolean;
}

/** Checks the stages of one graph; the first must be the one that elaboration returns. */
export class Stages {
  readonly #first: ReadonlySet<Provenance>;
  readonly #located: boolean;
  /** Records whose origins all lead back to the first graph. */
  readonly #complete = new Set<Provenance>();

  constructor(first: Graph, { located }: Expected) {
    this.#first = new Set(everyNode(first).map(({ provenance }) => provenance));
    this.#located = located;
  }

  /** One message for each gap in a stage. */
  gaps(graph: Graph): readonly string[] {
    const nodes = everyNode(graph);
    const ids = new Set(nodes.map(({ provenance }) => provenance.id));
    return [
      ...(ids.size === nodes.length ? [] : [`${nodes.length} nodes have ${ids.size} ids`]),
      ...nodes.flatMap((node) => this.#gapsOf(node).map((gap) => `${showNode(node)} (#${node.provenance.id}) ${gap}`)),
    ];
  }

  #gapsOf(node: Node): readonly string[] {
    const { attribution, origin } = node.provenance;
    const { path, role, location, forward } = attribution;
    const isPulled = role === "backward" && (origin !== null || isGradient(node));
    return [
      ...(path === "" ? ["has no path"] : []),
      ...(roles.includes(role) ? [] : ["has no role"]),
      ...(this.#located && location === null ? ["has no location"] : []),
      ...(this.#leadsDown(node.provenance) ? [] : ["does not lead down to the first graph"]),
      ...(isPulled && forward === null ? ["names no forward node"] : []),
      ...(forward === null || this.#leadsDown(forward)
        ? []
        : ["names a forward node that does not lead down to the first graph"]),
    ];
  }

  #leadsDown(record: Provenance): boolean {
    if (this.#first.has(record) || this.#complete.has(record)) return true;
    const { origin } = record;
    const sound = origin !== null && origin.from.length > 0 && origin.from.every((from) => this.#leadsDown(from));
    if (sound) this.#complete.add(record);
    return sound;
  }
}

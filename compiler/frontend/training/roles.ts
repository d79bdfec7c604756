import type { Graph, Node, Value } from "../../graph/ir.ts";
import { isGradient } from "../../graph/autodiff.ts";
import { makeNode } from "../../graph/build.ts";
import type { Attribution, Provenance, Role } from "../../graph/provenance.ts";
import { rebuild, topological } from "../../graph/rebuild.ts";

/**
 * Tells what of the forward work only a new value of a state needs, and what of a training entry is there for an output
 * alone.
 */
export function withRoles(graph: Graph): Graph {
  const written = new Set(topological(graph.writes.map(({ value }) => value)));
  const shown = new Set(topological(graph.outputs.map(({ value }) => value)));
  const gradients = graph.nodes.filter(isGradient);
  const needed = new Set(topological(gradients.flatMap(({ operands }) => operands)));
  const roleOf = (node: Node): Role => {
    const { role } = node.provenance.attribution;
    if (role !== "forward" || needed.has(node)) return role;
    if (!shown.has(node)) return written.has(node) ? "state" : role;
    return gradients.length > 0 && !written.has(node) ? "metric" : role;
  };
  if (graph.nodes.every((node) => roleOf(node) === node.provenance.attribution.role)) return graph;
  const attribute = attributing();
  return rebuild(graph, (g, node, operands) => {
    const role = roleOf(node);
    return role === node.provenance.attribution.role ? null : add(g.nodes, attribute(node, role, operands));
  });
}

const add = (nodes: Node[], node: Node): readonly Value[] => {
  nodes.push(node);
  return node.results;
};

/** Copies of nodes in another role, with what is in their regions. Attributions are shared as before. */
function attributing(): (node: Node, role: Role, operands: readonly Value[]) => Node {
  const known = new Map<Attribution, Attribution>();
  const inRole = ({ id, attribution, origin }: Provenance, role: Role): Provenance => {
    const other = known.get(attribution) ?? { ...attribution, role };
    known.set(attribution, other);
    return { id, attribution: other, origin };
  };
  const copy = (node: Node, role: Role, operands: readonly Value[]): Node => {
    const regions = node.regions.map((region) =>
      rebuild(region, (g, inner, values) =>
        add(
          g.nodes,
          copy(
            inner,
            inner.provenance.attribution.role === "forward" ? role : inner.provenance.attribution.role,
            values,
          ),
        ),
      ),
    );
    return makeNode(node.op, operands, node.attrs, inRole(node.provenance, role), node.notes, regions);
  };
  return copy;
}

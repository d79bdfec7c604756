// Merges loops over the same operands.
import { GraphBuilder } from "../../graph/build.ts";
import { sameAttrs, stringAttr } from "../../graph/facts.ts";
import { moveRegion, RegionBuilder } from "../../graph/inline.ts";
import type { Graph, Node, Value } from "../../graph/ir.ts";
import { copyNode, dropDead, rebuild } from "../../graph/rebuild.ts";
import { scanParts } from "../../graph/regions.ts";
import { at } from "../../support/lists.ts";
import { mergeEqualNodes } from "../../analysis/value-numbering.ts";

/** The merge of two scans: a body, and for each scan the indices of its outputs. */
interface Joint {
  readonly body: Graph;
  readonly outputs: readonly (readonly number[])[];
}

/**
 * Scans over the same operands in the same direction, whose carries have the same next values, become one that returns
 * the results of all. The gradient of a scan produces such pairs: the scan itself, and the scan that also returns the
 * values stored for the backward pass.
 */
export function joinScans(graph: Graph): Graph {
  for (let current = graph; ;) {
    const next = joined(current);
    if (next === current) return current;
    current = next;
  }
}

function joined(graph: Graph): Graph {
  const scans = graph.nodes.filter(({ op }) => op.form.kind === "scan");
  const partner = new Map<Node, { readonly first: Node; readonly joint: Joint; readonly side: number }>();
  for (const [index, first] of scans.entries()) {
    if (partner.has(first)) continue;
    for (const second of scans.slice(index + 1)) {
      const joint = partner.has(second) || !sameLoop(first, second) ? null : jointOf(first, second);
      if (joint === null) continue;
      partner.set(first, { first, joint, side: 0 });
      partner.set(second, { first, joint, side: 1 });
      break;
    }
  }
  if (partner.size === 0) return graph;
  const made = new Map<Node, readonly Value[]>();
  return rebuild(graph, (g, node, operands) => {
    const found = partner.get(node);
    if (found === undefined) return null;
    const results = made.get(found.first) ?? copyNode(g, found.first, operands, [found.joint.body]).results;
    made.set(found.first, results);
    const carries = scanParts(node.operands, node.attrs).carries.length;
    return [
      ...results.slice(0, carries),
      ...at(found.joint.outputs, found.side).map((output) => at(results, carries + output)),
    ];
  });
}

function sameLoop(a: Node, b: Node): boolean {
  return (
    sameAttrs(a.attrs, b.attrs) &&
    a.operands.length === b.operands.length &&
    a.operands.every((value, index) => value === b.operands[index])
  );
}

/** Both bodies in one, with equal nodes merged; null if the next value of a carry differs. */
function jointOf(first: Node, second: Node): Joint | null {
  const bodies = [at(first.regions, 0), at(second.regions, 0)];
  const [body] = bodies;
  if (body === undefined) return null;
  const b = new RegionBuilder(body.name, body);
  b.g.derive(first.provenance);
  const inputs = body.inputs.map(({ node, type }) => b.input(stringAttr(node.attrs, "name"), type));
  const leaves = b.carriesLike(body);
  const inlinedBodies = bodies.map((region) => moveRegion(b.g, region, inputs, leaves));
  const probe = new GraphBuilder(body.name, body);
  probe.nodes.push(...b.g.nodes);
  probe.inputs.push(...inputs);
  probe.carries.push(...b.g.carries);
  for (const [side, inlined] of inlinedBodies.entries()) {
    [...inlined.carries, ...inlined.outputs].forEach((value, index) => probe.output(`${side}.${index}`, value));
  }
  const both = mergeEqualNodes(probe.build());
  // For each side: the next values of its carries, then its outputs.
  const ofFirst = at(inlinedBodies, 0).carries.length + at(inlinedBodies, 0).outputs.length;
  const valueOf = (side: number, index: number): Value => at(both.outputs, side * ofFirst + index).value;
  const next = body.carries.map((_, index) => valueOf(0, index));
  if (next.some((value, index) => value !== valueOf(1, index))) return null;

  const given = new Map<Value, number>();
  const names = new RegionBuilder(body.name, body);
  const outputs = bodies.map(({ outputs: list }, side) =>
    list.map(({ name }, index) => {
      const value = valueOf(side, body.carries.length + index);
      const before = given.get(value);
      if (before !== undefined) return before;
      names.output(name, value);
      given.set(value, given.size);
      return given.size - 1;
    }),
  );
  const carries = both.carries.map(({ value }, index) => ({ value, next: at(next, index) }));
  return { body: dropDead({ ...both, outputs: [...names.g.outputs], carries }), outputs };
}

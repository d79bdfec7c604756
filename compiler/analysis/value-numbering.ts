// Value numbering.
import type { Attr, Attrs, Graph, Node, Value } from "../graph/ir.ts";
import { printGraph } from "../graph/print.ts";
import { append, rebuild } from "../graph/rebuild.ts";

/** The graph with equal nodes merged: same op, attributes, stage, regions, and operands of the same number. */
export function mergeEqualNodes(graph: Graph): Graph {
  const numbers = new Map<Node, number>();
  const seen = new Map<string, readonly Value[]>();
  let next = 0;
  return rebuild(graph, (builder, node, operands) => {
    const key = keyOf(
      node,
      operands.map((value) => `${numbers.get(value.node) ?? -1}.${value.index}`),
    );
    const before = seen.get(key);
    if (before !== undefined) return before;
    const made = append(builder, node, operands);
    numbers.set(made, next++);
    seen.set(key, made.results);
    return made.results;
  });
}

function keyOf({ op, attrs, notes, regions }: Node, operands: string[]): string {
  const ordered = op.commutative === true ? operands.toSorted() : operands;
  return `${op.name}(${ordered.join(",")})${attrsKey(attrs)}${notes.stage ?? ""}${regions.map((region) => printGraph(region, { spans: false, names: false })).join("")}`;
}

const attrsKey = (attrs: Attrs): string =>
  Object.keys(attrs)
    .toSorted()
    .map((name) => `${name}=${attrKey(attrs[name])}`)
    .join(";");

/** 0 and -0 have different keys. */
function attrKey(attr: Attr | undefined): string {
  if (Array.isArray(attr)) return `[${attr.map((item: Attr) => attrKey(item)).join(",")}]`;
  return Object.is(attr, -0) ? "-0" : `${typeof attr}:${String(attr)}`;
}

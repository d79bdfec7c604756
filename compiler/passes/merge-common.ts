import { append, rebuild } from "../graph/rebuild.ts";
import type { Attr, Attrs, Graph, Node, Value } from "../graph/ir.ts";
import type { Pass } from "./pass.ts";

/** Operands may change places without a change of any bit. Not so max and min: of two zeros, or of a number and a NaN, they give the one in its place. */
const commutative: ReadonlySet<string> = new Set(["add", "mul", "eq", "ne", "and", "or", "xor"]);

/**
 * Common subexpressions: nodes of the same op, attributes and operands become one, the first. Every op is a pure function, random bits included, so this
 * needs no other condition. Leaves are nodes too: two reads of one param become one. Value numbering in one sweep, since operands come first.
 */
export const mergeCommon: Pass = {
  name: "merge-common",
  says: "computes equal expressions once",
  needs: [],
  gives: [],
  breaks: [],
  exact: true,
  run: merged,
};

function merged(graph: Graph): Graph {
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

function keyOf({ op, attrs, notes }: Node, operands: string[]): string {
  const ordered = commutative.has(op.name) ? operands.toSorted() : operands;
  return `${op.name}(${ordered.join(",")})${attrsKey(attrs)}${notes.stage ?? ""}`;
}

const attrsKey = (attrs: Attrs): string =>
  Object.keys(attrs)
    .toSorted()
    .map((name) => `${name}=${attrKey(attrs[name])}`)
    .join(";");

/** Tells -0 from 0. */
function attrKey(attr: Attr | undefined): string {
  if (Array.isArray(attr)) return `[${attr.map((item: Attr) => attrKey(item)).join(",")}]`;
  return Object.is(attr, -0) ? "-0" : `${typeof attr}:${String(attr)}`;
}

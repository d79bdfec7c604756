import type { GraphBuilder } from "../../graph/build.ts";
import { intAttr, nameOf, splatValue } from "../../graph/facts.ts";
import { moveRegion, RegionBuilder } from "../../graph/inline.ts";
import type { Graph, Node, Value } from "../../graph/ir.ts";
import { copyNode, rebuild } from "../../graph/rebuild.ts";
import { changes } from "../../graph/regions.ts";
import { definePass } from "../pass.ts";
import { at, iota } from "../../support/lists.ts";
import { trim } from "./dead-carries.ts";

/**
 * Propagates facts about operands into regions: a splat constant becomes a constant inside, an operand that is passed
 * twice becomes one input, a carry that no iteration changes becomes an invariant, and a result that is returned twice
 * becomes one result.
 */
export const specialize = definePass({
  name: "specialize",
  doc: "propagates constant and equal operands into loops and branches",
  needs: ["differentiated"],
  provides: [],
  exact: true,
  run: (graph) =>
    graph.nodes.some(({ regions }) => regions.length > 0)
      ? trim(
          rebuild(graph, (g, node, operands) => {
            const roles = rolesOf(node);
            return roles === null ? null : specialized(g, node, operands, roles);
          }),
        )
      : graph,
});

/** Numbers of operands of each role; the others are invariants. */
interface Roles {
  /** Operands that are not passed to a region: the predicate of a cond. */
  readonly lone: number;
  readonly carries: number;
  readonly sequences: number;
}

function rolesOf({ op, attrs, regions }: Node): Roles | null {
  switch (op.form.kind) {
    case "scan":
      return { lone: 0, carries: intAttr(attrs, "carries"), sequences: intAttr(attrs, "sequences") };
    case "while":
      return { lone: 0, carries: intAttr(attrs, "carries"), sequences: 0 };
    case "cond":
      return { lone: 1, carries: 0, sequences: 0 };
    case "inline":
      // The two regions of a custom gradient take different operands.
      return regions.length === 1 ? { lone: 0, carries: 0, sequences: 0 } : null;
    default:
      return null;
  }
}

function specialized(
  g: GraphBuilder,
  node: Node,
  operands: readonly Value[],
  { lone, carries, sequences }: Roles,
): readonly Value[] | null {
  const starts = operands.slice(lone, lone + carries);
  const given = operands.slice(lone + carries);
  const unchanged = iota(carries).filter((index) =>
    node.regions.every((region) => !changes(at(region.carries, index))),
  );
  const role = (index: number): string => (index < sequences ? "sequence" : "invariant");
  const firsts = given.map((value, index) => given.findIndex((other, k) => other === value && role(k) === role(index)));
  const plain = given.every((value, index) => splatValue(value) === null && firsts[index] === index);
  const results = firstOutputs(node);
  const repeats = results.some((first, index) => first !== index);
  if (unchanged.length === 0 && plain && !repeats) return null;

  const regions = node.regions.map((region) => withKnown(g, region, starts, given, firsts, unchanged));
  const made = copyNode(g, node, [...operands, ...unchanged.map((index) => at(starts, index))], regions).results;
  return node.results.map((_, index) => {
    if (unchanged.includes(index)) return at(starts, index);
    return at(made, index < carries ? index : carries + at(results, index - carries));
  });
}

/** For each output, the index of the first output that is the same value in all regions. */
function firstOutputs({ op, regions }: Node): readonly number[] {
  const returning = op.form.kind === "cond" ? regions : regions.slice(0, 1);
  const [first] = returning;
  if (first === undefined || op.form.kind === "while") return [];
  return first.outputs.map((_, index) =>
    iota(index + 1).findIndex((other) =>
      returning.every(({ outputs }) => at(outputs, other).value === at(outputs, index).value),
    ),
  );
}

/**
 * The region with constants for constant inputs, the first of equal inputs for all of them, and unchanged carries as
 * additional inputs at the end.
 */
function withKnown(
  g: GraphBuilder,
  region: Graph,
  starts: readonly Value[],
  given: readonly Value[],
  firsts: readonly number[],
  unchanged: readonly number[],
): Graph {
  const b = new RegionBuilder(region.name, g);
  const inputs = region.inputs.map((value) => b.input(nameOf(value), value.type));
  const known = (value: Value, input: Value): Value => {
    const splat = splatValue(value);
    return splat === null ? input : b.g.constant(input.type, splat);
  };
  const values = inputs.map((_, index) => known(at(given, index), at(inputs, at(firsts, index))));
  const carries = b.carriesLike(region).map((carry, index) => {
    const value = at(starts, index);
    return unchanged.includes(index) ? known(value, b.input(nameOf(carry), value.type)) : carry;
  });
  const inner = moveRegion(b.g, region, values, carries);
  region.outputs.forEach(({ name }, index) => b.output(name, at(inner.outputs, index)));
  inner.carries.forEach((value, index) => {
    if (!unchanged.includes(index)) b.next(index, value);
  });
  return b.build();
}

// Results of an index that are not used: a row whose loss a `select` replaces may have any label.
import { isRepeat, isView, listAttr, siteOf } from "../graph/facts.ts";
import type { Graph, Node, Value } from "../graph/ir.ts";
import { kept, users } from "../graph/rebuild.ts";
import { at } from "../support/lists.ts";
import { anything, interval, limits } from "../types/interval.ts";
import { type Ranges, complement, union } from "../types/ranges.ts";
import { sameShape } from "../types/tensor-type.ts";
import { expressionOf, preimage } from "./preimage.ts";

/** A bool without which a result is not used: where it is not `when`, the result does not matter. */
interface Guard {
  readonly condition: Value;
  readonly when: 0 | 1;
}

/** Ops between an index and the select; there are at most a few, and the paths through them are all followed. */
const mostSteps = 6;

/** For a node that takes indices, the values of an atom for which its results are not used. */
export type Unused = (node: Node, atom: Value) => Ranges;

export function unusedIndices(graph: Graph): Unused {
  const usersOf = users(graph);
  const leaving = kept(graph);
  /** A guard for each use of a result; null if one has none. */
  const guardsOf = (value: Value, axes: readonly number[], depth = 0): readonly Guard[] | null => {
    if (leaving.has(value) || depth > mostSteps) return null;
    const guards: Guard[] = [];
    for (const user of usersOf.get(value) ?? []) {
      if (user.op.form.kind !== "pointwise") return null;
      const guard = guardOf(user, value);
      const aligned = guard === null ? null : alignedTo(axes, guard);
      const found = aligned === null ? guardsOf(at(user.results, 0), axes, depth + 1) : [aligned];
      if (found === null) return null;
      guards.push(...found);
    }
    return guards;
  };
  return (node, atom) => {
    const axes = node.op.indices?.(siteOf(node)).axes ?? null;
    const guards = axes === null ? null : guardsOf(at(node.results, 0), axes);
    if (guards === null) return [];
    const used = guards.map(({ condition, when }) => {
      const expression = expressionOf(condition);
      return expression?.atoms.length === 1 && expression.atoms[0] === atom
        ? preimage(expression, atom, [interval(when, when)])
        : [limits[atom.type.dtype]];
    });
    return complement(union(...used.flat()), limits[atom.type.dtype]);
  };
}

/** The operand that decides whether the result of a pointwise op depends on a value, as the condition of a `select`. */
function guardOf(user: Node, value: Value): Guard | null {
  for (const condition of user.operands) {
    if (condition.type.dtype !== "bool" || condition === value) continue;
    for (const when of [0, 1] as const) {
      const others = user.operands.map((operand) =>
        operand === condition ? interval(1 - when, 1 - when) : operand === value ? anything : interval(0, 0),
      );
      const result = user.op.range?.(others, siteOf(user)) ?? anything;
      if (result.lo === result.hi && value.type.dtype !== "bool") return { condition, when };
    }
  }
  return null;
}

/** The guard at the positions of the indices, which are these axes of a result; null if it varies along others. */
function alignedTo(axes: readonly number[], { condition, when }: Guard): Guard | null {
  const { node, type } = condition;
  if (axes.length === type.shape.length) return { condition: unviewed(condition), when };
  return isRepeat(node) && sameShape(listAttr(node.attrs, "dims"), axes)
    ? { condition: unviewed(at(node.operands, 0)), when }
    : null;
}

/** The value with the same elements in the same order that is not a view. */
const unviewed = (value: Value): Value => (isView(value.node) ? unviewed(at(value.node.operands, 0)) : value);

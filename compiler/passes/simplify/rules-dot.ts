// A dot absorbs transposes of its operands and result by renumbering its axes. The order of summation stays, so results
// keep every bit.
import type { Attr } from "../../graph/ir.ts";
import { rule, type Match, type RuleText } from "../../graph/rules/rewrite.ts";
import { at, iota } from "../../support/lists.ts";

type Axes = readonly [lhs: readonly number[], rhs: readonly number[]];

function axesOf(m: Match, name: string): Axes {
  const [lhs, rhs] = m.attr(name) as readonly (readonly number[])[];
  return [lhs ?? [], rhs ?? []];
}

const increasing = (list: readonly number[]): boolean => list.every((x, i) => i === 0 || x > at(list, i - 1));

/** The axes of one operand before its transpose; null if the order of the free axes would change. */
function absorbed(m: Match, name: "batch" | "contract", side: 0 | 1): Attr | null {
  const perm = m.ints("perm");
  const taken = [...axesOf(m, "batch")[side], ...axesOf(m, "contract")[side]];
  const free = iota(perm.length).filter((axis) => !taken.includes(axis));
  if (!increasing(free.map((axis) => at(perm, axis)))) return null;
  return axesOf(m, name).map((axes, i) => (i === side ? axes.map((axis) => at(perm, axis)) : axes));
}

/**
 * transpose(dot(a, b)) = dot(b, a), if the permutation exchanges the free axes of the two operands and keeps their
 * order; batch axes may be permuted.
 */
function exchanged(m: Match, name: "batch" | "contract"): Attr | null {
  const [perm, batch, contract] = [m.ints("perm"), axesOf(m, "batch"), axesOf(m, "contract")];
  const batches = batch[0].length;
  const lhsFree = m.type("a").shape.length - batches - contract[0].length;
  const order = perm.slice(0, batches);
  const wanted = [...iota(perm.length).slice(batches + lhsFree), ...iota(batches + lhsFree).slice(batches)];
  if (order.some((axis) => axis >= batches) || !wanted.every((axis, i) => perm[batches + i] === axis)) return null;
  const reordered = (axes: readonly number[]): readonly number[] =>
    name === "batch" ? order.map((i) => at(axes, i)) : axes;
  const [lhs, rhs] = axesOf(m, name);
  return [reordered(rhs), reordered(lhs)];
}

export const dotRules: readonly RuleText[] = [
  rule("dot(transpose(a){perm}, b){batch, contract} => dot(a, b){batch=p, contract=q}", {
    computed: { p: (m) => absorbed(m, "batch", 0), q: (m) => absorbed(m, "contract", 0) },
  }),
  rule("dot(a, transpose(b){perm}){batch, contract} => dot(a, b){batch=p, contract=q}", {
    computed: { p: (m) => absorbed(m, "batch", 1), q: (m) => absorbed(m, "contract", 1) },
  }),
  rule("transpose(y: dot(a, b){batch, contract}){perm} => dot(b, a){batch=p, contract=q}", {
    when: (m) => m.onlyUse("y"),
    computed: { p: (m) => exchanged(m, "batch"), q: (m) => exchanged(m, "contract") },
  }),
];

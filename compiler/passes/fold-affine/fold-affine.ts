import type { GraphBuilder } from "../../graph/build.ts";
import type { Graph, Node, Value } from "../../graph/ir.ts";
import type { Operator } from "../../graph/op.ts";
import { append, dropDead, kept, rebuild, users } from "../../graph/rebuild.ts";
import { isFloat } from "../../types/tensor-type.ts";
import { definePass } from "../pass.ts";
import { at } from "../../support/lists.ts";
import { contractionOfAffine, emitted, extended, plain, type Affine } from "./affine.ts";
import { broadcastVectorOf } from "../../analysis/broadcast-vector.ts";
import { stageOf } from "../../analysis/stage.ts";

/**
 * Folds scales and shifts that do not depend on the call into the weights and the bias of an adjacent contraction.
 * Batch norm with running statistics is one case: a convolution, its bias and its norm become a convolution with a
 * bias.
 *
 * Every value is read as base * scale + shift. A chain of add, sub, mul and div by such vectors, in which each value
 * has one use, extends the map. If the base is a contraction (product or convolution) whose scaled axis is an axis of
 * its weights, the weights absorb the scale. A contraction of such a value absorbs the scale into its weights and adds
 * contract(shift, w) as a bias, unless it pads. The chain is replaced only if the call then has fewer operations. In an
 * entry that writes the weights nothing is known before the call, so nothing moves.
 *
 * split-by-stage moves the new arithmetic on weights out of the call.
 */
export const foldAffine = definePass({
  name: "fold-affine",
  doc: "moves scales and shifts that are known before the call into weights and biases",
  needs: ["differentiated"],
  provides: [],
  exact: false,
  run: (graph) => dropDead(folded(graph)),
});

/**
 * One value as two affine maps. `whole` starts at the start of the chain, so that a longer chain scales the weights
 * only once; `rest` starts at the contraction that has absorbed the scale, and is what the call still computes.
 */
interface Readings {
  readonly whole: Affine;
  readonly rest: Affine;
}

function folded(graph: Graph): Graph {
  const stage = stageOf(graph);
  const early = (value: Value): boolean => stage(value.node) !== "call";
  const usersOf = users(graph);
  const leaving = kept(graph);
  const readings = new Map<Value, Readings>();

  /** An operand as affine maps; as itself if it has other users, which only the old graph knows. */
  const read = (node: Node, operands: readonly Value[], index: number): Readings => {
    const [old, value] = [at(node.operands, index), at(operands, index)];
    const alone = usersOf.get(old)?.length === 1 && !leaving.has(old);
    return (alone ? readings.get(value) : undefined) ?? { whole: plain(value, !alone), rest: plain(value, !alone) };
  };

  const step = (g: GraphBuilder, node: Node, operands: readonly Value[]): readonly Value[] | null => {
    const found = stepOf(node, operands, early);
    if (found === null) return null;
    const whole = extended(
      g,
      read(node, operands, found.x).whole,
      found.step,
      broadcastVectorOf(g, at(operands, found.c)),
    );
    const better = emitted(g, whole, early);
    const results = better === null ? append(g, node, operands).results : [better.value];
    readings.set(
      at(results, 0),
      better === null ? { whole, rest: whole } : { whole: { ...whole, cost: better.affine.cost }, rest: better.affine },
    );
    return results;
  };

  const contraction = (g: GraphBuilder, node: Node, operands: readonly Value[]): readonly Value[] | null => {
    const affine = (index: number): Affine | null => {
      const { rest } = read(node, operands, index);
      return early(rest.base) || rest.cost === 0 ? null : rest;
    };
    const taken = contractionOfAffine(g, node, operands, affine, early);
    if (taken === null) return null;
    readings.set(taken.value, { whole: taken.affine, rest: taken.affine });
    return [taken.value];
  };

  return rebuild(graph, (g, node, operands) =>
    node.op.form.kind === "contract" ? contraction(g, node, operands) : step(g, node, operands),
  );
}

/** The operand that depends on the call, and the one that does not: `x op c`, or `c op x` if op is commutative. */
function stepOf(
  node: Node,
  operands: readonly Value[],
  early: (value: Value) => boolean,
): { step: Operator; x: number; c: number } | null {
  const step = node.op.operator;
  const [a, b] = operands;
  if (step === undefined || a === undefined || b === undefined || !isFloat(a.type.dtype) || early(a) === early(b))
    return null;
  if (early(b)) return { step, x: 0, c: 1 };
  return step === "+" || step === "*" ? { step, x: 1, c: 0 } : null;
}

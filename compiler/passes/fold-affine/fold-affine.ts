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
 * A scale or shift that does not depend on the call moves out of the call, into the weights and the bias of the contraction next to it. Batch norm with running
 * statistics is one case; a convolution, its bias and its norm become a convolution with a bias.
 *
 * Every value is seen as base * scale + shift. A chain of add, sub, mul and div by such vectors, each value used once, extends the map; where the base is a
 * contraction (product or convolution) whose scaled axis is an axis of its weights, the scale goes into the weights. A contraction of such a value takes
 * the scale into its weights and leaves contract(shift, w) as a bias, unless it pads. The chain is replaced only where that leaves fewer operations
 * for the call. In an entry that writes the weights nothing is known before the call, so nothing moves.
 *
 * What it leaves on the weights (a few small nodes) is for split-by-stage.
 */
export const foldAffine = definePass({
  name: "fold-affine",
  says: "moves scales and shifts that are known before the call into weights and biases",
  needs: ["differentiated"],
  gives: [],
  exact: false,
  run: (graph) => dropDead(folded(graph)),
});

/**
 * Two readings of one value. `whole` starts from where the chain started, so that a longer chain scales the weights once and not again and again;
 * `rest` is what the call still computes, from the contraction that has taken the scale in.
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

  /** How an operand may be read: as itself if anybody else needs it. By the old value too, since only the old graph knows its users. */
  const read = (node: Node, operands: readonly Value[], index: number): Readings => {
    const [old, value] = [at(node.operands, index), at(operands, index)];
    const alone = usersOf.get(old)?.length === 1 && !leaving.has(old);
    return (alone ? readings.get(value) : undefined) ?? { whole: plain(value, !alone), rest: plain(value, !alone) };
  };

  const step = (g: GraphBuilder, node: Node, operands: readonly Value[]): readonly Value[] | null => {
    const found = stepOf(node, operands, early);
    if (found === null) return null;
    const whole = extended(g, read(node, operands, found.x).whole, found.step, broadcastVectorOf(g, at(operands, found.c)));
    const better = emitted(g, whole, early);
    const results = better === null ? append(g, node, operands).results : [better.value];
    readings.set(at(results, 0), better === null ? { whole, rest: whole } : { whole: { ...whole, cost: better.affine.cost }, rest: better.affine });
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

  return rebuild(graph, (g, node, operands) => (node.op.form.kind === "contract" ? contraction(g, node, operands) : step(g, node, operands)));
}

/** The operand that depends on the call, and the one that does not: `x op c`, or `c op x` where the order does not matter. */
function stepOf(node: Node, operands: readonly Value[], early: (value: Value) => boolean): { step: Operator; x: number; c: number } | null {
  const step = node.op.operator;
  const [a, b] = operands;
  if (step === undefined || a === undefined || b === undefined || !isFloat(a.type.dtype) || early(a) === early(b)) return null;
  if (early(b)) return { step, x: 0, c: 1 };
  return step === "+" || step === "*" ? { step, x: 1, c: 0 } : null;
}

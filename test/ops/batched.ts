// Compares a batch with a loop over its members: the same graph, batched by the rules of its ops, and evaluated for
// each member separately.
import { batchInto, batchType, repeated } from "../../compiler/graph/batch.ts";
import { GraphBuilder } from "../../compiler/graph/build.ts";
import { evaluate } from "../../compiler/graph/evaluate.ts";
import { stringAttr } from "../../compiler/graph/facts.ts";
import { inlineRegion } from "../../compiler/graph/inline.ts";
import type { Graph, Value } from "../../compiler/graph/ir.ts";
import { ops } from "../../compiler/ops/table.ts";
import { present } from "../../compiler/support/invariant.ts";
import { elements, isFloat } from "../../compiler/types/tensor-type.ts";

/** The size of every batch; differs from 2, a common size of other axes. */
export const members = 3;

/** All nonempty subsets of the operands. */
export const subsets = (count: number): boolean[][] =>
  Array.from({ length: 2 ** count - 1 }, (_, bits) =>
    Array.from({ length: count }, (__, index) => (((bits + 1) >> index) & 1) === 1),
  );

type Arrays = readonly Float64Array[];

/** The results to compare: the outputs, and the gradients of the float inputs. */
interface Found {
  readonly outputs: Arrays;
  readonly gradients: Arrays;
}

/**
 * Adds the gradients of a random weighting of the outputs; the weights are inputs. Adds nothing if no float output or
 * input exists.
 */
function withGradients(g: GraphBuilder, outputs: readonly Value[], inputs: readonly Value[]): void {
  const smooth = outputs.filter(({ type }) => isFloat(type.dtype));
  const targets = inputs.filter(({ type }) => isFloat(type.dtype));
  if (smooth.length === 0 || targets.length === 0) return;
  const terms = smooth.map((value, index) => {
    const product = g.convert(g.mul(value, g.input(`weight${index}`, value.type)), "f64");
    return g.sum(product, [...product.type.shape.keys()]);
  });
  const loss = terms.reduce((sum, term) => g.add(sum, term));
  g.callAll("gradient", [loss, ...targets]).forEach((value, index) => g.output(`gradient${index}`, value));
}

const floatsOf = (graph: Graph): readonly boolean[] => graph.inputs.map(({ type }) => isFloat(type.dtype));

/** The graph with its gradients, for one member. */
function alone(graph: Graph, differentiable: boolean): Graph {
  const g = new GraphBuilder("alone", ops);
  const inputs = graph.inputs.map(({ type }, index) => g.input(`x${index}`, type));
  const { outputs } = inlineRegion(g, graph, inputs);
  outputs.forEach((value, index) => g.output(`y${index}`, value));
  if (differentiable) withGradients(g, outputs, inputs);
  return g.build();
}

/** The batched graph with its gradients, for all members. */
function together(graph: Graph, subset: readonly boolean[], differentiable: boolean): Graph {
  const g = new GraphBuilder("together", ops);
  const inputs = graph.inputs.map(({ type }, index) => {
    const batched = subset[index] === true;
    return { value: g.input(`x${index}`, batched ? batchType(type, members) : type), batched };
  });
  const outputs = batchInto(g, graph, members, { inputs }).outputs.map((value) => repeated(g, value, members));
  outputs.forEach((value, index) => g.output(`y${index}`, value));
  if (differentiable)
    withGradients(
      g,
      outputs,
      inputs.map(({ value }) => value),
    );
  return g.build();
}

function run(graph: Graph, data: readonly Float64Array[], weights: readonly Float64Array[]): Found {
  const inputs = new Map(
    graph.inputs.map(({ node }): [string, Float64Array] => {
      const name = stringAttr(node.attrs, "name");
      const list = name.startsWith("x") ? data : weights;
      return [name, present(list[Number(/\d+$/.exec(name)?.[0])], name)];
    }),
  );
  const { outputs } = evaluate(graph, { inputs, persistent: new Map(), precision: "f64" });
  const named = (start: string): Arrays =>
    [...outputs].filter(([name]) => name.startsWith(start)).map(([, { data: found }]) => found);
  return { outputs: named("y"), gradients: named("gradient") };
}

const concatenated = (arrays: Arrays): Float64Array => Float64Array.from(arrays.flatMap((array) => [...array]));
const added = (arrays: Arrays): Float64Array =>
  present(arrays[0], "a member").map((_, i) => arrays.reduce((sum, array) => sum + (array[i] ?? Number.NaN), 0));

/**
 * The results of the batch and of the loop: for each output the results of all members; for each input the gradients of
 * all members, or their sum if the input is shared. `draw` returns the data of an input for a member.
 */
export function compared(
  graph: Graph,
  subset: readonly boolean[],
  {
    differentiable,
    draw,
    weight,
  }: { differentiable: boolean; draw: (input: number, member: number) => Float64Array; weight: () => number },
): { readonly batch: Found; readonly loop: Found } {
  const shared = graph.inputs.map((_, index) => draw(index, 0));
  const own = Array.from({ length: members }, (_, member) =>
    graph.inputs.map((__, index) =>
      subset[index] === true ? draw(index, member) : present(shared[index], "an input"),
    ),
  );
  const smooth = graph.outputs.filter(({ value }) => isFloat(value.type.dtype));
  const weights = own.map(() =>
    smooth.map(({ value }) => Float64Array.from({ length: elements(value.type.shape) }, weight)),
  );
  const single = alone(graph, differentiable);
  const each = own.map((data, member) => run(single, data, present(weights[member], "a member")));
  const column = (lists: readonly Arrays[], index: number): Arrays =>
    lists.map((list) => present(list[index], "a column"));
  const data = graph.inputs.map((_, index) =>
    subset[index] === true ? concatenated(column(own, index)) : present(shared[index], "an input"),
  );
  const batch = run(
    together(graph, subset, differentiable),
    data,
    smooth.map((_, index) => concatenated(column(weights, index))),
  );
  const targets = floatsOf(graph).flatMap((isSmooth, index) => (isSmooth ? [subset[index] === true] : []));
  return {
    batch,
    loop: {
      outputs: graph.outputs.map((_, index) =>
        concatenated(
          column(
            each.map(({ outputs }) => outputs),
            index,
          ),
        ),
      ),
      gradients: (each[0]?.gradients ?? []).map((_, index) => {
        const all = column(
          each.map(({ gradients }) => gradients),
          index,
        );
        return targets[index] === true ? concatenated(all) : added(all);
      }),
    },
  };
}

/** The largest relative difference; infinite if the lengths differ. */
export function difference(found: Arrays, wanted: Arrays): number {
  if (found.length !== wanted.length) return Infinity;
  const pairs = found.map((array, index) => {
    const other = wanted[index] ?? new Float64Array();
    if (array.length !== other.length) return Infinity;
    return array.reduce((most, x, i) => {
      const y = other[i] ?? Number.NaN;
      return Object.is(x, y) || x === y
        ? most
        : Math.max(most, Number.isNaN(x - y) ? Infinity : Math.abs(x - y) / (1 + Math.abs(y)));
    }, 0);
  });
  return Math.max(0, ...pairs);
}

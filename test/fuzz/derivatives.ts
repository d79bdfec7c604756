// Gradients against finite differences of the loss along a random direction, in f64.
import { evaluate } from "../../compiler/graph/evaluate.ts";
import type { GraphData } from "../../compiler/trust/error-bound.ts";
import { isInput, pathOf, stringAttr } from "../../compiler/graph/facts.ts";
import type { Graph, Node, Value } from "../../compiler/graph/ir.ts";
import { dropDead, topological } from "../../compiler/graph/rebuild.ts";
import { elements, isFloat } from "../../compiler/types/tensor-type.ts";
import type { Draw } from "./draw.ts";
import type { Subject } from "./subject.ts";

const step = 1e-5;
/** The relative error allowed for the differences of a smooth function. */
const tolerance = 1e-4;

/** Describes the first wrong result of a `gradient` node of the graph; null if none is wrong. */
export function wrongDerivative(subject: Subject, draw: Draw): string | null {
  if (subject.kind === "special") return null;
  for (const node of subject.graph.nodes.filter(({ op }) => op.name === "gradient")) {
    const found = wrongGradient(node, subject, draw);
    if (found !== null) return found;
  }
  return null;
}

/**
 * Next to a corner the one-sided slopes differ, and the derivative is any value between them, so their difference is
 * added to the allowed error. Where the function is smooth, this difference is of the order of the step. Across a jump,
 * halving the step doubles the slope.
 */
function wrongGradient(node: Node, subject: Subject, draw: Draw): string | null {
  const { graph, data } = subject;
  const [loss, ...targets] = node.operands;
  if (loss === undefined || !targets.every(({ node: leaf }) => isInput(leaf) || pathOf(leaf) !== null) || stopped(loss))
    return null;
  const directions = targets.map(({ type }) =>
    Float64Array.from({ length: elements(type.shape) }, () => draw.below(2001) / 1000 - 1),
  );
  const lossAt = (by: number): number =>
    only(graph, [loss], moved(data, targets, directions, by))[0]?.[0] ?? Number.NaN;
  const rates = only(graph, node.results, moved(data, targets, directions, 0));
  const rate = rates.reduce(
    (sum, each, i) => sum + each.reduce((inner, x, k) => inner + x * (directions[i]?.[k] ?? 0), 0),
    0,
  );
  const [here, forth] = [lossAt(0), lossAt(step)];
  const slope = (forth - lossAt(-step)) / (2 * step);
  const bend =
    Math.abs(2 * ((forth - here) / step - slope)) + Math.abs((lossAt(step / 2) - lossAt(-step / 2)) / step - slope);
  if (![slope, bend, rate].every(Number.isFinite)) return null;
  const allowed = tolerance * Math.max(Math.abs(slope), Math.abs(rate), 0.1) + 2 * bend;
  return Math.abs(slope - rate) <= allowed
    ? null
    : `a gradient of ${targets.length} values: along a direction the gradient is ${rate}, and the difference of the loss ${slope}`;
}

/** Whether the loss depends on a stop or a custom gradient, where gradient and difference differ by design. */
const stopped = (loss: Value): boolean => topological([loss]).some(stops);
const stops = ({ op, regions }: Node): boolean =>
  op.name === "stop_gradient" || op.name === "custom_gradient" || regions.some((region) => region.nodes.some(stops));

/** Evaluates only these values, in f64. */
function only(graph: Graph, values: readonly Value[], data: GraphData): readonly Float64Array[] {
  const outputs = values.map((value, i) => ({ name: `v${i}`, value }));
  const found = evaluate(dropDead({ ...graph, outputs, writes: [] }), { ...data, precision: "f64" }).outputs;
  return outputs.map(({ name }) => found.get(name)?.data ?? new Float64Array());
}

/** Replaces zeros, because most corners are at 0, and the effects of several corners can cancel. */
const awayFromZero = (x: number, index: number): number => (x === 0 ? 0.3 + (index % 7) / 16 : x);

/** The data with the targets moved along their directions. */
function moved(data: GraphData, targets: readonly Value[], directions: readonly Float64Array[], by: number): GraphData {
  const [inputs, persistent] = [new Map(data.inputs), new Map(data.persistent)];
  targets.forEach(({ node, type }, i) => {
    const path = pathOf(node);
    const [map, name] = path === null ? [inputs, stringAttr(node.attrs, "name")] : [persistent, path];
    if (isFloat(type.dtype))
      map.set(
        name,
        (map.get(name) ?? new Float64Array()).map((x, k) => awayFromZero(x, k) + by * (directions[i]?.[k] ?? 0)),
      );
  });
  return { inputs, persistent };
}

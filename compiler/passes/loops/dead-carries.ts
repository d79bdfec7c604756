// Liveness through control ops: removes results, carries and inputs that are not needed.
import { scanParts, carryIndices, mapCarries } from "../../graph/regions.ts";
import { isInput } from "../../graph/facts.ts";
import type { Attrs, Graph, Node, Value } from "../../graph/ir.ts";
import { append, copyNode, kept, topological } from "../../graph/rebuild.ts";
import { GraphBuilder } from "../../graph/build.ts";
import { present } from "../../support/invariant.ts";
import { at, iota } from "../../support/lists.ts";

/**
 * A control op without its dead parts: indices of the operands and results that remain, and new attributes and regions.
 */
interface Trimmed {
  readonly operands: readonly number[];
  readonly results: readonly number[];
  readonly attrs: Attrs;
  readonly regions: readonly Graph[];
}

/**
 * Removes dead nodes, and dead results, carries and operands of control ops. Inputs and carries of the graph itself
 * stay.
 */
export function trim(graph: Graph): Graph {
  const used = new Set(kept(graph));
  const carried = carryIndices(graph);
  const plans = new Map<Node, Trimmed | null>();
  for (const node of graph.nodes.toReversed()) {
    if (!isInput(node) && !carried.has(node) && !node.results.some((value) => used.has(value))) continue;
    const plan = trimmed(node, used);
    plans.set(node, plan);
    (plan?.operands ?? iota(node.operands.length)).forEach((index) => used.add(at(node.operands, index)));
  }
  if (plans.size === graph.nodes.length && [...plans.values()].every((plan) => plan === null)) return graph;
  return rebuilt(graph, plans);
}

function rebuilt(graph: Graph, plans: ReadonlyMap<Node, Trimmed | null>): Graph {
  const builder = new GraphBuilder(graph.name, graph);
  const values = new Map<Value, Value>();
  const now = (value: Value): Value =>
    present(values.get(value), `a result of ${value.node.op.name} was removed but is used`);
  for (const node of graph.nodes) {
    const plan = plans.get(node);
    if (plan === undefined) continue;
    if (plan === null) {
      const { results } = append(builder, node, node.operands.map(now));
      node.results.forEach((value, index) => values.set(value, at(results, index)));
      continue;
    }
    const operands = plan.operands.map((index) => now(at(node.operands, index)));
    const { results } = copyNode(builder, node, operands, plan.regions, plan.attrs);
    plan.results.forEach((old, index) => values.set(at(node.results, old), at(results, index)));
  }
  graph.inputs.forEach((value) => builder.inputs.push(now(value)));
  graph.outputs.forEach(({ name, value }) => builder.output(name, now(value)));
  graph.writes.forEach(({ path, value }) => builder.write(path, now(value)));
  builder.carries.push(...mapCarries(graph.carries, now));
  return builder.build();
}

function trimmed(node: Node, used: ReadonlySet<Value>): Trimmed | null {
  const plan = planOf(
    node,
    iota(node.results.length).filter((index) => used.has(at(node.results, index))),
  );
  if (plan === null) return null;
  const same = plan.operands.length === node.operands.length && plan.results.length === node.results.length;
  return same && plan.regions.every((region, index) => region === node.regions[index]) ? null : plan;
}

function planOf(node: Node, results: readonly number[]): Trimmed | null {
  switch (node.op.form.kind) {
    case "scan":
      return trimScan(node, results);
    case "while":
      return trimWhile(node, results);
    case "cond":
      return trimBranches(node, results, 1);
    case "inline":
      // The backward region of a custom gradient has a fixed signature; the op is gone once the graph is
      // differentiated.
      return node.regions.length === 1 ? trimBranches(node, results, 0) : null;
    default:
      return null;
  }
}

function trimScan({ attrs, operands, regions }: Node, results: readonly number[]): Trimmed {
  const body = at(regions, 0);
  const { carries, sequences } = scanParts(operands, attrs);
  const outputs = results.filter((index) => index >= carries.length).map((index) => index - carries.length);
  const needed = neededCarries(
    [body],
    body,
    outputs,
    results.filter((index) => index < carries.length),
  );
  const region = narrowed(body, outputs, needed);
  const inputs = readInputs([region]);
  return {
    operands: [...needed, ...inputs.map((index) => carries.length + index)],
    results: [...needed, ...outputs.map((index) => carries.length + index)],
    attrs: { ...attrs, carries: needed.length, sequences: inputs.filter((index) => index < sequences.length).length },
    regions: [withInputs(region, inputs)],
  };
}

function trimWhile({ attrs, operands, regions }: Node, results: readonly number[]): Trimmed {
  const [condition, body] = [at(regions, 0), at(regions, 1)];
  const needed = neededCarries([condition], body, [], results);
  const narrow = [narrowed(condition, [0], needed), narrowed(body, [], needed)];
  const inputs = readInputs(narrow);
  const count = operands.length - condition.inputs.length;
  return {
    operands: [...needed, ...inputs.map((index) => count + index)],
    results: needed,
    attrs: { ...attrs, carries: needed.length },
    regions: narrow.map((region) => withInputs(region, inputs)),
  };
}

/** For regions that run once; the first `first` operands are not passed to the regions. */
function trimBranches({ attrs, regions }: Node, results: readonly number[], first: number): Trimmed {
  const narrow = regions.map((region) => narrowed(region, results, []));
  const inputs = readInputs(narrow);
  return {
    operands: [...iota(first), ...inputs.map((index) => first + index)],
    results,
    attrs,
    regions: narrow.map((region) => withInputs(region, inputs)),
  };
}

/**
 * Carries on which a result, one of the outputs, or another needed carry depends. All outputs of the regions `looks`
 * are needed, except those of the body.
 */
function neededCarries(
  looks: readonly Graph[],
  body: Graph,
  outputs: readonly number[],
  results: readonly number[],
): readonly number[] {
  const given = outputs.map((index) => at(body.outputs, index).value);
  const roots = [
    ...given,
    ...looks.filter((region) => region !== body).flatMap((region) => region.outputs.map(({ value }) => value)),
  ];
  const needed = new Set(results);
  const carried = new Map([body, ...looks].flatMap((region) => [...carryIndices(region)]));
  for (let before = -1; before !== needed.size;) {
    before = needed.size;
    const next = [...needed].map((index) => at(body.carries, index).next);
    for (const node of topological([...roots, ...next])) {
      const carry = carried.get(node);
      if (carry !== undefined) needed.add(carry);
    }
  }
  return [...needed].toSorted((a, b) => a - b);
}

/** The region with only some of its outputs and carries. */
function narrowed(region: Graph, outputs: readonly number[], carries: readonly number[]): Graph {
  return trim({
    ...region,
    outputs: outputs.map((index) => at(region.outputs, index)),
    carries: carries.map((index) => at(region.carries, index)),
  });
}

/** Indices of the inputs that at least one of the regions reads. */
function readInputs(regions: readonly Graph[]): readonly number[] {
  const reads = new Set(
    regions.flatMap((region) => {
      const values = new Set([...kept(region), ...region.nodes.flatMap(({ operands }) => operands)]);
      return iota(region.inputs.length).filter((index) => values.has(at(region.inputs, index)));
    }),
  );
  return [...reads].toSorted((a, b) => a - b);
}

function withInputs(region: Graph, inputs: readonly number[]): Graph {
  if (inputs.length === region.inputs.length) return region;
  const left = inputs.map((index) => at(region.inputs, index));
  return {
    ...region,
    inputs: left,
    nodes: region.nodes.filter((node) => !isInput(node) || left.some((value) => value.node === node)),
  };
}

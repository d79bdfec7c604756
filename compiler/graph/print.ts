/**
 * The text of a graph: one node a line, ids dense and made anew, columns aligned; the regions of a node stand under it, in braces. `parseGraph` reads it back, and printing that gives the same text.
 * What the text does not say: spans of inputs and of constants that stand inline.
 */
import { place } from "../../dsl/span.ts";
import { alignColumns } from "../support/columns.ts";
import { invariant, present } from "../support/invariant.ts";
import { sameType, showType } from "../types/tensor-type.ts";
import { constantData, isConstant, isInput, isPersistent, pathOf, splatValue, stringAttr } from "./facts.ts";
import type { Graph, Node, Value } from "./ir.ts";
import { shortNames, showAttrs, showName, showNotes, showNumber, telling } from "./notation.ts";
import { kept } from "./rebuild.ts";

const widest = 72;

export interface PrintOptions {
  /** Without, graphs that differ in nothing else have the same text. */
  readonly spans?: boolean;
}

export function printGraph(graph: Graph, { spans = true }: PrintOptions = {}): string {
  const { inputs, lines } = parts(graph, spans);
  return [`graph ${showName(graph.name)}(${inputs})`, ...lines.map(indented), ""].join("\n");
}

/** The signature, and the lines below it: nodes, each with its regions under it, outputs, writes. */
function parts(graph: Graph, spans: boolean): { readonly inputs: string; readonly lines: readonly string[] } {
  const nodes = graph.nodes.filter(standsAlone(graph));
  const ids = valueIds(graph, nodes);
  const id = (value: Value): string => present(ids.get(value), `a value of ${value.node.op.name} is used before it is made`);
  const inputs = graph.inputs.map((value) => `${id(value)}: ${showType(value.type)}${after(" ", showNotes(value.node.notes))}`);
  const rows = alignColumns(
    nodes.map((node) => row(node, id, spans)),
    widest,
  );
  const body = nodes.flatMap((node, index) => [rows[index] ?? "", ...regionLines(node, spans).map(indented)]);
  const outputs = graph.outputs.map(({ name, value }) => `${showName(name)}=${id(value)}`).join(", ");
  const writes = graph.writes.map(({ path, value }) => `write ${JSON.stringify(path)}=${id(value)}`);
  return { inputs: inputs.join(", "), lines: [...body, ...(outputs === "" ? [] : [`return ${outputs}`]), ...writes] };
}

/** `body(%x: f32[3]) {`, its lines, and `}`. A region's ids are its own. */
function regionLines(node: Node, spans: boolean): readonly string[] {
  return node.regions.flatMap((region, index) => {
    const { inputs, lines } = parts(region, spans);
    return [`${present(node.op.regions?.[index], `${node.op.name} has a region without a name`)}(${inputs}) {`, ...lines.map(indented), "}"];
  });
}

const indented = (line: string): string => `  ${line}`;

/** The operand whose type the literals of a node have: the first that is no splat constant. */
export const literalType = (operands: readonly Value[]): Value | undefined => operands.find((value) => splatValue(value) === null);

/** Whether an operand of a node is printed as a literal. */
function inline(node: Node, operand: Value): boolean {
  const like = literalType(node.operands);
  return like !== undefined && splatValue(operand) !== null && sameType(operand.type, like.type) && !telling(operand.node.notes);
}

/** Nodes with a line of their own: not inputs, nor constants that are literals wherever they are used. */
function standsAlone(graph: Graph): (node: Node) => boolean {
  const named = new Set<Node>(Array.from(kept(graph), (value) => value.node));
  const literal = new Set<Node>();
  for (const node of graph.nodes) for (const operand of node.operands) (inline(node, operand) ? literal : named).add(operand.node);
  return (node) => !isInput(node) && (named.has(node) || !literal.has(node));
}

/** Inputs by their names, params and state by the end of their paths, everything else by number. */
function valueIds(graph: Graph, lines: readonly Node[]): ReadonlyMap<Value, string> {
  const ids = new Map<Value, string>();
  for (const value of graph.inputs) {
    const name = stringAttr(value.node.attrs, "name");
    invariant(showName(name) === name, `the input name ${name} is not a word`);
    ids.set(value, name);
  }
  const leaves = lines.filter(isPersistent);
  const names = shortNames(
    leaves.map((node) => pathOf(node) ?? ""),
    new Set(ids.values()),
  );
  const short = new Map(leaves.map((node, index) => [node, names[index]]));
  let next = 0;
  for (const node of lines) for (const value of node.results) ids.set(value, short.get(node) ?? String(next++));
  return new Map(Array.from(ids, ([value, name]) => [value, `%${name}`]));
}

function row(node: Node, id: (value: Value) => string, spans: boolean): readonly string[] {
  const types = node.results.map((value) => showType(value.type)).join(", ");
  const span = !spans || node.span === null ? "" : `# ${place(node.span)}`;
  return [node.results.map(id).join(", "), `= ${expression(node, id)}`, `: ${types}`, showNotes(node.notes), span];
}

function expression(node: Node, id: (value: Value) => string): string {
  const path = pathOf(node);
  if (path !== null) return `${node.op.name} ${JSON.stringify(path)}`;
  if (isConstant(node)) return `constant ${constantText(node)}`;
  const operands = node.operands.map((value) => (inline(node, value) ? showNumber(splatValue(value) ?? Number.NaN) : id(value)));
  return [node.op.name, operands.join(", "), showAttrs(node)].filter((part) => part !== "").join(" ");
}

function constantText(node: Node): string {
  const value = present(node.results[0], "a constant has no result");
  const splat = splatValue(value);
  return splat === null ? `[${Array.from(constantData(value) ?? [], showNumber).join(",")}]` : showNumber(splat);
}

const after = (separator: string, text: string): string => (text === "" ? "" : separator + text);

/**
 * The text of a graph: one node per line, values renumbered densely, columns aligned; the regions of a node are below
 * it, in braces. `parseGraph` reads it back, and printing the result produces the same text. The text omits the spans
 * of inputs and of inline constants.
 */
import { locationOf } from "../../dsl/span.ts";
import { alignColumns, wrapLines } from "../support/columns.ts";
import { invariant, present } from "../support/invariant.ts";
import { at } from "../support/lists.ts";
import { sameType, showType } from "../types/tensor-type.ts";
import { constantData, isArgument, isConstant, isPersistent, nameOf, pathOf, splatValue, resultOf } from "./facts.ts";
import type { Graph, Node, Value } from "./ir.ts";
import { shortNames, showAttrs, showName, showNotes, showNumber, telling } from "./notation.ts";
import { mentioned, showProvenance } from "./print-provenance.ts";
import { spanOf, type Provenance } from "./provenance.ts";
import { kept } from "./rebuild.ts";
import { changes } from "./regions.ts";

/** Cells longer than this do not widen their column, so that a few long lines do not spread all others. */
const widest = 72;
/** For terminals: values, expressions, types. */
const widestWrapped = [8, 52, 16];

export interface PrintOptions {
  /** Prints spans. Without, graphs that differ only in spans have the same text. */
  readonly spans?: boolean;
  /**
   * Prints the names of inputs and carries. Without, they are numbered, and graphs that differ only in names have the
   * same text.
   */
  readonly names?: boolean;
  /** Prints the provenance below each node; values have the ids of their nodes, and every constant has its own line. */
  readonly origins?: boolean;
  /** Wraps lines at this width, for terminals. The text parses back. */
  readonly width?: number;
}

export function printGraph(
  graph: Graph,
  { spans = true, names = true, origins = false, width = Infinity }: PrintOptions = {},
): string {
  const { inputs, lines } = parts(graph, { spans: spans && !origins, names, origins, width });
  const gone = origins ? mentioned(recordsOf(graph)) : [];
  return wrapLines(
    [`graph ${showName(graph.name)}(${inputs})`, ...lines.map(indented), ...gone.map(showProvenance), ""].join("\n"),
    width,
  );
}

const recordsOf = ({ nodes }: Graph): readonly Provenance[] =>
  nodes.flatMap(({ provenance, regions }) => [provenance, ...regions.flatMap(recordsOf)]);

/**
 * The signature, and the lines below it: carries, nodes with their regions, outputs, writes, next values of carries.
 */
function parts(
  graph: Graph,
  options: Required<PrintOptions>,
): { readonly inputs: string; readonly lines: readonly string[] } {
  const { origins, width } = options;
  const limit = width === Infinity ? widest : widestWrapped;
  const nodes = graph.nodes.filter(origins ? (node) => !isArgument(node) : standsAlone(graph));
  const ids = valueIds(graph, nodes, options);
  const id = (value: Value): string =>
    present(ids.get(value), `a value of ${value.node.op.name} is used before its definition`);
  const inputs = graph.inputs.map(
    (value) => `${id(value)}: ${showType(value.type)}${after(" ", showNotes(value.node.notes))}`,
  );
  const rows = alignColumns(
    nodes.map((node) => row(node, id, options)),
    limit,
  );
  const carries = alignColumns(
    graph.carries.map(({ value }) => [
      `carry ${id(value)}: ${showType(value.type)}`,
      showNotes(value.node.notes),
      spanText(value.node, options.spans),
    ]),
    limit,
  );
  const record = ({ provenance }: Node): readonly string[] => (origins ? [indented(showProvenance(provenance))] : []);
  const body = nodes.flatMap((node, index) => [
    rows[index] ?? "",
    ...record(node),
    ...regionLines(node, options).map(indented),
  ]);
  const outputs = graph.outputs.map(({ name, value }) => `${showName(name)}=${id(value)}`).join(", ");
  const writes = graph.writes.map(({ path, value }) => `write ${JSON.stringify(path)}=${id(value)}`);
  const nexts = graph.carries.filter(changes).map(({ value, next }) => `next ${id(value)} = ${id(next)}`);
  const first = [
    ...graph.inputs.flatMap(({ node }) => record(node)),
    ...graph.carries.flatMap(({ value }, index) => [carries[index] ?? "", ...record(value.node)]),
  ];
  return {
    inputs: inputs.join(", "),
    lines: [...first, ...body, ...(outputs === "" ? [] : [`return ${outputs}`]), ...writes, ...nexts],
  };
}

/** `body(%x: f32[3]) {`, its lines, and `}`. Value names of a region are separate. */
function regionLines(node: Node, options: Required<PrintOptions>): readonly string[] {
  return node.regions.flatMap((region, index) => {
    const { inputs, lines } = parts(region, options);
    return [`${at(node.op.regions ?? [], index)}(${inputs}) {`, ...lines.map(indented), "}"];
  });
}

const indented = (line: string): string => `  ${line}`;

/** The operand that determines the type of a node's literals: the first that is not a splat constant. */
export const literalType = (operands: readonly Value[]): Value | undefined =>
  operands.find((value) => splatValue(value) === null);

/** Whether an operand of a node is printed as a literal. */
function inline(node: Node, operand: Value): boolean {
  const like = literalType(node.operands);
  return (
    like !== undefined &&
    splatValue(operand) !== null &&
    sameType(operand.type, like.type) &&
    !telling(operand.node.notes)
  );
}

/** Whether a node has a separate line: not for inputs and carries, nor for constants that are literals in all uses. */
function standsAlone(graph: Graph): (node: Node) => boolean {
  const named = new Set<Node>(Array.from(kept(graph), (value) => value.node));
  const literal = new Set<Node>();
  for (const node of graph.nodes)
    for (const operand of node.operands) (inline(node, operand) ? literal : named).add(operand.node);
  return (node) => !isArgument(node) && (named.has(node) || !literal.has(node));
}

/** Inputs and carries by their names, params and state by a suffix of their paths, all other values by number. */
function valueIds(
  graph: Graph,
  lines: readonly Node[],
  { names: named, origins }: Required<PrintOptions>,
): ReadonlyMap<Value, string> {
  const ids = new Map<Value, string>();
  for (const [index, value] of [...graph.inputs, ...graph.carries.map((carry) => carry.value)].entries()) {
    const name = named ? nameOf(value) : `argument${index}`;
    invariant(showName(name) === name, `the name of the ${value.node.op.name} ${name} would need quotes`);
    ids.set(value, name);
  }
  const leaves = lines.filter(isPersistent);
  const names = shortNames(
    leaves.map((node) => pathOf(node) ?? ""),
    new Set(ids.values()),
  );
  const short = new Map(leaves.map((node, index) => [node, names[index]]));
  let next = 0;
  const numbered = ({ node, index }: Value): string => {
    if (!origins) return String(next++);
    return node.results.length === 1 ? String(node.provenance.id) : `${node.provenance.id}.${index}`;
  };
  for (const node of lines) for (const value of node.results) ids.set(value, short.get(node) ?? numbered(value));
  return new Map(Array.from(ids, ([value, name]) => [value, `%${name}`]));
}

function row(node: Node, id: (value: Value) => string, { spans, origins }: Required<PrintOptions>): readonly string[] {
  const types = node.results.map((value) => showType(value.type)).join(", ");
  return [
    node.results.map(id).join(", "),
    `= ${expression(node, id, origins)}`,
    `: ${types}`,
    showNotes(node.notes),
    spanText(node, spans),
  ];
}

function spanText(node: Node, spans: boolean): string {
  const span = spans ? spanOf(node) : null;
  return span === null ? "" : `# ${locationOf(span)}`;
}

function expression(node: Node, id: (value: Value) => string, origins: boolean): string {
  const path = pathOf(node);
  if (path !== null) return `${node.op.name} ${JSON.stringify(path)}`;
  if (isConstant(node)) return `constant ${constantText(node)}`;
  const operands = node.operands.map((value) =>
    !origins && inline(node, value) ? showNumber(splatValue(value) ?? Number.NaN) : id(value),
  );
  return [node.op.name, operands.join(", "), showAttrs(node)].filter((part) => part !== "").join(" ");
}

function constantText(node: Node): string {
  const value = resultOf(node);
  const splat = splatValue(value);
  return splat === null ? `[${Array.from(constantData(value) ?? [], showNumber).join(",")}]` : showNumber(splat);
}

const after = (separator: string, text: string): string => (text === "" ? "" : separator + text);

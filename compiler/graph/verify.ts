/**
 * The verifier. Checks these rules, in this order; the first failure is an invariant failure that names the rule and
 * the node:
 *
 *  order       every operand is a result of an earlier node; no node occurs twice
 *  ids         each is from the graph's lineage, and unique within the graph and its regions; an origin has at least
 *              one node
 *  table       the op is that of the graph's table under its name
 *  attributes  the op declares each, with its kind; none is missing
 *  regions     a node has those that its op names; each is a graph of the same table, without params and state, and
 *              without work for the weights stage
 *  types       the op's conditions hold and its type rule returns the types of the results
 *  constants   as many values as elements, all representable in the dtype
 *  inputs      the graph's inputs are its input nodes, in any order, each once and with its own name
 *  carries     the graph's carries are its carry nodes, in any order, each once and with its own name, and next values
 *              have the carries' types
 *  outputs     names are distinct; each is a value of the graph
 *  paths       leaves of one path have one kind and type, and so has the value written to it; each path is written once
 *  stages      a node of the weights stage depends neither on inputs nor on paths that the graph writes, and is not a
 *              leaf
 *  groups      numbers are dense; no group needs a later one, not even through nodes without a group; a group has one
 *              stage; if any node has a group, only leaves and views have none
 *  locations   one memory location per result; offsets are non-negative integers; a persistent location is a path of
 *              the graph with the result's type; an operand, result or carry location exists in the region and has the
 *              result's type
 */
import { dtypes } from "../../runtime/dtype.ts";
import type { DType } from "../../runtime/model.ts";
import { fail } from "../support/invariant.ts";
import { elements, sameType, showType, type TensorType } from "../types/tensor-type.ts";
import { brokenCondition } from "./build.ts";
import {
  isArgument,
  isCarry,
  isConstant,
  isInput,
  isLeaf,
  isNumbers,
  isPersistent,
  nameOf,
  pathOf,
  sameTypes,
  splatValue,
  stringAttr,
} from "./facts.ts";
import type { Attr, Graph, Node, Value } from "./ir.ts";
import type { AttrKind } from "./op.ts";
import { showNode, showMemoryLocation } from "./notation.ts";
import { kept } from "./rebuild.ts";
import { carryTypes, inputTypes, isClosed, outputTypes } from "./regions.ts";

export const verify = (graph: Graph): void => verifyWith(graph, new Set());

/** `ids`: those of the enclosing graphs. */
function verifyWith(graph: Graph, ids: Set<number>): void {
  checkOrder(graph);
  for (const node of graph.nodes) {
    checkId(graph, node, ids);
    checkAttributes(graph, node);
    checkRegions(graph, node, ids);
    checkTypes(node);
    if (isConstant(node)) checkConstant(node);
  }
  checkSignature(graph);
  checkPaths(graph);
  checkStages(graph);
  checkGroups(graph);
  checkLocations(graph);
}

function check(condition: boolean, rule: string, node: Node | null, message: () => string): void {
  if (condition) return;
  fail(`the graph is broken, ${rule}: ${message()}${node === null ? "" : ` (${showNode(node)})`}`);
}

function checkOrder(graph: Graph): void {
  const before = new Set<Node>();
  for (const node of graph.nodes) {
    for (const [index, { node: from, index: result, type }] of node.operands.entries()) {
      check(
        before.has(from),
        "order",
        node,
        () => `operand ${index}, ${showType(type)}, is not defined before its use`,
      );
      check(
        from.results[result] === node.operands[index],
        "order",
        node,
        () => `operand ${index} is not a result of the node that it names`,
      );
    }
    check(!before.has(node), "order", node, () => "the node occurs twice");
    node.results.forEach((value, index) =>
      check(value.node === node && value.index === index, "order", node, () => `result ${index} is another node's`),
    );
    before.add(node);
  }
}

function checkId({ lineage }: Graph, node: Node, ids: Set<number>): void {
  const { id, origin } = node.provenance;
  check(lineage.knows(id), "ids", node, () => `${id} is not from the graph's lineage`);
  check(ids.size < ids.add(id).size, "ids", node, () => `another node has the id ${id}`);
  check(origin === null || origin.from.length > 0, "ids", node, () => "the node has an origin without nodes");
}

const ofKind = {
  int: (attr) => Number.isSafeInteger(attr),
  ints: (attr) => isNumbers(attr) && attr.every(Number.isSafeInteger),
  float: (attr) => typeof attr === "number",
  floats: isNumbers,
  bool: (attr) => typeof attr === "boolean",
  string: (attr) => typeof attr === "string",
  dtype: (attr) => typeof attr === "string" && Object.hasOwn(dtypes, attr),
  pairs: (attr) =>
    Array.isArray(attr) && attr.every((list: Attr) => isNumbers(list) && list.every(Number.isSafeInteger)),
} satisfies Record<AttrKind, (attr: Attr) => boolean>;

function checkAttributes(graph: Graph, node: Node): void {
  const { op, attrs } = node;
  check(graph.table.get(op.name) === op, "table", node, () => "the op is not that of the table");
  for (const [name, attr] of Object.entries(attrs)) {
    const kind = Object.hasOwn(op.attrs, name) ? op.attrs[name] : undefined;
    check(
      kind !== undefined && ofKind[kind](attr),
      "attributes",
      node,
      () => `${name} is ${kind === undefined ? "unknown" : `not of kind ${kind}`}`,
    );
  }
  const optional = isConstant(node) ? ["value", "values"] : [];
  const missing = Object.keys(op.attrs).find((name) => attrs[name] === undefined && !optional.includes(name));
  check(missing === undefined, "attributes", node, () => `${missing} is missing`);
}

function checkRegions({ table, lineage }: Graph, node: Node, ids: Set<number>): void {
  const names = node.op.regions ?? [];
  check(
    names.length === node.regions.length,
    "regions",
    node,
    () => `there are ${node.regions.length} regions, not ${names.length}`,
  );
  for (const region of node.regions) {
    check(region.table === table, "regions", node, () => `${region.name} has another op table`);
    check(region.lineage === lineage, "regions", node, () => `${region.name} has another lineage`);
    verifyWith(region, ids);
    check(isClosed(region), "regions", node, () => `${region.name} reads or writes params or state`);
    for (const inner of region.nodes)
      check(inner.notes.stage === undefined, "regions", inner, () => `${region.name} has work for the weights stage`);
  }
}

function checkTypes(node: Node): void {
  const { op, attrs, regions } = node;
  const operands = node.operands.map((value) => value.type);
  const results = node.results.map((value) => value.type);
  const broken = brokenCondition(op, operands, attrs, regions);
  check(broken === null, "types", node, () => `${broken?.code}: ${broken?.message}`);
  const types = op.type(operands, attrs, regions);
  check(
    sameTypes(types, results),
    "types",
    node,
    () => `the results are ${results.map(showType).join(", ")}, not ${types.map(showType).join(", ")}`,
  );
}

const whole = (least: number, most: number) => (x: number) => Number.isInteger(x) && x >= least && x <= most;

const has = {
  f32: () => true,
  f64: () => true,
  i32: whole(-(2 ** 31), 2 ** 31 - 1),
  u8: whole(0, 255),
  i8: whole(-128, 127),
  bool: whole(0, 1),
} satisfies Record<DType, (x: number) => boolean>;

function checkConstant(node: Node): void {
  for (const value of node.results) {
    const splat = splatValue(value);
    const { values } = node.attrs;
    const data = splat !== null ? [splat] : values !== undefined && isNumbers(values) ? values : [];
    check(
      splat !== null || data.length === elements(value.type.shape),
      "constants",
      node,
      () => `${data.length} values for ${showType(value.type)}`,
    );
    check(
      data.every(has[value.type.dtype]),
      "constants",
      node,
      () => `a value is not representable as ${value.type.dtype}`,
    );
  }
}

function checkSignature(graph: Graph): void {
  const inputs = graph.nodes.filter(isInput);
  const carries = graph.nodes.filter(isCarry);
  check(sameNodes(inputs, graph.inputs), "inputs", null, () => "inputs and input nodes differ");
  check(
    sameNodes(
      carries,
      graph.carries.map(({ value }) => value),
    ),
    "carries",
    null,
    () => "carries and carry nodes differ",
  );
  for (const { value, next } of graph.carries)
    check(
      sameType(value.type, next.type),
      "carries",
      value.node,
      () => `the next value of ${nameOf(value)} is ${showType(next.type)}`,
    );
  distinct(
    "inputs",
    [...inputs, ...carries].map(({ attrs }) => stringAttr(attrs, "name")),
  );
  distinct(
    "outputs",
    graph.outputs.map(({ name }) => name),
  );
  distinct(
    "paths",
    graph.writes.map(({ path }) => path),
  );
  const nodes = new Set(graph.nodes);
  for (const value of [...kept(graph), ...graph.carries.map(({ next }) => next)])
    check(
      nodes.has(value.node) && value.node.results[value.index] === value,
      "outputs",
      value.node,
      () => "the value is not of the graph",
    );
}

/** Whether the values are the results of those nodes, each once. */
function sameNodes(nodes: readonly Node[], values: readonly Value[]): boolean {
  const known = new Set(nodes);
  return nodes.length === values.length && values.every(({ node }) => known.delete(node));
}

function distinct(rule: string, names: readonly string[]): void {
  const before = new Set<string>();
  const twice = names.find((name) => before.size === before.add(name).size);
  check(twice === undefined, rule, null, () => `${twice} occurs twice`);
}

/** The type of each path that the graph reads or writes. */
function checkPaths(graph: Graph): void {
  const leaves = new Map<string, Value>();
  for (const { path, value } of reads(graph)) {
    const other = leaves.get(path) ?? value;
    leaves.set(path, other);
    check(
      other.node.op === value.node.op && sameType(other.type, value.type),
      "paths",
      value.node,
      () => `${path} is read as two different tensors`,
    );
  }
  for (const { path, value } of graph.writes) {
    const leaf = leaves.get(path) ?? value;
    check(
      sameType(leaf.type, value.type),
      "paths",
      value.node,
      () => `${path} is ${showType(leaf.type)}, but the new value is ${showType(value.type)}`,
    );
  }
}

const reads = (graph: Graph): { path: string; value: Value }[] =>
  graph.nodes.flatMap((node) =>
    isPersistent(node) ? node.results.map((value) => ({ path: pathOf(node) ?? "", value })) : [],
  );

function checkStages(graph: Graph): void {
  if (!graph.nodes.some((node) => node.notes.stage === "weights")) return;
  const written = new Set(graph.writes.map(({ path }) => path));
  const changing = new Set<Node>();
  for (const node of graph.nodes) {
    if (isArgument(node) || written.has(pathOf(node) ?? "") || node.operands.some((value) => changing.has(value.node)))
      changing.add(node);
    if (node.notes.stage !== "weights") continue;
    check(!isLeaf(node), "stages", node, () => "a leaf has nothing to compute");
    check(!changing.has(node), "stages", node, () => "the weights stage depends on a value of the call");
  }
}

function checkGroups(graph: Graph): void {
  const members = Map.groupBy(graph.nodes, (node) => node.notes.group);
  members.delete(undefined);
  if (members.size === 0) return;
  const level = new Map<Node, number>();
  for (const node of graph.nodes) {
    const { group } = node.notes;
    const needs = node.operands.reduce((most, value) => Math.max(most, level.get(value.node) ?? -1), -1);
    level.set(node, group ?? needs);
    check(
      group !== undefined || isLeaf(node) || node.op.form.kind === "view",
      "groups",
      node,
      () => "a node that computes has no group",
    );
    if (group === undefined) continue;
    check(
      Number.isInteger(group) && group >= 0 && group < members.size,
      "groups",
      node,
      () => `${group} is not one of ${members.size} dense numbers`,
    );
    check(needs <= group, "groups", node, () => `group ${group} needs group ${needs}`);
    const stage = members.get(group)?.[0]?.notes.stage;
    check(stage === node.notes.stage, "groups", node, () => `group ${group} is of two stages`);
  }
}

function checkLocations(graph: Graph): void {
  const paths = new Map<string, TensorType>(
    [...reads(graph), ...graph.writes].map(({ path, value }) => [path, value.type]),
  );
  const ofRegion = { operand: inputTypes(graph), result: outputTypes(graph), carry: carryTypes(graph) };
  for (const node of graph.nodes) {
    const { locations } = node.notes;
    if (locations === undefined) continue;
    check(
      locations.length === node.results.length,
      "locations",
      node,
      () => `${locations.length} locations for ${node.results.length} results`,
    );
    for (const [index, where] of locations.entries()) {
      if (where === null) continue;
      if ("offset" in where)
        check(
          Number.isSafeInteger(where.offset) && where.offset >= 0,
          "locations",
          node,
          () => `the offset is ${where.offset}`,
        );
      else {
        const type = where.area === "persistent" ? paths.get(where.path) : ofRegion[where.area][where.index];
        const result = node.results[index]?.type;
        check(
          type !== undefined && result !== undefined && fits(type, result),
          "locations",
          node,
          () => `the result does not fit in ${showMemoryLocation(where)}`,
        );
      }
    }
  }
}

/** A view of a tensor has other sizes, but the same dtype and number of elements. */
const fits = (type: TensorType, result: TensorType): boolean =>
  type.dtype === result.dtype && elements(type.shape) === elements(result.shape);

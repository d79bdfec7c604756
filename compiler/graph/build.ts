import type { DType } from "../../runtime/model.ts";
import { fail, invariant, never, present } from "../support/invariant.ts";
import { at } from "../support/lists.ts";
import { sameType, tensor, type TensorType } from "../types/tensor-type.ts";
import type { Attrs, Carry, Graph, Node, Notes, Value } from "./ir.ts";
import type { Op, OpName, Operator, OpTable } from "./op.ts";
import { backwardOf, Lineage, unattributed, type Attribution, type Origin, type Provenance } from "./provenance.ts";
import { resultOf } from "./facts.ts";

export type { OpTable } from "./op.ts";

declare module "./ir.ts" {
  interface RuleBuilder extends GraphBuilder {}
}

/** A number becomes a splat constant of the type of the first operand that is a value. */
export type Operand = Value | number;

/** A condition that does not hold; the fields are those of `Condition`. */
export interface BrokenCondition {
  readonly code: `${string}-${string}`;
  readonly message: string;
  readonly about: readonly string[];
}

/** The first condition of an op that does not hold for these operands; null if all hold. */
export function brokenCondition(
  op: Op,
  operands: readonly TensorType[],
  attrs: Attrs,
  regions: readonly Graph[] = [],
): BrokenCondition | null {
  if (op.operands !== "variadic" && op.operands.length !== operands.length)
    return {
      code: `${op.name}-arity`,
      message: `${op.name} takes ${op.operands.length} operands, not ${operands.length}`,
      about: [],
    };
  for (const label in op.requires) {
    const condition = op.requires[label];
    if (condition !== undefined && !condition.holds(operands, attrs, regions))
      return { code: `${op.name}-${label}`, message: condition.message, about: condition.about };
  }
  return null;
}

/**
 * Makes one node; absent attributes get their defaults. A broken condition is an invariant failure: callers that take
 * text from users check it first.
 */
export function makeNode(
  op: Op,
  operands: readonly Value[],
  attrs: Attrs,
  provenance: Provenance,
  notes: Notes = {},
  regions: readonly Graph[] = [],
): Node {
  const complete: Attrs = { ...op.defaults, ...attrs };
  const types = operands.map((v) => v.type);
  const broken = brokenCondition(op, types, complete, regions);
  if (broken !== null) fail(`${broken.code}: ${broken.message}`);
  const results: Value[] = [];
  const node: Node = { op, operands, attrs: complete, results, regions, provenance, notes };
  op.type(types, complete, regions).forEach((type, index) => results.push({ node, index, type }));
  return node;
}

/** A copy of a node on operands of the same types: what `makeNode` checks and derives from types stays as it is. */
export function renewed(node: Node, operands: readonly Value[], notes: Notes = node.notes): Node {
  const { op, attrs, regions, provenance } = node;
  if (!operands.every(({ type }, index) => sameAs(type, node.operands[index]?.type)))
    return makeNode(op, operands, attrs, provenance, notes, regions);
  const results: Value[] = [];
  const copy: Node = { op, operands, attrs, results, regions, provenance, notes };
  for (const { index, type } of node.results) results.push({ node: copy, index, type });
  return copy;
}

const sameAs = (type: TensorType, old: TensorType | undefined): boolean =>
  type === old || (old !== undefined && sameType(type, old));

/** A node that copies a value of the graph; the caller inserts it. */
export function copyOf({ table, lineage }: Graph, value: Value, notes: Notes = {}): Node {
  return makeNode(
    present(table.get("copy"), "the table has no op copy"),
    [value],
    {},
    lineage.derived(value.node.provenance),
    notes,
  );
}

/**
 * Appends nodes in order, with their provenance. A builder of a first graph (for a table) attributes its nodes to the
 * current layer and location. A builder that belongs to a graph derives nodes from others: `rebuild` and similar
 * functions set which, so passes need not. A builder within another builder (of a region) continues with the settings
 * of that one.
 */
export class GraphBuilder {
  readonly name: string;
  readonly table: OpTable;
  readonly lineage: Lineage;
  /** For nodes that are not derived from others. */
  attribution: Attribution;
  readonly nodes: Node[] = [];
  readonly inputs: Value[] = [];
  readonly outputs: { name: string; value: Value }[] = [];
  readonly writes: { path: string; value: Value }[] = [];
  readonly carries: Carry[] = [];

  /** The source of the next nodes; null if they are not derived. */
  #from: Provenance | null = null;
  #rule: string | null = null;
  /** The node whose gradient is being built. */
  #pulled: Provenance | null = null;
  /** Shared by the nodes that one rule derives from one node; created with the first of them. */
  #origin: Origin | null = null;
  #derived: Attribution | null = null;
  /** Whether nodes may be made without a source. */
  readonly #first: boolean;

  constructor(name: string, home: OpTable | Graph | GraphBuilder) {
    this.name = name;
    if (home instanceof GraphBuilder) {
      this.attribution = home.attribution;
      this.#first = home.#first;
      this.#pulled = home.#pulled;
      if (home.#from !== null) this.derive(home.#from, home.#rule);
    } else {
      this.attribution = unattributed(name);
      this.#first = !("lineage" in home);
    }
    this.table = "lineage" in home ? home.table : home;
    this.lineage = "lineage" in home ? home.lineage : new Lineage();
  }

  /** Sets the attribution of nodes that the steps make without a source. */
  attributed<T>(attribution: Attribution, steps: () => T): T {
    const outer = this.attribution;
    this.attribution = attribution;
    const result = steps();
    this.attribution = outer;
    return result;
  }

  /** Derives the following nodes from this one, by the running pass and the rule. */
  derive(from: Provenance | null, rule: string | null = null): void {
    this.#from = from;
    this.#rule = rule;
    this.#origin = null;
    this.#derived = null;
  }

  /** `derive` during the steps only; the rule is the current one by default. */
  deriving<T>(from: Provenance, steps: () => T, rule: string | null = this.#rule): T {
    const [outerFrom, outerRule] = [this.#from, this.#rule];
    this.derive(from, rule);
    const result = steps();
    this.derive(outerFrom, outerRule);
    return result;
  }

  /** The nodes that the steps make are part of the gradient of this node. */
  pulling<T>(node: Provenance, steps: () => T): T {
    const outer = this.#pulled;
    this.#pulled = node;
    this.#derived = null;
    const result = steps();
    this.#pulled = outer;
    this.#derived = null;
    return result;
  }

  /** The rule that makes the next nodes. */
  set rule(rule: string) {
    this.#rule = rule;
    this.#origin = null;
  }

  /** The provenance of the next node. */
  provenance(): Provenance {
    const from = this.#from;
    if (from === null) {
      invariant(this.#first, `a node of ${this.name} is made without a source`);
      return this.lineage.first(this.attribution);
    }
    this.#origin ??= this.lineage.origin([from], this.#rule);
    this.#derived ??= this.#pulled === null ? from.attribution : backwardOf(from, this.#pulled);
    return this.lineage.made(this.#derived, this.#origin);
  }

  /** A region that was built separately gets ids of this graph; passes build none. */
  #own(region: Graph): Graph {
    if (region.lineage === this.lineage) return region;
    invariant(this.#first, `the region ${region.name} belongs to another graph`);
    return adopted(region, this.lineage);
  }

  op(name: OpName): Op {
    return this.table.get(name) ?? fail(`unknown op ${name}`);
  }

  /** Adds a new node. */
  addNode(
    op: Op,
    operands: readonly Value[],
    attrs: Attrs = {},
    notes: Notes = {},
    regions: readonly Graph[] = [],
  ): Node {
    const own = regions.map((region) => this.#own(region));
    const node = makeNode(op, operands, attrs, this.provenance(), notes, own);
    this.nodes.push(node);
    return node;
  }

  callAll(
    name: OpName,
    operands: readonly Operand[],
    attrs: Attrs = {},
    regions: readonly Graph[] = [],
  ): readonly Value[] {
    const like = operands.find((o): o is Value => typeof o !== "number");
    const values = operands.map((o) =>
      typeof o === "number" ? this.constant(present(like, `${name} has no operand to take a type from`).type, o) : o,
    );
    return this.addNode(this.op(name), values, attrs, {}, regions).results;
  }

  /** The first result of an op, by name. */
  call(name: OpName, operands: readonly Operand[], attrs: Attrs = {}): Value {
    return at(this.callAll(name, operands, attrs), 0);
  }

  /** The first result of an op. */
  apply(op: Op, operands: readonly Value[], attrs: Attrs = {}): Value {
    return resultOf(this.addNode(op, operands, attrs));
  }

  input(name: string, type: TensorType, provenance = this.provenance()): Value {
    const value = this.leaf("input", type, { name }, provenance);
    this.inputs.push(value);
    return value;
  }

  param(path: string, type: TensorType): Value {
    return this.leaf("param", type, { path });
  }

  state(path: string, type: TensorType): Value {
    return this.leaf("state", type, { path });
  }

  /** Adds a carry to a region; it does not change unless `next` is called. */
  carry(name: string, type: TensorType, provenance = this.provenance()): Value {
    const value = this.leaf("carry", type, { name }, provenance);
    this.carries.push({ value, next: value });
    return value;
  }

  /** A splat of one number, or a dense constant of row-major values. */
  constant(type: TensorType, value: number | readonly number[]): Value {
    return this.leaf("constant", type, typeof value === "number" ? { value } : { values: value });
  }

  output(name: string, value: Value): void {
    this.outputs.push({ name, value });
  }

  write(path: string, value: Value): void {
    this.writes.push({ path, value });
  }

  /** Sets the value of a carry in the next iteration. */
  next(carry: Value, value: Value): void {
    const index = this.carries.findIndex((known) => known.value === carry);
    invariant(index >= 0, `${this.name} does not have this carry`);
    this.carries[index] = { value: carry, next: value };
  }

  build(): Graph {
    const { name, table, lineage } = this;
    return {
      name,
      table,
      lineage,
      inputs: [...this.inputs],
      nodes: [...this.nodes],
      outputs: [...this.outputs],
      writes: [...this.writes],
      carries: [...this.carries],
    };
  }

  // Shorthands for gradient rules and passes; all of them call ops of the table.

  add(a: Operand, b: Operand): Value {
    return this.call("add", [a, b]);
  }
  sub(a: Operand, b: Operand): Value {
    return this.call("sub", [a, b]);
  }
  mul(a: Operand, b: Operand): Value {
    return this.call("mul", [a, b]);
  }
  div(a: Operand, b: Operand): Value {
    return this.call("div", [a, b]);
  }
  neg(x: Value): Value {
    return this.call("neg", [x]);
  }
  arithmetic(operator: Operator, a: Operand, b: Operand): Value {
    switch (operator) {
      case "+":
        return this.add(a, b);
      case "-":
        return this.sub(a, b);
      case "*":
        return this.mul(a, b);
      case "/":
        return this.div(a, b);
      default:
        return never(operator);
    }
  }
  /** Operand axis i becomes result axis dims[i]; the operand repeats along the other axes of `shape`. */
  broadcast(x: Value, shape: readonly number[], dims: readonly number[]): Value {
    return this.call("broadcast", [x], { shape, dims });
  }
  reshape(x: Value, shape: readonly number[]): Value {
    return this.call("reshape", [x], { shape });
  }
  /** Result axis i is operand axis perm[i]. */
  transpose(x: Value, perm: readonly number[]): Value {
    return this.call("transpose", [x], { perm });
  }
  slice(
    x: Value,
    attrs: { readonly start: readonly number[]; readonly limit: readonly number[]; readonly stride: readonly number[] },
  ): Value {
    return this.call("slice", [x], attrs);
  }
  pad(
    x: Value,
    attrs: {
      readonly lo: readonly number[];
      readonly hi: readonly number[];
      readonly interior: readonly number[];
      readonly value: number;
    },
  ): Value {
    return this.call("pad", [x], attrs);
  }
  concat(parts: readonly Value[], axis: number): Value {
    return this.call("concat", parts, { axis });
  }
  /** The value in separate memory. */
  copy(x: Value, notes: Notes = {}): Value {
    return resultOf(this.addNode(this.op("copy"), [x], {}, notes));
  }
  /** The second operand of a contraction, packed in panels. */
  pack(rhs: Value, dims: Attrs): Value {
    return this.call("pack", [rhs], dims);
  }
  /** A contraction whose second operand is packed in panels. */
  packedContraction(lhs: Value, panels: Value, dims: Attrs, shape: readonly number[]): Value {
    return this.call("contraction", [lhs, panels], { ...dims, shape });
  }
  /** Sums over the axes, which the result does not have. */
  sum(x: Value, axes: readonly number[]): Value {
    return axes.length === 0 ? x : this.call("reduce_sum", [x], { axes });
  }
  convert(x: Value, dtype: DType): Value {
    return x.type.dtype === dtype ? x : this.call("convert", [x], { dtype });
  }
  /** `a` where the condition holds, `b` elsewhere. */
  select(condition: Value, a: Value, b: Value): Value {
    return this.call("select", [condition, a, b]);
  }
  /** Whether an integer is a multiple of another. */
  isMultiple(x: Value, of: number): Value {
    return this.call("eq", [this.call("rem", [x, of]), 0]);
  }
  zeros(type: TensorType): Value {
    return this.constant(type, 0);
  }

  private leaf(name: OpName, type: TensorType, attrs: Attrs, provenance = this.provenance()): Value {
    const node = makeNode(this.op(name), [], { ...attrs, dtype: type.dtype, shape: type.shape }, provenance);
    this.nodes.push(node);
    return resultOf(node);
  }
}

/** The graph with new ids from another lineage, without origins. */
function adopted(graph: Graph, lineage: Lineage): Graph {
  const values = new Map<Value, Value>();
  const now = (value: Value): Value =>
    present(values.get(value), `a value of ${value.node.op.name} is used before its definition`);
  const nodes = graph.nodes.map((node) => {
    const regions = node.regions.map((region) => adopted(region, lineage));
    const copy = makeNode(
      node.op,
      node.operands.map(now),
      node.attrs,
      lineage.first(node.provenance.attribution),
      node.notes,
      regions,
    );
    node.results.forEach((value, index) => values.set(value, at(copy.results, index)));
    return copy;
  });
  return {
    ...graph,
    lineage,
    nodes,
    inputs: graph.inputs.map(now),
    outputs: graph.outputs.map(({ name, value }) => ({ name, value: now(value) })),
    writes: graph.writes.map(({ path, value }) => ({ path, value: now(value) })),
    carries: graph.carries.map(({ value, next }) => ({ value: now(value), next: now(next) })),
  };
}

/** The type in a leaf's attributes. */
export const leafType = (attrs: Attrs): TensorType =>
  tensor(attrs["dtype"] as DType, attrs["shape"] as readonly number[]);

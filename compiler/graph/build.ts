import type { DType } from "../../runtime/dtype.ts";
import type { Span } from "../../dsl/span.ts";
import { fail, invariant, never, present } from "../support/invariant.ts";
import { tensor, type TensorType } from "../types/tensor-type.ts";
import type { Attrs, Carry, Graph, Node, Notes, Value } from "./ir.ts";
import type { Op, OpName, Operator, OpTable } from "./op.ts";

export type { OpTable } from "./op.ts";

/** A number becomes a splat constant of the type of the first operand that is a value. */
export type Operand = Value | number;

/** A condition of an op that its operands break; null if it holds for them. */
export function brokenCondition(op: Op, operands: readonly TensorType[], attrs: Attrs, regions: readonly Graph[] = []): { code: string; says: string } | null {
  if (op.operands !== "variadic" && op.operands.length !== operands.length)
    return { code: `${op.name}-arity`, says: `${op.name} takes ${op.operands.length} operands, not ${operands.length}` };
  for (const label in op.requires) {
    const condition = op.requires[label];
    if (condition !== undefined && !condition[1](operands, attrs, regions)) return { code: `${op.name}-${label}`, says: condition[0] };
  }
  return null;
}

/** Makes one node; attributes left out get their defaults. Broken conditions are our mistake here: whoever takes text from users checks first. */
export function makeNode(
  op: Op,
  operands: readonly Value[],
  attrs: Attrs = {},
  span: Span | null = null,
  notes: Notes = {},
  regions: readonly Graph[] = [],
): Node {
  const complete: Attrs = { ...op.defaults, ...attrs };
  const types = operands.map((v) => v.type);
  const broken = brokenCondition(op, types, complete, regions);
  if (broken !== null) fail(`${broken.code}: ${broken.says}`);
  const results: Value[] = [];
  const node: Node = { op, operands, attrs: complete, results, regions, span, notes };
  op.type(types, complete, regions).forEach((type, index) => results.push({ node, index, type }));
  return node;
}

/** A node that copies a value, for whoever puts it in its place. */
export function copyOf(table: OpTable, value: Value, notes: Notes = {}): Node {
  return makeNode(present(table.get("copy"), "there is no op copy"), [value], {}, value.node.span, notes);
}

/** Appends nodes in order. `span` is given to every node made while it stands. */
export class GraphBuilder {
  readonly name: string;
  readonly table: OpTable;
  span: Span | null = null;
  readonly nodes: Node[] = [];
  readonly inputs: Value[] = [];
  readonly outputs: { name: string; value: Value }[] = [];
  readonly writes: { path: string; value: Value }[] = [];
  readonly carries: Carry[] = [];

  constructor(name: string, table: OpTable) {
    this.name = name;
    this.table = table;
  }

  op(name: OpName): Op {
    return this.table.get(name) ?? fail(`there is no op ${name}`);
  }

  /** Adds a node with the span of the moment. */
  addNode(op: Op, operands: readonly Value[], attrs: Attrs = {}, notes: Notes = {}, regions: readonly Graph[] = []): Node {
    const node = makeNode(op, operands, attrs, this.span, notes, regions);
    this.nodes.push(node);
    return node;
  }

  callAll(name: OpName, operands: readonly Operand[], attrs: Attrs = {}, regions: readonly Graph[] = []): readonly Value[] {
    const like = operands.find((o): o is Value => typeof o !== "number");
    const values = operands.map((o) => (typeof o === "number" ? this.constant(present(like, `${name} has no operand to take a type from`).type, o) : o));
    return this.addNode(this.op(name), values, attrs, {}, regions).results;
  }

  /** The first result of an op, by name. */
  call(name: OpName, operands: readonly Operand[], attrs: Attrs = {}): Value {
    return this.callAll(name, operands, attrs)[0] ?? fail(`${name} has no result`);
  }

  /** The first result of an op. */
  apply(op: Op, operands: readonly Value[], attrs: Attrs = {}): Value {
    return present(this.addNode(op, operands, attrs).results[0], `${op.name} has no result`);
  }

  input(name: string, type: TensorType): Value {
    const value = this.leaf("input", type, { name });
    this.inputs.push(value);
    return value;
  }

  param(path: string, type: TensorType): Value {
    return this.leaf("param", type, { path });
  }

  state(path: string, type: TensorType): Value {
    return this.leaf("state", type, { path });
  }

  /** Adds a carry to a region; it stays as it is until `next` says otherwise. */
  carry(name: string, type: TensorType): Value {
    const value = this.leaf("carry", type, { name });
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

  /** What a carry is in the next iteration. */
  next(carry: Value, value: Value): void {
    const index = this.carries.findIndex((known) => known.value === carry);
    invariant(index >= 0, `${this.name} does not have this carry`);
    this.carries[index] = { value: carry, next: value };
  }

  build(): Graph {
    const { name, table } = this;
    return {
      name,
      table,
      inputs: [...this.inputs],
      nodes: [...this.nodes],
      outputs: [...this.outputs],
      writes: [...this.writes],
      carries: [...this.carries],
    };
  }

  // The words that gradient rules and passes are written with; all of them are plain calls of the table.

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
  /** Operand axis i becomes result axis dims[i]; the other axes of `shape` repeat. */
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
  slice(x: Value, attrs: { readonly start: readonly number[]; readonly limit: readonly number[]; readonly stride: readonly number[] }): Value {
    return this.call("slice", [x], attrs);
  }
  pad(
    x: Value,
    attrs: { readonly lo: readonly number[]; readonly hi: readonly number[]; readonly interior: readonly number[]; readonly value: number },
  ): Value {
    return this.call("pad", [x], attrs);
  }
  concat(parts: readonly Value[], axis: number): Value {
    return this.call("concat", parts, { axis });
  }
  /** The value in memory of its own. */
  copy(x: Value, notes: Notes = {}): Value {
    return present(this.addNode(this.op("copy"), [x], {}, notes).results[0], "a copy has a result");
  }
  /** The second operand of a contraction in panels, and the contraction of what was packed so. */
  pack(rhs: Value, dims: Attrs): Value {
    return this.call("pack", [rhs], dims);
  }
  packedContraction(lhs: Value, panels: Value, dims: Attrs, shape: readonly number[]): Value {
    return this.call("contraction", [lhs, panels], { ...dims, shape });
  }
  /** Drops the axes. */
  sum(x: Value, axes: readonly number[]): Value {
    return axes.length === 0 ? x : this.call("reduce_sum", [x], { axes });
  }
  convert(x: Value, dtype: DType): Value {
    return x.type.dtype === dtype ? x : this.call("convert", [x], { dtype });
  }
  zeros(type: TensorType): Value {
    return this.constant(type, 0);
  }

  private leaf(name: OpName, type: TensorType, attrs: Attrs): Value {
    const node = this.addNode(this.op(name), [], { ...attrs, dtype: type.dtype, shape: type.shape });
    return present(node.results[0], `${name} has no result`);
  }
}

/** The type that a leaf's attributes spell. */
export const leafType = (attrs: Attrs): TensorType => tensor(attrs["dtype"] as DType, attrs["shape"] as readonly number[]);

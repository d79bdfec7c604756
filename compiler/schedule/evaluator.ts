import { siteOf, splatValue } from "../graph/facts.ts";
import type { Node, Value } from "../graph/ir.ts";
import type { KernelBuilder } from "../kernel/build.ts";
import { registerOf, type Buffer, type Element, type Expr } from "../kernel/ir.ts";
import { printExpr } from "../kernel/print.ts";
import { simplifyIndex } from "../kernel/simplify.ts";
import { invariant, present } from "../support/invariant.ts";
import { at } from "../support/lists.ts";
import { sameShape, strides, type Shape, type TensorType } from "../types/tensor-type.ts";

/** Element type in memory. f64 is for the reference interpreter alone. */
export function elementOf(type: TensorType): Element {
  invariant(type.dtype !== "f64", "kernels do not support f64");
  return type.dtype;
}

/** Inclusive range of each loop variable, by name. */
export type Ranges = ReadonlyMap<string, readonly [number, number]>;

interface Scope {
  readonly inside: ReadonlySet<Node>;
  readonly buffers: ReadonlyMap<Value, Buffer>;
  readonly ranges: Ranges;
  /** Values computed so far in this scope and the enclosing ones, by value and index. */
  readonly known: ReadonlyMap<Value, ReadonlyMap<string, Expr>>;
  /** Values of the anchor at the index at which the group stores. */
  readonly given: ReadonlyMap<Value, Expr>;
  /** An index whose flat index is already known. */
  readonly position?: { readonly shape: Shape; readonly index: readonly Expr[]; readonly flat: Expr };
}

/**
 * Computes values of a group at an index, as scalar kernel expressions: values of the group are computed in place,
 * values from outside are loaded. In one scope of the kernel, a value is computed once for each index; `within` opens a
 * scope for the body of a loop.
 */
export class Evaluator {
  readonly #k: KernelBuilder;
  readonly #scope: Scope;
  readonly #known: Map<Value, Map<string, Expr>>;

  constructor(k: KernelBuilder, scope: Omit<Scope, "known">, known: Scope["known"] = new Map()) {
    this.#k = k;
    this.#scope = { ...scope, known };
    this.#known = new Map([...known].map(([value, byIndex]) => [value, new Map(byIndex)]));
  }

  within(
    variables: readonly (readonly [variable: Expr, extent: number])[],
    given: ReadonlyMap<Value, Expr> = new Map(),
  ): Evaluator {
    const ranges = new Map(this.#scope.ranges);
    for (const [variable, extent] of variables) if (variable.kind === "var") ranges.set(variable.name, [0, extent - 1]);
    return new Evaluator(
      this.#k,
      { ...this.#scope, ranges, given: new Map([...this.#scope.given, ...given]) },
      this.#known,
    );
  }

  /** A scope in which the flat index of `index` is known without arithmetic. */
  withPosition(shape: Shape, index: readonly Expr[], flat: Expr): Evaluator {
    return new Evaluator(this.#k, { ...this.#scope, position: { shape, index, flat } }, this.#known);
  }

  /** The value's element at a multi-index, as a variable or a constant. */
  at(value: Value, index: readonly Expr[]): Expr {
    const splat = splatValue(value);
    if (splat !== null) return this.#k.const({ scalar: registerOf(elementOf(value.type)), lanes: 1 }, splat);
    const given = this.#scope.given.get(value);
    if (given !== undefined) return given;
    const simple = index.every((e, axis) => e === this.#scope.position?.index[axis])
      ? index
      : index.map((e) => simplifyIndex(e, this.#scope.ranges));
    const key = simple.map(printExpr).join(", ");
    const known = this.#known.get(value)?.get(key);
    if (known !== undefined) return known;
    const made = this.#k.let(
      this.#scope.inside.has(value.node) ? this.#compute(value, simple) : this.#load(value, simple),
      value.node.op.name,
    );
    if (!this.#known.has(value)) this.#known.set(value, new Map());
    present(this.#known.get(value), "just made").set(key, made);
    return made;
  }

  /** The operand's element, for the body of a form. */
  read(node: Node): (operand: number, at: readonly Expr[]) => Expr {
    return (operand, index) => this.at(at(node.operands, operand), index);
  }

  /** The row-major flat index of a multi-index. */
  flat(shape: Shape, index: readonly Expr[]): Expr {
    const { position } = this.#scope;
    if (
      position !== undefined &&
      sameShape(shape, position.shape) &&
      index.every((e, axis) => e === position.index[axis])
    )
      return position.flat;
    const steps = strides(shape);
    const sum = index.reduce(
      (total, e, axis) => this.#k.add(total, this.#k.mul(e, this.#k.int(steps[axis] ?? 1))),
      this.#k.int(0),
    );
    return simplifyIndex(sum, this.#scope.ranges);
  }

  /** The multi-index of a row-major flat index. */
  unflat(shape: Shape, position: Expr): Expr[] {
    const steps = strides(shape);
    return shape.map((extent, axis) => {
      const step = steps[axis] ?? 1;
      const outer = this.#k.div(position, this.#k.int(step));
      return simplifyIndex(axis === 0 ? outer : this.#k.rem(outer, this.#k.int(extent)), this.#scope.ranges);
    });
  }

  #load(value: Value, index: readonly Expr[]): Expr {
    const buffer = present(this.#scope.buffers.get(value), `${value.node.op.name} is read but has no buffer`);
    return this.#k.load(buffer, this.flat(value.type.shape, index));
  }

  #compute(value: Value, index: readonly Expr[]): Expr {
    const { node } = value;
    const { form } = node.op;
    const site = siteOf(node);
    if (form.kind === "pointwise")
      return form.scalar(
        this.#k,
        node.operands.map((operand) => this.at(operand, index)),
        site,
      );
    if (form.kind === "view") {
      const operand = at(node.operands, 0);
      return this.at(operand, this.unflat(operand.type.shape, this.flat(value.type.shape, index)));
    }
    invariant(form.kind === "map", `${node.op.name} cannot be computed at a single index`);
    return form.element(this.#k, index, this.read(node), site);
  }
}

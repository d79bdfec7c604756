import { isSummed, sizeOf, withRole } from "../graph/contraction.ts";
import { keepsTotals, resultOf, siteOf } from "../graph/facts.ts";
import type { GroupView } from "../graph/groups.ts";
import type { Node, Value } from "../graph/ir.ts";
import type { Contraction, Form } from "../graph/op.ts";
import { valueOf, withBlock } from "../kernel/compensated.ts";
import { KernelBuilder } from "../kernel/build.ts";
import { registerOf, type Buffer, type Expr } from "../kernel/ir.ts";
import { never, present } from "../support/invariant.ts";
import { at } from "../support/lists.ts";
import { elements, type Shape } from "../types/tensor-type.ts";
import { elementOf, Evaluator } from "./evaluator.ts";
import { orderedBy, summation } from "./sum-nest.ts";

/**
 * A group as plain scalar loops, with the values of its buffers in order, null for scratch. Loop transformations
 * optimize it afterwards.
 */
export interface Nest {
  readonly builder: KernelBuilder;
  readonly buffers: readonly (readonly [Value | null, Buffer])[];
}

/** Declares the buffers of a group: the values that it reads, then those that it stores. */
export function declareBuffers(
  k: KernelBuilder,
  group: GroupView,
  without: ReadonlySet<Value> = new Set(),
): Map<Value, Buffer> {
  const buffers = new Map<Value, Buffer>();
  for (const value of group.reads)
    if (!without.has(value))
      buffers.set(value, k.buffer(bufferName(value), elementOf(value.type), elements(value.type.shape), "in"));
  for (const value of group.stored)
    buffers.set(value, k.buffer("out", elementOf(value.type), elements(value.type.shape), accessOf(group)));
  return buffers;
}

/** Forms that read elements that they have stored. */
const readsBack: ReadonlySet<Form["kind"]> = new Set(["scatter", "lines"]);

const accessOf = (group: GroupView): "out" | "inout" =>
  group.anchor !== null && readsBack.has(group.anchor.op.form.kind) ? "inout" : "out";

/** The last part of a param's path, or the op that made the value. */
export function bufferName(value: Value): string {
  const { attrs, op } = value.node;
  const path = attrs["path"] ?? attrs["name"];
  const last = typeof path === "string" ? (path.split(".").at(-1) ?? op.name) : op.name;
  return last.replaceAll(/\W/g, "_");
}

export function scalarNest(group: GroupView): Nest {
  const k = new KernelBuilder();
  const buffers = declareBuffers(k, group);
  const root = new Evaluator(k, { inside: new Set(group.nodes), buffers, ranges: new Map(), given: new Map() });
  const { anchor } = group;
  let scratch: Buffer | null = null;
  if (anchor === null) {
    const shape = at(group.stored, 0).type.shape;
    loops(k, root, shape, (index, scope) => storeAll(k, group, buffers, index, scope));
  } else {
    const { form } = anchor.op;
    switch (form.kind) {
      case "reduce":
        reduce(k, root, group, anchor, buffers);
        break;
      case "scatter":
        scratch = scatter(k, root, group, anchor, buffers);
        break;
      case "pieces":
        pieces(k, root, group, anchor, buffers);
        break;
      case "lines":
        lines(k, root, anchor, buffers);
        break;
      case "contract":
        contract(k, root, group, anchor, buffers);
        break;
      case "leaf":
      case "view":
      case "pointwise":
      case "map":
      case "scan":
      case "while":
      case "cond":
      case "inline":
        break;
      default:
        never(form);
    }
  }
  return { builder: k, buffers: [...buffers, ...(scratch === null ? [] : [[null, scratch] as const])] };
}

/** Nested loops over an index space. */
function loops(
  k: KernelBuilder,
  scope: Evaluator,
  shape: Shape,
  body: (index: readonly Expr[], scope: Evaluator) => void,
  hint = "i",
): void {
  const nest = (axis: number, index: readonly Expr[]): void => {
    const extent = shape[axis];
    if (extent === undefined) body(index, scope.within(index.map((e, i) => [e, shape[i] ?? 1] as const)));
    else k.loop(`${hint}${axis}`, 0, extent, 1, (variable) => nest(axis + 1, [...index, variable]));
  };
  nest(0, []);
}

/** All values are computed before any is stored, since a result may alias an operand. */
export function storeAll(
  k: KernelBuilder,
  group: GroupView,
  buffers: ReadonlyMap<Value, Buffer>,
  index: readonly Expr[],
  scope: Evaluator,
): void {
  const values = group.stored.map((value) => [value, scope.at(value, index)] as const);
  for (const [value, expr] of values)
    k.store(present(buffers.get(value), "a stored value has a buffer"), scope.flat(value.type.shape, index), expr);
}

const anchorShape = (anchor: Node): Shape => resultOf(anchor).type.shape;

function reduce(
  k: KernelBuilder,
  root: Evaluator,
  group: GroupView,
  anchor: Node,
  buffers: ReadonlyMap<Value, Buffer>,
): void {
  const { form } = anchor.op;
  if (form.kind !== "reduce") return;
  const site = siteOf(anchor);
  const init = form.init(site);
  const combine = orderedBy(anchor.op, resultOf(anchor).type);
  if (combine !== null) {
    loops(k, root, anchorShape(anchor), (index, scope) => {
      const step = (acc: Expr, r: readonly Expr[], inner: Evaluator): Expr =>
        at(form.step(k, [acc], index, r, inner.read(anchor), site), 0);
      const sum = summation(k, scope, { extents: form.extents(site), alongLast: form.alongLast(site), combine, step });
      storeAll(k, group, buffers, index, scope.within([], new Map([[resultOf(anchor), k.let(sum, "acc")]])));
    });
    return;
  }
  loops(k, root, anchorShape(anchor), (index, scope) => {
    const accumulators = anchor.results.map(({ type }, i) =>
      k.register("acc", [], { scalar: registerOf(elementOf(type)), lanes: 1 }, init[i] ?? 0),
    );
    loops(
      k,
      scope,
      form.extents(site),
      (r, inner) => {
        const next = form.step(
          k,
          accumulators.map((a) => a.at()),
          index,
          r,
          inner.read(anchor),
          site,
        );
        const values = next.length > 1 ? next.map((e) => k.let(e, "next")) : next;
        accumulators.forEach((a, i) => a.set([], at(values, i)));
      },
      "r",
    );
    const given = new Map(anchor.results.map((value, i) => [value, k.let(at(accumulators, i).at(), "acc")]));
    storeAll(k, group, buffers, index, scope.within([], given));
  });
}

function scatter(
  k: KernelBuilder,
  root: Evaluator,
  group: GroupView,
  anchor: Node,
  buffers: ReadonlyMap<Value, Buffer>,
): Buffer | null {
  const { form } = anchor.op;
  if (form.kind !== "scatter") return null;
  const site = siteOf(anchor);
  const result = resultOf(anchor);
  const out = present(buffers.get(result), "a scatter's result is stored");
  const rest = keepsTotals(anchor) ? k.buffer("rest", "f32", out.size, "inout") : null;
  const all = [out, ...(rest === null ? [] : [rest])];
  for (const buffer of all) k.loop("z", 0, out.size, 1, (z) => k.store(buffer, z, 0));
  loops(k, root, form.domain(site), (d, scope) => {
    const { at, when } = form.target(k, d, scope.read(anchor), site);
    const position = scope.flat(result.type.shape, at);
    const add = (): void => {
      const value = form.value(k, d, scope.read(anchor), site);
      if (rest === null) return k.store(out, position, k.add(k.load(out, position), value));
      const { hi, lo } = withBlock(k, { hi: k.load(out, position), lo: k.load(rest, position) }, value);
      k.store(out, position, hi);
      k.store(rest, position, lo);
    };
    if (when === null) add();
    else k.when(when, add);
  });
  if (rest !== null)
    k.loop("z", 0, out.size, 1, (z) => k.store(out, z, valueOf(k, { hi: k.load(out, z), lo: k.load(rest, z) })));
  return rest;
}

function pieces(
  k: KernelBuilder,
  root: Evaluator,
  group: GroupView,
  anchor: Node,
  buffers: ReadonlyMap<Value, Buffer>,
): void {
  const { form } = anchor.op;
  if (form.kind !== "pieces") return;
  const result = resultOf(anchor);
  const out = present(buffers.get(result), "the result is stored");
  const fill = form.background(siteOf(anchor));
  if (fill !== null) k.loop("z", 0, out.size, 1, (z) => k.store(out, z, fill));
  for (const { operand, start, stride } of form.pieces(siteOf(anchor))) {
    const source = at(anchor.operands, operand);
    loops(k, root, source.type.shape, (index, scope) => {
      const at = index.map((e, axis) => k.add(k.mul(e, k.int(stride[axis] ?? 1)), k.int(start[axis] ?? 0)));
      k.store(out, scope.flat(result.type.shape, at), scope.at(source, index));
    });
  }
}

function lines(k: KernelBuilder, root: Evaluator, anchor: Node, buffers: ReadonlyMap<Value, Buffer>): void {
  const { form } = anchor.op;
  if (form.kind !== "lines") return;
  const site = siteOf(anchor);
  const result = resultOf(anchor);
  const out = present(buffers.get(result), "the result is stored");
  const { shape } = result.type;
  const axis = form.axis(site);
  const size = shape[axis] ?? 1;
  loops(k, root, shape.toSpliced(axis, 1), (index, scope) => {
    // A value computed in one block of the body is not available in the others, so each read computes it again.
    const here = (at: Expr): readonly [index: Expr[], scope: Evaluator] => [
      index.toSpliced(axis, 0, at),
      scope.within([[at, size]]),
    ];
    const position = (at: Expr): Expr => {
      const [full, inner] = here(at);
      return inner.flat(shape, full);
    };
    const read = (operand: number, at: Expr): Expr => {
      const [full, inner] = here(at);
      return inner.read(anchor)(operand, full);
    };
    form.line(
      k,
      { size, read, load: (at) => k.load(out, position(at)), store: (at, value) => k.store(out, position(at), value) },
      site,
    );
  });
}

/** A product as plain loops, for shapes that the tiled kernel does not suit. */
function contract(
  k: KernelBuilder,
  root: Evaluator,
  group: GroupView,
  anchor: Node,
  buffers: ReadonlyMap<Value, Buffer>,
): void {
  const { dims, panel } = contractionOf(anchor);
  const [lhs, rhs] = anchor.operands.map((value) => present(buffers.get(value), "a product's operands are in memory"));
  // Loops over results in memory order: in a depthwise convolution, the groups, whose neighbours share a vector, are
  // innermost.
  const outer = dims.filter((dim) => !isSummed(dim)).toSorted((a, b) => b.out - a.out);
  const inner = dims.filter(isSummed);
  const position = (
    index: readonly Expr[],
    of: readonly Contraction["dims"][number][],
    buffer: "lhs" | "rhs" | "out",
  ): Expr => of.reduce((sum, dim, i) => k.add(sum, k.mul(index[i] ?? k.int(0), k.int(dim[buffer]))), k.int(0));
  loops(
    k,
    root,
    outer.map((d) => d.size),
    (at, scope) => {
      const acc = k.register("acc", [], { scalar: "f32", lanes: 1 }, 0);
      loops(
        k,
        scope,
        inner.map((d) => d.size),
        (r) => {
          const from = (buffer: "lhs" | "rhs"): Expr => k.add(position(at, outer, buffer), position(r, inner, buffer));
          const right =
            panel === undefined ? from("rhs") : inPanels(k, [...outer, ...inner], dims, [...at, ...r], panel);
          acc.set([], k.madd(k.load(present(lhs, "lhs"), from("lhs")), k.load(present(rhs, "rhs"), right), acc.at()));
        },
        "r",
      );
      const result = resultOf(anchor);
      const index = scope.unflat(result.type.shape, position(at, outer, "out"));
      storeAll(k, group, buffers, index, scope.within([], new Map([[result, k.let(acc.at(), "acc")]])));
    },
  );
}

type Dims = Contraction["dims"];

/**
 * The flat index in [batch, panels, K, width]; `at` are the indices of `looped`, which are the dims in another order.
 */
function inPanels(k: KernelBuilder, looped: Dims, dims: Dims, at: readonly Expr[], width: number): Expr {
  const rank = (of: Dims): Expr =>
    of.reduce((sum, dim) => k.add(k.mul(sum, k.int(dim.size)), at[looped.indexOf(dim)] ?? k.int(0)), k.int(0));
  const [batch, columns, reduced] = [withRole(dims, "batch"), withRole(dims, "column"), withRole(dims, "reduced")];
  const column = k.let(rank(columns));
  const panel = k.add(k.mul(rank(batch), k.int(Math.ceil(sizeOf(columns) / width))), k.div(column, k.int(width)));
  const row = k.add(k.mul(panel, k.int(sizeOf(reduced))), rank(reduced));
  return k.add(k.mul(row, k.int(width)), k.rem(column, k.int(width)));
}

export function contractionOf(anchor: Node): Contraction {
  const { form } = anchor.op;
  return present(
    form.kind === "contract" ? form.contraction(siteOf(anchor)) : null,
    `${anchor.op.name} was not lowered to a plain product`,
  );
}

import { keepsTotals, resultOf, siteOf, updatedBy } from "../graph/facts.ts";
import { overwrittenBy, type GroupView } from "../graph/groups.ts";
import type { Node, Value } from "../graph/ir.ts";
import { valueOf, withBlock } from "../kernel/compensated.ts";
import { KernelBuilder } from "../kernel/build.ts";
import { registerOf, type Buffer, type Expr } from "../kernel/ir.ts";
import { never, present } from "../support/invariant.ts";
import { at } from "../support/lists.ts";
import type { Shape } from "../types/tensor-type.ts";
import { contract } from "./contract-nest.ts";
import { elementOf, Evaluator } from "./evaluator.ts";
import { declareBuffers, loops, storeAll } from "./nest-parts.ts";
import { orderedBy, summation } from "./sum-nest.ts";

/**
 * A group as plain scalar loops, with the values of its buffers in order, null for scratch. Loop transformations
 * optimize it afterwards.
 */
export interface Nest {
  readonly builder: KernelBuilder;
  readonly buffers: readonly (readonly [Value | null, Buffer])[];
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
  const fill = (buffer: Buffer, value: number): void => k.loop("z", 0, out.size, 1, (z) => k.store(buffer, z, value));
  const base = updatedBy(anchor);
  if (base === null) fill(out, form.init(site));
  else if (overwrittenBy(group) === null)
    loops(k, root, result.type.shape, (index, scope) =>
      k.store(out, scope.flat(result.type.shape, index), scope.at(base, index)),
    );
  if (rest !== null) fill(rest, 0);
  loops(k, root, form.domain(site), (d, scope) => {
    const { at, when } = form.target(k, d, scope.read(anchor), site);
    const position = scope.flat(result.type.shape, at);
    const add = (): void => {
      const value = form.value(k, d, scope.read(anchor), site);
      if (rest === null)
        return k.store(out, position, form.combine === "put" ? value : k[form.combine](k.load(out, position), value));
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

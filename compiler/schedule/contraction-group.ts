import { kernelScratch } from "../analysis/contraction-scratch.ts";
import { sizeOf } from "../graph/contraction.ts";
import type { GroupView } from "../graph/groups.ts";
import type { Value } from "../graph/ir.ts";
import type { KernelBuilder } from "../kernel/build.ts";
import { lane as laneOf } from "../kernel/fold.ts";
import { f32, i32, type Buffer, type Expr, type Kernel, type Lanes, type Stmt } from "../kernel/ir.ts";
import { printKernel } from "../kernel/print.ts";
import { constantInt, defined, rename, substitute } from "../kernel/walk.ts";
import { invariant, present } from "../support/invariant.ts";
import { strictly, type Machine } from "../support/machine.ts";
import { elements } from "../types/tensor-type.ts";
import { shapeOf } from "../analysis/contraction-dims.ts";
import type { OutputSite } from "./contraction-output.ts";
import { contractionKernel, type Epilogue } from "./contraction.ts";
import { Evaluator } from "./evaluator.ts";
import { bufferName, contractionOf, declareBuffers, storeAll } from "./nest-parts.ts";
import { uniqueNames } from "./unique-names.ts";
import { vectorize } from "./vectorize.ts";
import { resultOf } from "../graph/facts.ts";

/**
 * The kernel of a group whose anchor is a packed product: register tiles, with the group's pointwise ops applied to the
 * sums before they are stored.
 */
export function tiledContraction(
  group: GroupView,
  name: string,
  origin: string,
  machine: Machine,
): { readonly kernel: Kernel; readonly args: readonly (Value | null)[] } {
  const anchor = present(group.anchor, "a product");
  const [lhs, packed] = anchor.operands;
  invariant(lhs !== undefined && packed !== undefined, "a product has two operands");
  const result = resultOf(anchor);
  const { dims } = contractionOf(anchor);

  const epilogue =
    (values: Value[]) =>
    (k: KernelBuilder): Epilogue => {
      // An operand that the epilogue also reads has a second buffer, at the same address.
      const readBeside = new Set(group.nodes.filter((node) => node !== anchor).flatMap((node) => node.operands));
      const buffers = declareBuffers(k, group, new Set([lhs, packed].filter((value) => !readBeside.has(value))));
      values.push(...buffers.keys());
      const root = new Evaluator(k, { inside: new Set(group.nodes), buffers, ranges: new Map(), given: new Map() });
      return {
        store: (value, site, lanes) => storeAt(k, root, buffers, value, site, lanes),
      };
    };

  /** Whether the columns are the last axis of the result: an index along it needs no division. */
  const columnsAreLast = ((): boolean => {
    const { columns } = shapeOf(dims);
    return (
      columns.every(({ out }) => out === 1) && columns.length === 1 && sizeOf(columns) === result.type.shape.at(-1)
    );
  })();

  function storeAt(
    k: KernelBuilder,
    root: Evaluator,
    buffers: ReadonlyMap<Value, Buffer>,
    value: Expr,
    site: OutputSite,
    lanes: Lanes,
  ): void {
    const lane = k.variable("lane", i32);
    const sum = k.variable("sum", f32);
    const flat = k.add(site.out, lane);
    const { shape } = result.type;
    // Neighbouring columns are in one row: the indices of the other axes do not depend on the lane.
    const index = root
      .unflat(shape, columnsAreLast ? site.out : flat)
      .map((e, axis) => (columnsAreLast && axis === shape.length - 1 ? k.add(site.column, lane) : e));
    const body = k.detached(() =>
      storeAll(k, group, buffers, index, root.within([], new Map([[result, sum]])).withPosition(shape, index, flat)),
    );
    const wide = lanes === 4 ? vectorize(body, lane.name, { vectors: [sum.name] }) : null;
    if (wide !== null)
      k.append([{ kind: "let", name: sum.name, value }, ...substitute(wide, lane.name, constantInt(0))]);
    else
      for (let i = 0; i < lanes; i++) {
        const stmts: readonly Stmt[] = [
          { kind: "let", name: sum.name, value: lanes === 4 ? laneOf(value, i) : value },
          ...body,
        ];
        const fresh = rename(stmts, new Map(defined(stmts).map((name) => [name, k.variable(name, f32).name])));
        k.append(substitute(fresh, lane.name, constantInt(i)));
      }
  }

  const sizes = { lhsSize: elements(lhs.type.shape), outSize: elements(result.type.shape) };
  const names = { lhsName: bufferName(lhs), packedName: bufferName(packed) };
  const mostScratch = kernelScratch(anchor) / 4;
  const made = (on: Machine): { readonly kernel: Kernel; readonly args: readonly (Value | null)[] } => {
    const values: Value[] = [lhs, packed];
    const spec = { name, origin, dims, ...sizes, ...names, mostScratch, epilogue: epilogue(values) };
    const kernel = contractionKernel(spec, on);
    // The totals of long sums come last.
    const args = kernel.buffers.map((_, i) => values[i] ?? null);
    return { kernel: { ...kernel, body: uniqueNames(kernel.body) }, args };
  };
  const { kernel, args } = made(machine);
  if (machine.strictTile === null) return { kernel, args };
  const strict = made(strictly(machine)).kernel;
  const isOther = printKernel(strict) !== printKernel(kernel);
  const fits =
    strict.buffers.length === kernel.buffers.length &&
    strict.buffers.every(({ size }, i) => size === kernel.buffers[i]?.size);
  return { kernel: isOther && fits ? { ...kernel, strict: strict.body } : kernel, args };
}

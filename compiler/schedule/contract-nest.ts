import { isSummed, sizeOf, sumBlocks, withRole } from "../graph/contraction.ts";
import { resultOf } from "../graph/facts.ts";
import type { GroupView } from "../graph/groups.ts";
import type { Node, Value } from "../graph/ir.ts";
import type { Contraction, ContractionDim } from "../graph/op.ts";
import type { KernelBuilder, Register } from "../kernel/build.ts";
import { addBlock, valueOf } from "../kernel/compensated.ts";
import { f32, type Buffer, type Expr } from "../kernel/ir.ts";
import { present } from "../support/invariant.ts";
import { at } from "../support/lists.ts";
import { defaultMachine } from "../support/machine.ts";
import type { Evaluator } from "./evaluator.ts";
import { contractionOf, loops, storeAll } from "./nest-parts.ts";

type Dims = readonly ContractionDim[];
type Strided = "lhs" | "rhs" | "out";

/** A product as plain loops, for shapes that the tiled kernel does not suit; its sums have the same order. */
export function contract(
  k: KernelBuilder,
  root: Evaluator,
  group: GroupView,
  anchor: Node,
  buffers: ReadonlyMap<Value, Buffer>,
): void {
  const { dims, panel } = contractionOf(anchor);
  const [lhs, rhs] = anchor.operands.map((value) => present(buffers.get(value), "a product's operands are in memory"));
  const outer = resultLoops(dims);
  const summed = dims.filter(isSummed);
  const result = resultOf(anchor);
  loops(
    k,
    root,
    outer.map((d) => d.size),
    (index, scope) => {
      const add = (sum: Register, r: readonly Expr[]): void => {
        const from = (buffer: "lhs" | "rhs"): Expr =>
          k.add(position(k, index, outer, buffer), position(k, r, summed, buffer));
        const right =
          panel === undefined ? from("rhs") : inPanels(k, [...outer, ...summed], dims, [...index, ...r], panel);
        const [a, b] = [k.load(present(lhs, "lhs"), from("lhs")), k.load(present(rhs, "rhs"), right)];
        sum.set([], k.madd(a, b, sum.at()));
      };
      const value = sumOf(k, summed, add);
      const out = scope.unflat(result.type.shape, position(k, index, outer, "out"));
      storeAll(k, group, buffers, out, scope.within([], new Map([[result, k.let(value, "acc")]])));
    },
  );
}

/**
 * The dims of the result, outermost first. In memory order: in a depthwise convolution, the groups, whose neighbours
 * share a vector, are innermost. A dim that is too short for a vector changes places with the longest.
 */
function resultLoops(dims: Dims): Dims {
  const outer = dims.filter((dim) => !isSummed(dim) && dim.size !== 1).toSorted((a, b) => b.out - a.out);
  const longest = outer.toSorted((a, b) => b.size - a.size)[0];
  if (longest === undefined || (outer.at(-1)?.size ?? 0) >= defaultMachine.lanes) return outer;
  return [...outer.filter((dim) => dim !== longest), longest];
}

/** The sum over the dims of the terms that `add` adds, in blocks. */
function sumOf(k: KernelBuilder, dims: Dims, add: (sum: Register, index: readonly Expr[]) => void): Expr {
  const { outer, cut, inner } = sumBlocks(dims);
  const over = (some: Dims, before: readonly Expr[], body: (index: readonly Expr[]) => void): void => {
    const [dim, ...rest] = some;
    if (dim === undefined) return body(before);
    k.loop("r", 0, dim.size, 1, (i) => over(rest, [...before, i], body));
  };
  if (cut === null) {
    const sum = k.register("acc", [], f32, 0);
    over(inner, [], (index) => add(sum, index));
    return sum.at();
  }
  const { dim, piece } = cut;
  const total = { hi: k.register("hi", [], f32, 0), lo: k.register("lo", [], f32, 0) };
  over(outer, [], (before) =>
    k.loop("block", 0, Math.ceil(dim.size / piece), 1, (block) => {
      const from = k.mul(block, k.int(piece));
      const sum = k.register("acc", [], f32, 0);
      const count = dim.size % piece === 0 ? k.int(piece) : k.let(k.min(k.sub(k.int(dim.size), from), k.int(piece)));
      k.loop("r", 0, count, 1, (i) => over(inner, [...before, k.add(from, i)], (index) => add(sum, index)));
      addBlock(k, total, sum.at());
    }),
  );
  return valueOf(k, { hi: total.hi.at(), lo: total.lo.at() });
}

const position = (k: KernelBuilder, index: readonly Expr[], of: Dims, buffer: Strided): Expr =>
  of.reduce((sum, dim, i) => k.add(sum, k.mul(at(index, i), k.int(dim[buffer]))), k.int(0));

/**
 * The flat index in [batch, panels, K, width]; `at` are the indices of `looped`, which are the dims in another order.
 */
function inPanels(k: KernelBuilder, looped: Dims, dims: Contraction["dims"], at: readonly Expr[], width: number): Expr {
  const rank = (of: Dims): Expr =>
    of.reduce((sum, dim) => k.add(k.mul(sum, k.int(dim.size)), at[looped.indexOf(dim)] ?? k.int(0)), k.int(0));
  const [batch, columns, reduced] = [withRole(dims, "batch"), withRole(dims, "column"), withRole(dims, "reduced")];
  const column = k.let(rank(columns));
  const panel = k.add(k.mul(rank(batch), k.int(Math.ceil(sizeOf(columns) / width))), k.div(column, k.int(width)));
  const row = k.add(k.mul(panel, k.int(sizeOf(reduced))), rank(reduced));
  return k.add(k.mul(row, k.int(width)), k.rem(column, k.int(width)));
}

import type { ContractionDim } from "../graph/op.ts";
import type { KernelBuilder } from "../kernel/build.ts";
import type { Expr } from "../kernel/ir.ts";
import { present } from "../support/invariant.ts";

/** The index of a result element. */
export interface OutputSite {
  /** Flat index in the dense row-major result. */
  readonly out: Expr;
  /** The column: the flat index over the dims that have a stride in rhs and out. */
  readonly column: Expr;
  /** Index along a batch dim or a row dim, by name. */
  readonly dim: (name: string) => Expr;
}

/** The offset of a column in the result, and whether neighbouring columns are contiguous there. */
export interface ColumnOffset {
  readonly contiguous: boolean;
  readonly offset: (column: Expr) => Expr;
}

export function columnOffset(k: KernelBuilder, columns: readonly ContractionDim[]): ColumnOffset {
  const [only, ...more] = columns;
  if (only === undefined) return { contiguous: true, offset: () => k.int(0) };
  if (more.length === 0) return { contiguous: only.out === 1, offset: (column) => k.mul(column, only.out) };
  return {
    contiguous: false,
    offset: (column) => {
      let [sum, rest]: [Expr, Expr] = [k.int(0), column];
      for (const [index, dim] of [...columns.entries()].reverse()) {
        sum = k.add(sum, k.mul(index === 0 ? rest : k.rem(rest, dim.size), dim.out));
        rest = k.div(rest, dim.size);
      }
      return sum;
    },
  };
}

/**
 * Indices along the original dims. A loop may cover several merged dims, or a part of a split one; then the index is
 * computed from the flat index in the dense result (`at`, without the column's offset).
 */
export function indexOf(
  k: KernelBuilder,
  original: readonly ContractionDim[],
  loops: readonly { readonly dim: ContractionDim; readonly index: Expr }[],
  at: Expr,
): OutputSite["dim"] {
  return (name) => {
    const dim = present(
      original.find((candidate) => candidate.name === name),
      `unknown dim ${name}`,
    );
    if (dim.size === 1) return k.int(0);
    const same = loops.find((loop) => loop.dim.out === dim.out && loop.dim.size === dim.size);
    return same?.index ?? k.rem(k.div(at, dim.out), dim.size);
  };
}

import { invariant, present } from "../../compiler/support/invariant.ts";
import type { Contraction, ContractionDim, Form, Line, NdArray, Site } from "../../compiler/graph/op.ts";
import { KernelBuilder } from "../../compiler/kernel/build.ts";
import { evaluateKernel } from "../../compiler/kernel/evaluate.ts";
import { valueOf, withBlock } from "../../compiler/kernel/compensated.ts";
import { type Buffer, type Expr, type Kernel, f32, registerOf } from "../../compiler/kernel/ir.ts";
import { orderedBy, type Scope, summation } from "../../compiler/schedule/sum-nest.ts";
import { needsTotals } from "../../compiler/support/sum-order.ts";
import { elements, strides, type TensorType } from "../../compiler/types/tensor-type.ts";
import { type Case, memoryOf } from "./values.ts";

// Builds the simplest kernel of a form: nested scalar loops, one store per element; of the schedule only the order of
// sums.

const siteOf = ({ node }: Case): Site => ({
  operands: node.operands.map((v) => v.type),
  results: node.results.map((v) => v.type),
  attrs: node.attrs,
});

/**
 * The first result of an op, computed by its form in the kernel interpreter; null if the form does not support this
 * use.
 */
export function evaluateForm(at: Case): Float64Array | null {
  const site = siteOf(at);
  const result = present(site.results[0], "an op has a result");
  const made = kernelOf(at.node.op.form, site, result);
  if (made === null) return null;
  const output = memoryOf({ type: result, data: new Float64Array(elements(result.shape)) });
  const operands: [string, NdArray][] = at.operands.map((operand, i) => [made.operands[i]?.name ?? "", operand]);
  evaluateKernel(made.kernel, {
    ...Object.fromEntries(operands.map(([name, operand]) => [name, memoryOf(operand)])),
    [made.out.name]: output,
  });
  return Float64Array.from(output);
}

interface Made {
  readonly kernel: Kernel;
  readonly operands: readonly Buffer[];
  readonly out: Buffer;
}

const element = ({ dtype }: TensorType): Exclude<TensorType["dtype"], "f64"> => (dtype === "f64" ? "f32" : dtype);

function kernelOf(form: Form, site: Site, result: TensorType): Made | null {
  const k = new KernelBuilder();
  const operands = site.operands.map((type, i) => k.buffer(`x${i}`, element(type), elements(type.shape), "in"));
  const out = k.buffer("out", element(result), elements(result.shape), "inout");
  if (!write(k, form, site, result, operands, out)) return null;
  return { kernel: k.build("form", ""), operands, out };
}

function write(
  k: KernelBuilder,
  form: Form,
  site: Site,
  result: TensorType,
  operands: readonly Buffer[],
  out: Buffer,
): boolean {
  const read = (i: number, at: readonly Expr[]): Expr =>
    k.load(present(operands[i], `operand ${i} exists`), flat(k, strides(site.operands[i]?.shape ?? []), at));
  const store = (at: readonly Expr[], value: Expr): void => k.store(out, flat(k, strides(result.shape), at), value);
  switch (form.kind) {
    case "leaf":
    case "scan":
    case "while":
    case "cond":
    case "inline":
      return false;
    case "view":
      loops(k, [elements(result.shape)], (at) =>
        k.store(out, at[0] ?? 0, k.load(present(operands[0], "a view looks at something"), at[0] ?? 0)),
      );
      return true;
    case "pointwise":
      loops(k, result.shape, (at) =>
        store(
          at,
          form.scalar(
            k,
            operands.map((_, i) => read(i, at)),
            site,
          ),
        ),
      );
      return true;
    case "map":
      loops(k, result.shape, (at) => store(at, form.element(k, at, read, site)));
      return true;
    case "pieces": {
      const background = form.background(site);
      if (background !== null)
        loops(k, result.shape, (at) => k.store(out, flat(k, strides(result.shape), at), background));
      for (const { operand, start, stride } of form.pieces(site))
        loops(k, site.operands[operand]?.shape ?? [], (d) =>
          store(
            d.map((i, a) => k.add(k.mul(i, stride[a] ?? 1), start[a] ?? 0)),
            read(operand, d),
          ),
        );
      return true;
    }
    case "reduce":
      loops(k, result.shape, (at) => {
        const combine = orderedBy({ form }, result);
        if (combine !== null) {
          const step = (acc: Expr, r: readonly Expr[]): Expr =>
            present(form.step(k, [acc], at, r, read, site)[0], "a step");
          const sum = { extents: form.extents(site), alongLast: form.alongLast(site), combine, step };
          return store(at, summation(k, anywhere, sum));
        }
        const init = present(form.init(site)[0], "a reduction starts somewhere");
        const acc = k.register("acc", [], { scalar: registerOf(element(result)), lanes: 1 }, init);
        loops(k, form.extents(site), (r) =>
          acc.set([], present(form.step(k, [acc.at()], at, r, read, site)[0], "a step")),
        );
        store(at, acc.at());
      });
      return true;
    case "scatter": {
      const from = form.base;
      loops(k, result.shape, (at) =>
        store(
          at,
          from === null ? k.const({ scalar: registerOf(element(result)), lanes: 1 }, form.init(site)) : read(from, at),
        ),
      );
      const totals =
        form.combine === "add" && needsTotals(form.mostTerms(site))
          ? k.register("rest", [elements(result.shape)], f32, 0)
          : null;
      loops(k, form.domain(site), (d) => {
        const { at, when } = form.target(k, d, read, site);
        invariant(when === null, "no op leaves elements out");
        const offset = k.let(flat(k, strides(result.shape), at));
        const value = form.value(k, d, read, site);
        if (totals === null)
          return k.store(out, offset, form.combine === "put" ? value : k[form.combine](k.load(out, offset), value));
        const { hi, lo } = withBlock(k, { hi: k.load(out, offset), lo: totals.at(offset) }, value);
        k.store(out, offset, hi);
        totals.set([offset], lo);
      });
      if (totals !== null)
        loops(k, [elements(result.shape)], ([at = k.int(0)]) =>
          k.store(out, at, valueOf(k, { hi: k.load(out, at), lo: totals.at(at) })),
        );
      return true;
    }
    case "lines": {
      const axis = form.axis(site);
      loops(k, result.shape.toSpliced(axis, 1), (index) => {
        const indexAt = (at: Expr): readonly Expr[] => index.toSpliced(axis, 0, at);
        const line: Line = {
          size: result.shape[axis] ?? 1,
          read: (operand, at) => read(operand, indexAt(at)),
          load: (at) => k.load(out, flat(k, strides(result.shape), indexAt(at))),
          store: (at, value) => store(indexAt(at), value),
        };
        form.line(k, line, site);
      });
      return true;
    }
    case "contract": {
      const contraction = form.contraction(site);
      if (contraction === null) return false;
      const { dims } = contraction;
      const sums = k.register("sums", [elements(result.shape)], f32, 0);
      const position = (at: readonly Expr[], buffer: "lhs" | "rhs" | "out"): Expr =>
        buffer === "rhs" && contraction.panel !== undefined
          ? panelPosition(k, contraction, contraction.panel, at)
          : flat(
              k,
              dims.map((d) => d[buffer]),
              at,
            );
      loops(
        k,
        dims.map((d) => d.size),
        (at) => {
          const [lhs, rhs] = [present(operands[0], "lhs"), present(operands[1], "rhs")];
          const to = k.let(position(at, "out"));
          sums.set([to], k.madd(k.load(lhs, position(at, "lhs")), k.load(rhs, position(at, "rhs")), sums.at(to)));
        },
      );
      loops(k, [elements(result.shape)], (at) => k.store(out, at[0] ?? 0, sums.at(at[0] ?? 0)));
      return true;
    }
  }
}

/** A scope without ranges. */
interface Anywhere extends Scope<Anywhere> {}
const anywhere: Anywhere = { within: () => anywhere };

type Role = "batch" | "n" | "k";

/** The offset of an element in [batch, panels, K, width]. */
function panelPosition(k: KernelBuilder, { dims }: Contraction, width: number, at: readonly Expr[]): Expr {
  const roleOf = ({ lhs, rhs, out }: ContractionDim): Role | "m" =>
    rhs === 0 ? "m" : lhs === 0 ? "n" : out === 0 ? "k" : "batch";
  const count = (role: Role): number => dims.reduce((n, dim) => (roleOf(dim) === role ? n * dim.size : n), 1);
  const rank = (role: Role): Expr =>
    dims.reduce((n, dim, i) => (roleOf(dim) === role ? k.add(k.mul(n, dim.size), at[i] ?? 0) : n), k.int(0));
  const column = k.let(rank("n"));
  const index = [rank("batch"), k.div(column, width), rank("k"), k.rem(column, width)];
  return flat(k, strides([count("batch"), Math.ceil(count("n") / width), count("k"), width]), index);
}

const flat = (k: KernelBuilder, steps: readonly number[], at: readonly Expr[]): Expr =>
  at.reduce((sum, i, axis) => k.add(sum, k.mul(i, k.int(steps[axis] ?? 0))), k.int(0));

function loops(
  k: KernelBuilder,
  shape: readonly number[],
  body: (at: readonly Expr[]) => void,
  at: readonly Expr[] = [],
): void {
  const [extent, ...rest] = shape;
  if (extent === undefined) return body(at);
  k.loop("i", 0, extent, 1, (i) => loops(k, rest, body, [...at, i]));
}

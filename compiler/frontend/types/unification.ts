import type { DimExpr, TypeExpr } from "../../../dsl/ast.ts";
import type { Label } from "../../../dsl/diagnostic.ts";
import type { Span } from "../../../dsl/span.ts";
import type { Env, PackValue, Tensor } from "../context.ts";
import { dtypeNamed, unifyDim, isUnknown, namesIn, packKey, reportDtype, text, type Reach } from "./dims.ts";
import { differInLastAxis } from "../../types/tensor-type.ts";
import { isDtype } from "./dtypes.ts";
import { report, type Code } from "../errors.ts";
import { isPack, showTensor } from "../values/values.ts";

export type TensorTypeExpr = TypeExpr & { readonly kind: "tensor" };

/** What is being unified, for messages: `x` of `dense`, at its argument. */
export interface Subject {
  readonly code: Code;
  readonly says: string;
  readonly span: Span;
  readonly reach: Reach;
  /** A likely fix of the dtype. */
  readonly help?: string | undefined;
}

/** A dim with unknown names, which another argument may bind. */
export interface Postponed {
  readonly dim: DimExpr;
  readonly axis: number;
  readonly tensor: Tensor;
  readonly type: TensorTypeExpr;
  readonly subject: Subject;
}

/** Unifies a tensor with a type of a signature and binds its free names. False after a report. */
export function unifyTensor(
  env: Env,
  type: TensorTypeExpr,
  t: Tensor,
  subject: Subject,
  postponed: Postponed[],
): boolean {
  const names = type.dims.flatMap((dim) => (isPack(dim) ? [packKey(dim.name.text)] : namesIn(dim)));
  if (subject.reach === "all" && isUnknown(env, [...(isDtype(type.dtype.text) ? [] : [type.dtype.text]), ...names]))
    return false;
  if (!unifyDtype(env, type, t, subject)) return false;
  const packs = type.dims.filter(isPack);
  if (packs.length > 1) {
    report(env.context, "E0308", type.span, "a type can have at most one pack");
    return false;
  }
  const shape = t.value.type.shape;
  const fixed = type.dims.length - packs.length;
  if (packs.length === 0 ? shape.length !== fixed : shape.length < fixed)
    return mismatch(
      env,
      type,
      t,
      subject,
      `it has ${axes(shape.length)}, expected ${packs.length > 0 ? "at least " : ""}${fixed}`,
    );
  let axis = 0;
  let good = true;
  for (const dim of type.dims) {
    if (isPack(dim)) {
      const count = shape.length - fixed;
      good =
        unifyPack(
          env,
          dim.name.text,
          {
            kind: "pack",
            sizes: shape.slice(axis, axis + count),
            symbols: t.symbols.slice(axis, axis + count),
            start: axis,
          },
          type,
          t,
          subject,
        ) && good;
      axis += count;
    } else {
      good = unifyAxis(env, { dim, axis, tensor: t, type, subject }, postponed) && good;
      axis++;
    }
    if (!good) return false;
  }
  return true;
}

const axes = (n: number): string => (n === 1 ? "1 axis" : `${n} axes`);

/** Unifies the postponed dims, after all arguments. */
export function unifyPostponed(env: Env, postponed: readonly Postponed[]): boolean {
  return postponed.every((p) => {
    const again: Postponed[] = [];
    if (!unifyAxis(env, p, again)) return false;
    if (again.length === 0) return true;
    report(env.context, "E0307", p.dim.span, `cannot infer the unknown names of \`${text(p.dim)}\``, {
      label: `axis ${p.axis} of ${showTensor(p.tensor)}`,
      help: "a dim can have one unknown name, and only add it to or multiply it by known sizes",
    });
    return false;
  });
}

function unifyAxis(env: Env, p: Postponed, postponed: Postponed[]): boolean {
  const { dim, axis, tensor: t, type, subject } = p;
  if (isPack(dim)) return true;
  const size = t.value.type.shape[axis] ?? 0;
  const met = unifyDim(
    env,
    dim,
    { size, symbol: t.symbols[axis] ?? null },
    `${subject.says} is ${showTensor(t)}`,
    subject.span,
    subject.reach,
  );
  if (met === "ok") return true;
  if (met === "later") {
    postponed.push(p);
    return true;
  }
  return mismatch(env, type, t, subject, `axis ${axis} is ${size}, expected ${met.wanted}`, reasons(env, namesIn(dim)));
}

function unifyDtype(env: Env, type: TensorTypeExpr, t: Tensor, subject: Subject): boolean {
  const { text: name, span } = type.dtype;
  const wanted = dtypeNamed(env.scope, name);
  const actual = t.value.type.dtype;
  if (wanted === null) {
    reportDtype(env, name, span);
    return false;
  }
  if (wanted === "variable") env.scope.bindValue(name, { kind: "string", value: actual }, span);
  else if (wanted !== actual) {
    report(env.context, "E0303", subject.span, `expected ${text(type)} for ${subject.says}, found ${showTensor(t)}`, {
      label: `the dtype is ${actual}, expected ${wanted}`,
      also: declaredAt(env, type, t, subject),
      help: subject.help ?? dtypeHelp(wanted, t),
    });
    return false;
  }
  return true;
}

function dtypeHelp(wanted: string, { from }: Tensor): string {
  const convert = `convert it: convert(x, dtype: "${wanted}")`;
  // Ids and labels are declared with the wrong dtype more often than they are computed as floats.
  const [, name = "", dims = ""] = /^(\w+): *\w+(\[[^\]]*\])?$/.exec(text({ span: from })) ?? [];
  if (wanted !== "i32") return `dtypes are not promoted; ${convert}`;
  return name === ""
    ? `declare it as ${wanted}, or ${convert}`
    : `declare it as \`${name}: ${wanted}${dims}\`, or ${convert}`;
}

function unifyPack(
  env: Env,
  name: string,
  pack: PackValue,
  type: TensorTypeExpr,
  t: Tensor,
  subject: Subject,
): boolean {
  const known = env.scope.own(packKey(name));
  if (known?.kind !== "value" || known.value.kind !== "pack") {
    env.scope.bind(packKey(name), {
      kind: "value",
      value: pack,
      span: subject.span,
      because: `..${name} = [${pack.sizes.join(", ")}], because ${subject.says} is ${showTensor(t)}`,
    });
    return true;
  }
  const wanted = known.value.sizes;
  if (wanted.length === pack.sizes.length && wanted.every((size, k) => size === pack.sizes[k])) return true;
  return mismatch(
    env,
    type,
    t,
    subject,
    `expected ..${name} = [${wanted.join(", ")}], found [${pack.sizes.join(", ")}]`,
    reasons(env, [packKey(name)]),
    squeezeHelp(wanted, pack.sizes, known.span, subject.span),
  );
}

/** Labels that show where the names of a dim got their sizes. */
function reasons(env: Env, names: readonly string[]): Label[] {
  return names.flatMap((name) => {
    const binding = env.scope.find(name);
    if (binding?.kind === "constant") return [{ span: binding.span, says: `\`${name}\` is declared here` }];
    if (binding?.kind !== "value" || binding.span === null || binding.because === undefined) return [];
    return [{ span: binding.span, says: binding.because }];
  });
}

function declaredAt(env: Env, type: TypeExpr, t: Tensor, subject: Subject): Label[] {
  const elsewhere =
    t.from.source !== subject.span.source || t.from.start !== subject.span.start || t.from.end !== subject.span.end;
  return [
    ...(env.context.program.library.has(type.span.source) ? [] : [{ span: type.span, says: "declared here" }]),
    ...(elsewhere && !env.context.program.library.has(t.from.source) ? [{ span: t.from, says: "defined here" }] : []),
  ];
}

function mismatch(
  env: Env,
  type: TensorTypeExpr,
  t: Tensor,
  subject: Subject,
  why: string,
  because: readonly Label[] = [],
  help = fix(type, t),
): boolean {
  report(
    env.context,
    subject.code,
    subject.span,
    `expected ${text(type)} for ${subject.says}, found ${showTensor(t)}`,
    {
      label: why,
      also: [...because, ...declaredAt(env, type, t, subject)],
      help,
    },
  );
  return false;
}

/** If two shapes differ in a last axis of size 1 only; with the arguments that they belong to. */
function squeezeHelp(a: readonly number[], b: readonly number[], ofA: Span | null, ofB: Span): string | undefined {
  const span = a.length > b.length ? ofA : ofB;
  const written = span === null || span.end - span.start > 30 ? "x" : text({ span });
  return differInLastAxis(a, b) ? `drop the last axis of size 1: squeeze(${written}, -1)` : undefined;
}

/** A likely fix of the shape. */
function fix(type: TensorTypeExpr, t: Tensor): string | undefined {
  const rank = t.value.type.shape.length;
  const wanted = type.dims.length;
  if (type.dims.some(isPack)) return undefined;
  const lastFits = t.value.type.shape.at(-1) === Number(text(type.dims.at(-1) ?? type));
  if (wanted === 2 && rank === 3 && lastFits) return "take one step, x[:, -1], or reduce an axis, mean(x, axis: 1)";
  if (wanted === 2 && rank > 2) return "`|> flatten` joins all axes but the first";
  if (rank === wanted - 1) return "index with `_` to add an axis of size 1, as in x[.., _]";
  if (rank === wanted && rank >= 2 && [...t.value.type.shape].reverse().join() === type.dims.map((d) => text(d)).join())
    return "transpose it";
  return undefined;
}

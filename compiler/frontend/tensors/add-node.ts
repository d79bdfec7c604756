import { isWithin, type Span } from "../../../dsl/span.ts";
import { staticIndexOutside } from "../../analysis/static-index.ts";
import { isGradient } from "../../graph/autodiff.ts";
import { type BrokenCondition, brokenCondition, type GraphBuilder } from "../../graph/build.ts";
import type { Attr, Attrs } from "../../graph/ir.ts";
import type { Op, OpName } from "../../graph/op.ts";
import type { Role } from "../../graph/provenance.ts";
import { isFloat, type Shape, type TensorType } from "../../types/tensor-type.ts";
import type { Context, DlValue, Env, Tensor } from "../context.ts";
import { report, userCall } from "../errors.ts";
import { maxNodes, maxNodesWithUpdates, reachLimit } from "../limits.ts";
import { attributionAt } from "../values/attribution.ts";
import { spanKey } from "../values/frames.ts";
import { ERROR, makeTensor, showTensor } from "../values/values.ts";
import { at, product } from "../../support/lists.ts";

export const emptyHelp = "empty tensors are not supported";
const maxElements = 2 ** 31 - 1;

/** Graphs that hold a `gradient`; nodes are only added, so a positive answer is final. */
const withGradients = new WeakSet<GraphBuilder>();

function growsWithParams({ entry, builder }: Context): boolean {
  if (entry === "init") return true;
  if (!withGradients.has(builder) && builder.nodes.some(isGradient)) withGradients.add(builder);
  return withGradients.has(builder);
}

/**
 * Where the arguments of a call of an op are in the source, by operand and attribute; those of a variadic op are all
 * `operands`.
 */
export type ArgumentSpans = ReadonlyMap<string, readonly Span[]>;

/**
 * Adds a node whose operands come from the user: a broken condition is a diagnostic that shows all of them, at the
 * argument that it is about if `args` has exactly one. Returns all results; null after a report.
 */
export function addNodeResults(
  env: Env,
  span: Span,
  op: Op,
  operands: readonly Tensor[],
  given: Attrs = {},
  args: ArgumentSpans = new Map(),
): readonly Tensor[] | null {
  const { builder } = env.context;
  const attrs = { ...op.defaults, ...given };
  const values = operands.map((o) => o.value);
  const types = resultTypes(env, span, op, operands, attrs, args);
  if (types === null) return null;
  if (hasStaticIndexOutside(env, span, { op, operands, results: types, attrs }, args)) return null;
  const [operand] = values;
  // A broadcast number is a constant of the larger shape.
  if (
    op.name === "broadcast" &&
    operand?.node.op.name === "constant" &&
    typeof operand.node.attrs["value"] === "number"
  )
    return types.map((type) => constant(env, span, type, Number(operand.node.attrs["value"])));
  const { length } = builder.nodes;
  if (length >= maxNodes && (length >= maxNodesWithUpdates || !growsWithParams(env.context)))
    reachLimit(env.context, span, "nodes", `has more than ${length} nodes`);
  const results = build(env, span, () => builder.addNode(op, values, attrs).results);
  return results.map((value) => makeTensor(builder, value, span, symbolsOf(op, value.type, operands)));
}

interface IndexUse {
  readonly op: Op;
  readonly operands: readonly Tensor[];
  readonly results: readonly TensorType[];
  readonly attrs: Attrs;
}

/** Reports an index that is known to be out of range; one that is computed at run time counts as the nearest. */
function hasStaticIndexOutside(
  env: Env,
  span: Span,
  { op, operands, results, attrs }: IndexUse,
  args: ArgumentSpans,
): boolean {
  if (op.indices === undefined) return false;
  const { operand, size } = op.indices({ operands: operands.map(({ value }) => value.type), results, attrs });
  const index = staticIndexOutside(at(operands, operand).value, size);
  if (index === null) return false;
  const [argument] = op.operands === "variadic" ? [] : (args.get(at(op.operands, operand)) ?? []);
  const inLibrary = argument === undefined || env.context.program.library.has(argument.source);
  report(env.context, "E0311", inLibrary ? span : argument, `index ${index} is out of range for \`${op.name}\``, {
    label: operands.map(showTensor).join(" · "),
    help: `valid indices are 0 to ${size - 1}${index < 0 ? "; they do not count from the end" : ""}`,
  });
  return true;
}

/** Null after a report. */
function resultTypes(
  env: Env,
  span: Span,
  op: Op,
  operands: readonly Tensor[],
  attrs: Attrs,
  args: ArgumentSpans,
): readonly TensorType[] | null {
  const { context } = env;
  if (operands.some((o) => o.graph !== context.builder)) {
    report(context, "E0506", span, "an initializer can only use static values", {
      label: "this uses a tensor of an entry",
    });
    return null;
  }
  const { shape } = attrs;
  if (Array.isArray(shape) && !allowedShape(env, span, shape.flat())) return null;
  const types = operands.map((o) => o.value.type);
  const broken = brokenCondition(op, types, attrs);
  if (broken !== null) {
    const found = argumentOf(broken, args);
    // In the library, the text of the whole call tells the user more.
    const argument = found === null || context.program.library.has(found.source) ? null : found;
    const outside = argument !== null && !isWithin(argument, span);
    // In the library, the user knows the function that was called, not the ops that it consists of.
    const name = (context.program.library.has(span.source) ? userCall(context)?.name : undefined) ?? op.name;
    report(context, broken.code, argument ?? span, `\`${name}\` requires that ${broken.message}`, {
      label: [...operands.map(showTensor), ...givenAttrs(op, attrs)].join(" · "),
      also: [...(outside ? [{ span, says: "in this call" }] : []), ...origins(operands, span)],
      help: dtypeHelp(broken.message, types) ?? layoutHelp(op, types) ?? rowsHelp(op, types),
    });
    return null;
  }
  const results = op.type(types, attrs, []);
  return results.every((type) => allowedShape(env, span, type.shape)) ? results : null;
}

/** The only argument in the source that the condition is about; null if none or more than one is. */
function argumentOf({ about }: BrokenCondition, args: ArgumentSpans): Span | null {
  const [first, ...more] = new Map(
    about.flatMap((name) => args.get(name) ?? []).map((span) => [spanKey(span), span]),
  ).values();
  return first !== undefined && more.length === 0 ? first : null;
}

/** Default values of window attributes, which messages leave out. */
const usual: ReadonlyMap<string, number> = new Map([
  ["stride", 1],
  ["dilation", 1],
  ["groups", 1],
  ["padding", 0],
]);

/** The attributes of a call that differ from their defaults. */
function givenAttrs(op: Op, attrs: Attrs): string[] {
  const plain = (name: string, attr: Attr): boolean =>
    JSON.stringify(attr) === JSON.stringify(op.defaults[name]) ||
    (usual.has(name) && [attr].flat(2).every((n) => n === usual.get(name)));
  return Object.entries(attrs).flatMap(([name, attr]) =>
    plain(name, attr) ? [] : [`${name}: ${JSON.stringify(attr)}`],
  );
}

/** If an image seems to be channels-first, as in PyTorch. */
function layoutHelp(op: Op, [x]: readonly TensorType[]): string | undefined {
  const [, second = 0, ...rest] = x?.shape ?? [];
  const swapped = rest.length === 2 && second <= 4 && rest.every((size) => size > 4);
  return swapped && /^conv|^window/.test(op.name) ? "images are channels-last: [N, H, W, C]" : undefined;
}

/** If the indices have the axes of x where one axis fewer is expected, or the other way round, or rows are meant. */
function rowsHelp({ name }: Op, [x, indices]: readonly TensorType[]): string | undefined {
  if (!/^(take_along|gather)$/.test(name) || x === undefined || indices === undefined) return undefined;
  if (indices.shape.length === 0) return undefined;
  const [rank, axes] = [x.shape.length, indices.shape.length];
  if (name === "take_along" && axes === rank && sharesAxes(x, indices))
    return "`gather(x, indices, axis: 1)` selects several elements along an axis, and `take_along` one";
  if (name === "gather" && axes === rank - 1 && sharesAxes(x, indices))
    return "`take_along(x, indices, axis: 1)` selects one element along an axis, and `gather` several";
  return "`pick_rows(x, index)` selects rows of each sample: from [B, T, D] and i32[B, K] to [B, K, D]";
}

/** Whether the indices have all sizes of x, in order, but one. */
function sharesAxes({ shape }: TensorType, indices: TensorType): boolean {
  const sizes = (without: number): string => JSON.stringify(shape.toSpliced(without, 1));
  const short = indices.shape.length < shape.length;
  return shape.some(
    (_, axis) => sizes(axis) === JSON.stringify(short ? indices.shape : indices.shape.toSpliced(axis, 1)),
  );
}

/** If a condition requires floats and an operand is not a float. */
const dtypeHelp = (message: string, types: readonly TensorType[]): string | undefined =>
  /\bf32\b/.test(message) && types.some(({ dtype }) => !isFloat(dtype))
    ? 'convert it: convert(x, dtype: "f32")'
    : undefined;

/** False after a report of a shape that is empty or too large. */
export function allowedShape(env: Env, span: Span, shape: Shape): boolean {
  if (shape.includes(0)) {
    report(
      env.context,
      "E0315",
      span,
      `a size must be an int of at least 1, found 0 in the shape [${shape.join(", ")}]`,
      {
        help: emptyHelp,
      },
    );
    return false;
  }
  if (product(shape) <= maxElements) return true;
  report(env.context, "E0316", span, `a tensor of shape [${shape.join(", ")}] is too large`, {
    help: `a tensor can have at most ${maxElements} elements`,
  });
  return false;
}

/** Adds a node for an op by name; returns its first result. */
export function addNode(env: Env, span: Span, op: OpName, operands: readonly Tensor[], attrs: Attrs = {}): DlValue {
  return addNodeResults(env, span, env.context.builder.op(op), operands, attrs)?.[0] ?? ERROR;
}

/** Runs steps of the graph builder; their nodes belong to the text at `span`, and have the role if one is given. */
export const build = <T>(env: Env, span: Span, steps: () => T, role?: Role): T =>
  env.context.builder.attributed(attributionAt(env, span, role), steps);

/** A pointwise op keeps the names of the dims. */
function symbolsOf(op: Op, type: TensorType, operands: readonly Tensor[]): readonly (string | null)[] | undefined {
  if (op.form.kind !== "pointwise") return undefined;
  return type.shape.map((_, axis) => operands.map((o) => o.symbols[axis] ?? null).find((s) => s !== null) ?? null);
}

/** Labels for operands that come from another location. */
export function origins(operands: readonly Tensor[], here: Span): { span: Span; says: string }[] {
  const elsewhere = operands.filter(({ from }) => !isWithin(from, here));
  return elsewhere.map((o) => ({ span: o.from, says: showTensor(o) }));
}

/** A splat of one number. */
export function constant(env: Env, span: Span, type: TensorType, value: number): Tensor {
  return makeTensor(
    env.context.builder,
    build(env, span, () => env.context.builder.constant(type, value)),
    span,
  );
}

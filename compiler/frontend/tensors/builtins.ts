import type { Span } from "../../../dsl/span.ts";
import { elements } from "../../types/tensor-type.ts";
import { present } from "../../support/invariant.ts";
import { product } from "../../support/lists.ts";
import { convertStatic } from "../values/static-types.ts";
import type { Builtin, BuiltinArgs, DlValue, Env, Tensor } from "../context.ts";
import { allowedShape, addNode } from "./add-node.ts";
import { report } from "../errors.ts";
import { einsum } from "./einsum.ts";
import { expand } from "./expand.ts";
import { directionalDerivative, gradientsOf, scalarLoss } from "../training/gradients.ts";
import { numbers } from "./op-calls.ts";
import { withOtherParams } from "../training/other-params.ts";
import { matchesParam } from "../training/param-patterns.ts";
import { paramsUnder, patternsOf } from "../training/param-paths.ts";
import { arg, enumerate, itemsOf, rangeOf, wrong, zip } from "./list-builtins.ts";
import { listByPath, snapshot } from "../training/structured-values.ts";
import { rearrange } from "./rearrange.ts";
import { tap } from "../training/taps.ts";
import { isDtype } from "../types/dtypes.ts";
import { inDtype } from "../values/number-lists.ts";
import { localize } from "../control/regions.ts";
import { randomBits } from "./random.ts";
import {
  bool,
  describe,
  ERROR,
  functionName,
  holdsTensor,
  int,
  ints,
  list,
  makeTensor,
  UNIT,
} from "../values/values.ts";
import { read } from "../values/variables.ts";
import { notTensor } from "../values/not-tensor.ts";

const define = (
  doc: string,
  statics: readonly string[],
  tensors: readonly string[],
  apply: Builtin["apply"],
  optional: readonly string[] = [],
): Builtin => ({
  doc,
  statics,
  optional,
  tensors,
  apply,
});

/**
 * Functions that can be neither ops nor standard library: queries of types, lists, params and gradients, and random
 * bits.
 */
export const builtins: Readonly<Record<string, Builtin>> = {
  shape: define("the sizes of a tensor as a list of ints", [], ["x"], (env, args) =>
    onTensor(env, args, (x) => list(x.value.type.shape.map((size, axis) => int(size, x.symbols[axis] ?? null)))),
  ),
  rank: define("the number of axes of a tensor", [], ["x"], (env, args) =>
    onTensor(env, args, (x) => int(x.value.type.shape.length)),
  ),
  size: define("the number of elements of a tensor", [], ["x"], (env, args) =>
    onTensor(env, args, (x) => int(elements(x.value.type.shape))),
  ),
  axes: define("the axes of a tensor: [0, 1, ...]", [], ["x"], (env, args) =>
    onTensor(env, args, (x) => ints(x.value.type.shape.map((_, axis) => axis))),
  ),
  dtype: define("the dtype of a tensor as a string", [], ["x"], (env, args) =>
    onTensor(env, args, (x) => ({ kind: "string", value: x.value.type.dtype })),
  ),
  len: define("the number of items of a list", ["items"], [], (env, args) => {
    const { value, span } = arg(args, "items");
    return value.kind === "list" || value.kind === "tuple"
      ? int(value.items.length)
      : report(env.context, "E0501", span, `expected a list for \`len\`, found ${describe(value)}`, {
          help: value.kind === "tensor" ? "`shape(x)[0]` is the size of its first axis" : undefined,
        });
  }),
  kind: define(
    "the kind of a value, as a string: int, float, bool, string, list, tuple, record, function or tensor",
    ["value"],
    [],
    (_, args) => ({
      kind: "string",
      value: arg(args, "value").value.kind,
    }),
  ),
  product: define("the product of a list of ints", ["items"], [], (env, args, span) => {
    const { value } = arg(args, "items");
    const found = value.kind === "pack" ? [...value.sizes] : numbers(value, true);
    if (found === null) return wrong(env, span, "expected a list of ints for `product`", value);
    const result = product(found);
    return Number.isSafeInteger(result) ? int(result) : report(env.context, "E0507", span, "the product is too large");
  }),
  set: define("a list with another value at these indices", ["items", "indices", "value"], [], (env, args) =>
    atIndices(env, args, "set", (items, indices) =>
      items.map((item, k) => (indices.has(k) ? arg(args, "value").value : item)),
    ),
  ),
  drop: define("a list without the items at these indices", ["items", "indices"], [], (env, args) =>
    atIndices(env, args, "drop", (items, indices) => items.filter((_, k) => !indices.has(k))),
  ),
  range: define(
    "the ints from 0 to n - 1; with two arguments those from the first to before the second",
    ["n", "end"],
    [],
    rangeOf,
    ["end"],
  ),
  zip: define(
    "two or three lists of one length, item by item: tuples of the items at each index",
    ["a", "b", "c"],
    [],
    zip,
    ["c"],
  ),
  enumerate: define("the items of a list with their indices: tuples (0, a), (1, b), ...", ["items"], [], enumerate),
  map: define("a function of each item of a list", ["function", "items"], [], (env, args, span) =>
    overItems(env, args, span),
  ),
  fold: define(
    "combines the items of a list from left to right: f(f(a, b), c); with `from` f(f(from, a), b)",
    ["function", "items", "from"],
    [],
    (env, args, span) => foldItems(env, args, span),
    ["from"],
  ),
  made_by: define(
    "whether a tensor is the result of this function, as softmax(x) is of softmax",
    ["function"],
    ["x"],
    (env, args, span) => {
      const [fn, x] = [arg(args, "function").value, arg(args, "x").value];
      if (fn.kind !== "function") return wrong(env, span, "expected a function for `made_by`", fn);
      if (x.kind !== "tensor") return wrong(env, span, "expected a tensor for `made_by`", x);
      const { target } = fn;
      const made = target.kind === "callable" ? x.madeBy === target.declaration : false;
      return bool(target.kind === "op" ? x.value.node.op === target.op : made);
    },
  ),
  same_tensor: define(
    "whether two tensors are one value, as in self-attention: multi_head_attention(x, x)",
    [],
    ["a", "b"],
    (env, args, span) => {
      const [a, b] = [arg(args, "a").value, arg(args, "b").value];
      if (a.kind !== "tensor") return wrong(env, span, "expected a tensor for `same_tensor`", a);
      if (b.kind !== "tensor") return wrong(env, span, "expected a tensor for `same_tensor`", b);
      return bool(a.value === b.value);
    },
  ),
  warn: define(
    "warns with the message if a static condition is true",
    ["condition", "message"],
    [],
    (env, args, span) => {
      const [condition, message] = [arg(args, "condition").value, arg(args, "message").value];
      if (isRunTime(env, condition, span)) return UNIT;
      if (condition.kind !== "bool" || message.kind !== "string")
        return wrong(env, span, "expected a static bool and a message for `warn`", condition);
      if (condition.value) report(env.context, "W0504", span, message.value);
      return UNIT;
    },
  ),
  require: define(
    "reports the message, and what to write as help, if a static condition is false",
    ["condition", "message", "help"],
    [],
    (env, args, span) => {
      const [condition, message] = [arg(args, "condition").value, arg(args, "message").value];
      if (isRunTime(env, condition, span)) return UNIT;
      if (condition.kind !== "bool" || message.kind !== "string")
        return wrong(env, span, "expected a static bool and a message for `require`", condition);
      const help = args.get("help")?.value;
      const details = help?.kind === "string" ? { help: help.value } : {};
      return condition.value ? UNIT : report(env.context, "E0504", span, message.value, details);
    },
    ["help"],
  ),
  in_dtype: define(
    "a list of ints as a tensor of this dtype, where a parameter takes a tensor of any dtype; another tensor as it is",
    ["dtype"],
    ["x"],
    (env, args, span) => {
      const [x, dtype] = [arg(args, "x"), arg(args, "dtype").value];
      if (dtype.kind !== "string" || !isDtype(dtype.value))
        return wrong(env, span, "expected a dtype as a string for `in_dtype`", dtype);
      return inDtype(env, x.span, x.value, dtype.value);
    },
  ),
  expand: define(
    "x repeated to a shape, along missing leading axes and axes of size 1",
    ["shape"],
    ["x"],
    (env, args, span) => expand(env, arg(args, "shape"), arg(args, "x"), span),
  ),
  known: define(
    "whether a value is known at compile time; a tensor, such as a setting, is not",
    ["value"],
    [],
    (_, args) => bool(!holdsTensor(arg(args, "value").value)),
  ),
  split: define("equal parts along an axis, as a list", ["parts", "axis"], ["x"], splitParts, ["axis"]),
  random_bits: define(
    "i32 of this shape, all 32 bits random; each use is a new draw",
    ["shape"],
    [],
    (env, args, span) => {
      const { value } = arg(args, "shape");
      const shape = value.kind === "pack" ? [...value.sizes] : numbers(value, true);
      if (shape === null || shape.some((size) => size < 0))
        return wrong(env, span, "expected a shape for `random_bits`", value);
      return allowedShape(env, span, shape) ? randomBits(env, shape, span) : ERROR;
    },
  ),
  params: define(
    'the params of a model or a part of one, as a list of tensors: those that this entry has used so far, or else those that all entries use; `only` is a pattern of paths such as "*.w", or a list of them',
    ["model", "only"],
    [],
    (env, args) => {
      const { value, span } = arg(args, "model");
      const only = patternsOf(env, args.get("only") ?? null);
      const paths = paramsUnder(env, value, span, { only });
      // `at(Net, before)` has the values that it was given.
      const values = value.kind === "function" || value.kind === "path" ? value.values : undefined;
      return paths === null
        ? ERROR
        : list(
            paths.map(
              (path) => values?.get(path) ?? read(env, present(env.context.program.declared.get(path), path), span),
            ),
          );
    },
    ["only"],
  ),
  snapshot: {
    ...define(
      "the params and states of a model or a part of one, as they are here: a record by path, for `Net <- before`, `at(Net, before)` and outputs",
      ["model"],
      [],
      (env, args) => snapshot(env, arg(args, "model")),
    ),
    structured: true,
  },
  by_path: {
    ...define(
      "a list in the order of `params(M)`, such as gradients, as a record by path",
      ["model", "values"],
      [],
      (env, args) => listByPath(env, arg(args, "model"), arg(args, "values")),
    ),
    structured: true,
  },
  matches: define(
    'in an optimizer: whether a pattern of paths such as "*.w", or one of a list, matches the param that it updates',
    ["only"],
    [],
    (env, args, span) => matchesParam(env, arg(args, "only"), span),
  ),
  at: define(
    "a model or layer with other values of its params: a list in the order of `params(M)`, or a record by path",
    ["model", "values"],
    [],
    (env, args) => withOtherParams(env, arg(args, "model"), arg(args, "values")),
  ),
  tap: define(
    "the result of a part of a model in its last application, `tap(Net.conv1)`, or the value of a `let` in the body of a model",
    ["part"],
    [],
    (env, args, span) => localize(env, tap(env, arg(args, "part").value, arg(args, "part").span), span),
  ),
  grad: define(
    "the gradient of a scalar with respect to a tensor or a list of tensors, such as params(M); with `unused: zeros` the loss may depend on none of them",
    ["unused"],
    ["loss", "x"],
    gradient,
    ["unused"],
  ),
  jvp: define(
    "the derivative of y in the direction v of x (forward mode), of the shape of y",
    [],
    ["y", "x", "v"],
    (env, args, span) => directionalDerivative(env, { y: arg(args, "y"), x: arg(args, "x"), v: arg(args, "v") }, span),
  ),
  rearrange: define(
    'splits, joins and permutes named axes: rearrange(x, "n (h p) c -> n h (p c)"); numbers or `sizes` give the sizes of a split axis',
    ["pattern", "sizes"],
    ["x"],
    (env, args, span) =>
      rearrange(env, { pattern: arg(args, "pattern"), x: arg(args, "x"), sizes: args.get("sizes") ?? null }, span),
    ["sizes"],
  ),
  einsum: {
    ...define(
      'sums of products over named axes: einsum("n t d, d h -> n t h", a, b); axes that the result does not name are summed over, a name that an operand has twice is its diagonal: "i i ->" is the trace',
      ["pattern"],
      ["parts"],
      (env, args, span) => einsum(env, arg(args, "pattern"), arg(args, "parts"), span),
    ),
    variadic: true,
  },
};

/** A requirement of the library on a number that is known only at run time cannot be checked. */
const isRunTime = ({ context }: Env, condition: DlValue, span: Span): boolean =>
  condition.kind === "tensor" && context.program.library.has(span.source);

function onTensor(env: Env, args: BuiltinArgs, answer: (x: Tensor) => DlValue): DlValue {
  const { value, span } = arg(args, "x");
  return value.kind === "tensor" ? answer(value) : notTensor(env, span, "expected a tensor", value);
}

/** The indices given by an argument, negative ones counted from the end; null if they are not indices. */
function indicesIn(args: BuiltinArgs): ReadonlySet<number> | null {
  const length = itemsOf(arg(args, "items").value)?.length ?? 0;
  const found = numbers(arg(args, "indices").value, true)?.map((index) => (index < 0 ? index + length : index));
  return found?.every((index) => index >= 0 && index < length) ? new Set(found) : null;
}

/** Changes a list at the given indices; an error for `name` if the arguments are not a list and indices of it. */
function atIndices(
  env: Env,
  args: BuiltinArgs,
  name: string,
  change: (items: readonly DlValue[], indices: ReadonlySet<number>) => readonly DlValue[],
): DlValue {
  const [items, indices] = [arg(args, "items"), indicesIn(args)];
  const found = itemsOf(items.value);
  if (found !== null && indices !== null) return list(change(found, indices));
  const value = found === null ? items.value : arg(args, "indices").value;
  return wrong(env, items.span, `expected a list and valid indices for \`${name}\``, value);
}

function overItems(env: Env, args: BuiltinArgs, span: Span): DlValue {
  const [fn, items] = [arg(args, "function").value, arg(args, "items")];
  const found = itemsOf(items.value);
  if (fn.kind !== "function" || found === null)
    return wrong(env, span, "expected a function and a list for `map`", fn.kind === "function" ? items.value : fn);
  return list(found.map((value) => env.context.call(env, fn, [{ name: null, value, span: items.span }], span)));
}

function foldItems(env: Env, args: BuiltinArgs, span: Span): DlValue {
  const [fn, items] = [arg(args, "function").value, arg(args, "items")];
  const from = args.get("from");
  const [first, ...rest] = [...(from === undefined ? [] : [from.value]), ...(itemsOf(items.value) ?? [])];
  if (fn.kind !== "function" || first === undefined)
    return wrong(
      env,
      span,
      "expected a function and a non-empty list for `fold`",
      fn.kind === "function" ? items.value : fn,
    );
  return rest.reduce<DlValue>(
    (joined, value) =>
      env.context.call(
        env,
        fn,
        [joined, value].map((v) => ({ name: null, value: v, span: items.span })),
        span,
      ),
    first,
  );
}

function splitParts(env: Env, args: BuiltinArgs, span: Span): DlValue {
  const int32 = { kind: "static", name: { text: "int", span }, span } as const;
  const parts = convertStatic(env, arg(args, "parts").value, int32, arg(args, "parts").span, "`parts` of `split`");
  const axisValue = convertStatic(
    env,
    args.get("axis")?.value ?? int(-1),
    int32,
    args.get("axis")?.span ?? span,
    "`axis` of `split`",
  );
  const x = arg(args, "x").value;
  if (parts.kind !== "int" || axisValue.kind !== "int") return ERROR;
  if (x.kind !== "tensor") return notTensor(env, span, "expected a tensor for `split`", x);
  const { shape } = x.value.type;
  const axis = axisValue.value < 0 ? axisValue.value + shape.length : axisValue.value;
  const whole = shape[axis];
  if (whole === undefined)
    return report(env.context, "E0311", span, `axis ${axisValue.value} is out of range`, { label: describe(x) });
  if (parts.value < 1 || whole % parts.value !== 0)
    return report(
      env.context,
      "E0311",
      span,
      `cannot split axis ${axis} of size ${whole} into ${parts.value} equal parts`,
      { label: describe(x) },
    );
  const width = whole / parts.value;
  const symbols = x.symbols.with(axis, null);
  return list(
    Array.from({ length: parts.value }, (_, k) => {
      const part = addNode(env, span, "slice", [x], {
        start: shape.map((_size, a) => (a === axis ? k * width : 0)),
        limit: shape.map((size, a) => (a === axis ? (k + 1) * width : size)),
        stride: shape.map(() => 1),
      });
      return part.kind === "tensor" ? { ...part, symbols } : part;
    }),
  );
}

function gradient(env: Env, args: BuiltinArgs, span: Span): DlValue {
  const loss = scalarLoss(env, arg(args, "loss").value, arg(args, "loss").span);
  const x = arg(args, "x");
  if (loss === null) return ERROR;
  const targets = itemsOf(x.value) ?? [x.value];
  const tensors = targets.filter((t): t is Tensor => t.kind === "tensor");
  if (tensors.length === 0 || tensors.length !== targets.length)
    return report(
      env.context,
      "E0309",
      x.span,
      `expected a tensor or a list of tensors to differentiate by, found ${describe(x.value)}`,
    );
  const unused = args.get("unused");
  if (unused !== undefined && !(unused.value.kind === "function" && functionName(unused.value.target) === "zeros"))
    return wrong(env, unused.span, "expected `zeros` for `unused`", unused.value);
  const found = gradientsOf(env, loss, tensors, span, unused === undefined ? "error" : "zeros");
  if (found === null) return ERROR;
  const made = found.map((g) => makeTensor(env.context.builder, g.value, span, g.symbols));
  return itemsOf(x.value) === null ? (made[0] ?? ERROR) : list(made);
}

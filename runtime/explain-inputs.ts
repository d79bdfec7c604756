import { showValue, withArticle } from "./door.ts";
import { isObject, kindOf } from "./kinds.ts";
import { dtypes } from "./dtype.ts";
import { list, reject } from "./error.ts";
import { isList, isTyped, refuseOf, signature, type Elements, type Parts, type Refuse } from "./input.ts";
import type { Dims } from "./model.ts";
import type { InputSlot, NamedSlot, SessionEntry } from "./session-plan.ts";
import { nearOrAll } from "./suggest.ts";
import { count, sameShape, showType } from "./tensor.ts";

/** An input as read: its elements, which may be the caller's own array, and its shape if it has one. */
interface Given {
  readonly data: Elements;
  readonly shape: readonly number[] | null;
}

/**
 * Explains why inputs fit no variant of an entry. Throws E0810 for names, E0811 for what is not a tensor of the dtype,
 * E0812 and E0813 for sizes.
 */
export function explainInputs(variants: readonly SessionEntry[], inputs: Parts, dims: Dims | undefined): void {
  const entry = variants[0] as SessionEntry;
  checkNames(entry, inputs);
  checkSizes(
    variants,
    entry.inputs.map((slot, i) => readInput(variants, i, inputs[slot.name], refuseOf(entry, slot))),
    dims,
  );
}

function checkNames(entry: SessionEntry, inputs: unknown): void {
  const wanted = entry.inputs.map((slot) => slot.name);
  if (!isObject(inputs))
    return reject(
      "E0810",
      `the inputs of \`${entry.name}\` must be an object, got ${showValue(inputs)}`,
      `pass them by name: { ${wanted.join(", ")} }`,
    );
  const missing = entry.inputs.filter(({ name }) => !Object.hasOwn(inputs, name) || inputs[name] === undefined);
  const unknown = Object.keys(inputs).filter((name) => !wanted.includes(name));
  const [first = ""] = unknown;
  if (unknown.length > 0)
    reject(
      "E0810",
      `\`${entry.name}\` has no input \`${list(unknown)}\``,
      unknown.length === 1 && missing.length === 1
        ? `did you mean \`${missing[0]?.name}\`?`
        : wanted.length === 0
          ? "it has no inputs"
          : nearOrAll(first, wanted, "its inputs are"),
    );
  const [slot] = missing;
  if (slot !== undefined)
    reject("E0810", `\`${entry.name}\` needs the input \`${slot.name}\``, `pass ${signature(missing)}`, slot.at);
}

function readInput(variants: readonly SessionEntry[], i: number, input: unknown, refuse: Refuse): Given {
  const slot = variants[0]?.inputs[i] as NamedSlot;
  if (typeof input === "number" || typeof input === "boolean") return { data: [input as number], shape: [] };
  const { array } = dtypes[slot.dtype];
  if (input instanceof array) return { data: input, shape: null };
  const wanted = array.name;
  const pair = isObject(input) && "data" in input && "shape" in input ? input : null;
  const data = pair === null ? input : pair["data"];
  if (!isList(data))
    return refuse(
      "E0811",
      `is not a tensor: got ${showValue(data)}`,
      `pass ${withArticle(wanted)}, an array of numbers, or { data, shape }`,
    );
  // By name, not `instanceof`: the array may come from another frame or worker.
  if (isTyped(data) && kindOf(data).replace("Uint8Clamped", "Uint8") !== wanted)
    refuse("E0811", `is ${slot.dtype}; got ${showValue(data)}`, `pass ${withArticle(wanted)}`);
  const own = flatten(
    data,
    variants.flatMap(({ inputs }) => sizesOf(inputs[i] as NamedSlot)),
    refuse,
  );
  if (pair === null) return own;
  const { shape } = pair;
  if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && size >= 0))
    return refuse("E0811", "has a `shape` that is not a list of sizes");
  if (own.shape === null ? count(shape) !== data.length : !sameShape(shape, own.shape))
    refuse("E0811", `has ${extent(own)}, but its shape [${shape.join(",")}] needs ${count(shape)} elements`);
  return { data: own.data, shape };
}

/** More than any tensor has; an array that contains itself has no end. */
const deepest = 32;

const sizesOf = ({ shape }: NamedSlot): readonly number[] => [count(shape), ...shape];

/**
 * The elements of nested arrays in order, with their shape. A flat array is its own elements. More than the largest of
 * `sizes` fit no variant: they are not read, because they may be billions.
 */
function flatten(data: ArrayLike<unknown>, sizes: readonly number[], refuse: Refuse): Given {
  const shape: number[] = [];
  for (let row: unknown = data; isList(row) && shape.length <= deepest; row = row[0]) shape.push(row.length);
  const tooMany = Math.max(count(shape), ...shape) > Math.max(...sizes);
  if (tooMany || isTyped(data) || (shape.length === 1 && !(data as readonly unknown[]).some(isList)))
    return { data: data as Elements, shape: shape.length === 1 ? null : shape };
  const elements: unknown[] = [];
  const walk = (row: unknown, at: readonly number[]): void => {
    const size = shape[at.length];
    if (size === undefined && !isList(row)) elements.push(row);
    else if (!isList(row) || row.length !== size || at.length >= deepest)
      refuse(
        "E0811",
        `has ${isList(row) ? `${row.length} elements` : showValue(row)} at [${at.join(", ")}]`,
        `nested arrays must be even: expected ${size === undefined ? "a number" : `${size} elements`}`,
      );
    else for (let i = 0; i < size; i++) walk(row[i], [...at, i]);
  };
  walk(data, []);
  return { data: elements as readonly number[], shape };
}

function checkSizes(variants: readonly SessionEntry[], inputs: readonly Given[], dims: Dims = {}): void {
  const { name } = variants[0] as SessionEntry;
  const known = [...new Set(variants.flatMap((variant) => Object.keys(variant.dims)))];
  for (const dim of Object.keys(dims))
    if (!known.includes(dim))
      reject(
        "E0818",
        `\`${name}\` has no dim \`${dim}\``,
        known.length === 0 ? undefined : nearOrAll(dim, known, "its dims are"),
      );
  const candidates = variants.filter((variant) =>
    Object.entries(dims).every(([dim, size]) => variant.dims[dim] === size),
  );
  const fits = candidates.filter((variant) => variant.inputs.every((slot, i) => hasSize(slot, inputs[i] as Given)));
  const [fit] = fits;
  if (fits.length === 1) return;
  const accepted = list((fit === undefined ? variants : fits).map(({ inputs: slots }) => `(${signature(slots)})`));
  if (fit !== undefined)
    reject(
      "E0813",
      `the inputs match several variants of \`${name}\`: ${accepted}`,
      "choose one with the `dims` option",
    );
  const [only] = candidates;
  if (candidates.length === 1 && only !== undefined)
    only.inputs.forEach((slot, i) => {
      const given = inputs[i] as Given;
      if (!hasSize(slot, given))
        refuseOf(only, slot)("E0812", `has ${extent(given)}`, `it is ${needs(slot)}${otherSize(slot, given)}`);
    });
  const [first] = variants;
  const given = first?.inputs.map((slot, i) => `${slot.name} with ${extent(inputs[i] as Given)}`) ?? [];
  reject(
    "E0812",
    `\`${name}\` was not compiled for ${candidates.length === 0 ? "these dims" : list(given)}`,
    `it accepts ${accepted}`,
  );
}

/** `; build a variant for N = 3` if the input would fit then. */
function otherSize({ shape, axes = [] }: InputSlot, { data, shape: given }: Given): string {
  for (const [axis, dim] of axes.entries()) {
    const size = given?.[axis] ?? data.length / count(shape.with(axis, 1));
    if (dim !== null && size % 1 === 0 && size > 0 && (given === null || sameShape(given, shape.with(axis, size))))
      return `; build a variant for ${dim} = ${size}`;
  }
  return "";
}

const hasSize = (slot: NamedSlot, { data, shape }: Given): boolean =>
  shape === null ? data.length === count(slot.shape) : sameShape(shape, slot.shape);

const extent = ({ data, shape }: Given): string =>
  shape === null ? `${data.length} elements` : `shape [${shape.join(",")}]`;
const needs = (slot: NamedSlot): string => `${showType(slot)}, ${count(slot.shape)} elements`;

import { isObject, kindOf, showShort } from "./kinds.ts";
import { dtypes } from "./dtype.ts";
import { list, reject } from "./error.ts";
import type { Dims, Input, Inputs, TensorData } from "./model.ts";
import type { InputSlot, NamedSlot, SessionEntry } from "./session-plan.ts";
import { count, sameShape, showType } from "./tensor.ts";

export type Elements = TensorData | readonly (number | boolean)[];

/** One input for each slot of the entry. */
export type Parts = Readonly<Record<string, Input>>;

/** How the inputs of an entry are read; a build has what its entries need. */
export interface InputRules {
  /** The elements to copy in, with all their checks. */
  readonly check: (entry: SessionEntry, slot: InputSlot, data: Elements, size: number) => TensorData;
  /** Resolves inputs that have the structure of a model. */
  readonly parts?: (entry: SessionEntry, inputs: Inputs) => Parts;
  /** Throws an error that says what is wrong about inputs that fit no variant. */
  readonly explain?: (variants: readonly SessionEntry[], inputs: Parts, dims: Dims | undefined) => void;
}

export type Refuse = (code: string, says: string, help?: string) => never;

export const isTyped = (value: unknown): value is TensorData =>
  ArrayBuffer.isView(value) && !(value instanceof DataView);
export const isList = (value: unknown): value is ArrayLike<unknown> => Array.isArray(value) || isTyped(value);

/** Errors about an input name the entry, the input, and where the file declares it. */
export const refuseOf =
  (entry: SessionEntry, slot: NamedSlot): Refuse =>
  (code, says, help) =>
    reject(code, `input \`${slot.name}\` of \`${entry.name}\` ${says}`, help, slot.at);

/**
 * The elements of an input in row-major order, which may be the caller's own array; their values are not checked yet.
 * Null for what is not a tensor of this type.
 */
export function elementsIn(input: unknown, slot: NamedSlot): Elements | null {
  const { shape } = slot;
  if (typeof input === "number" || typeof input === "boolean") return shape.length === 0 ? [input as number] : null;
  if (!isObject(input)) return listed(input, slot);
  const own = input["shape"];
  return Array.isArray(own) && sameShape(own as readonly number[], shape) ? listed(input["data"], slot) : null;
}

function listed(data: unknown, { dtype, shape }: NamedSlot): Elements | null {
  const size = count(shape);
  // By name, not `instanceof`: the array may come from another frame or worker.
  if (isTyped(data))
    return data.length === size && kindOf(data).replace("Clamped", "") === dtypes[dtype].array.name ? data : null;
  if (!Array.isArray(data)) return null;
  if (data.length === size && !data.some(isList)) return data as Elements;
  const elements: unknown[] = [];
  const walk = (row: unknown, axis: number): boolean =>
    axis === shape.length
      ? !isList(row) && elements.push(row) > 0
      : isList(row) && row.length === shape[axis] && Array.from(row).every((each) => walk(each, axis + 1));
  return walk(data, 0) ? (elements as Elements) : null;
}

/** Whether the elements of an input were collected from nested arrays, and must be again after a change. */
export function isNested(input: Input, elements: Elements): boolean {
  const data: unknown = isObject(input) ? input["data"] : input;
  return Array.isArray(data) && data !== elements;
}

/**
 * The variant of an entry that inputs fit, and their elements. Throws E0810 to E0813; without `explain` the error shows
 * what was passed and what the entry takes.
 */
export function matchingVariant(
  variants: readonly SessionEntry[],
  inputs: Inputs,
  rules: InputRules,
  dims: Dims = {},
): { readonly index: number; readonly arrays: readonly Elements[] } {
  const [first] = variants as [SessionEntry];
  const parts = rules.parts === undefined ? (inputs as Parts) : rules.parts(first, inputs);
  const names = Object.keys(parts ?? {});
  const given = first.inputs.map(({ name }) => (names.includes(name) ? parts[name] : undefined));
  const known = names.every((name) => parts[name] === undefined || first.inputs.some((slot) => slot.name === name));
  const fits = variants.flatMap((variant, index) => {
    const arrays = variant.inputs.map((slot, i) => elementsIn(given[i], slot));
    const fit = known && !arrays.includes(null) && Object.keys(dims).every((dim) => variant.dims[dim] === dims[dim]);
    return fit ? [{ index, arrays: arrays as Elements[] }] : [];
  });
  const [fit] = fits;
  if (fit !== undefined && fits.length === 1) return fit;
  rules.explain?.(variants, parts, dims);
  const wanted = variants.map((variant) => `(${signature(variant.inputs)})`).join(" or ");
  const got = list(names.map((name) => `${name}: ${showShort(parts[name])}`));
  return reject(
    fit === undefined ? "E0812" : "E0813",
    `\`${first.name}\` takes ${wanted}; got (${got})`,
    fit === undefined ? "a build with --full says more" : "choose a variant with the `dims` option",
    first.inputs[0]?.at,
  );
}

export const signature = (slots: readonly NamedSlot[]): string =>
  slots.map((slot) => `${slot.name}: ${showType(slot)}`).join(", ");

/**
 * The elements, checked unless the array type guarantees them: JavaScript would convert `undefined` to NaN, a string to
 * its number, and 300 to the u8 44. Those of a list are copied, each read once: reading one may run code of the caller,
 * which may return another value the next time, or run an entry. A bound array may have changed its length, or lost its
 * buffer.
 */
export function checkValues(entry: SessionEntry, slot: NamedSlot, data: Elements, size: number): TensorData {
  const { dtype, shape } = slot;
  if (data.length !== size)
    refuseOf(entry, slot)("E0811", `has ${data.length} elements since it was bound; bind the new array`);
  const typed = ArrayBuffer.isView(data);
  if (typed && dtype !== "bool") return data;
  const stored = typed ? data : new dtypes[dtype].array(size);
  for (let i = 0; i < size; i++) {
    const value = data[i];
    if (typeof value === "number" || typeof value === "boolean") {
      const number = Number(value);
      stored[i] = number;
      if (
        dtype.startsWith("f")
          ? Number.isFinite(number) === Number.isFinite(stored[i])
          : stored[i] === number && (dtype !== "bool" || number < 2)
      )
        continue;
    }
    const found = i in data ? showShort(value) : "a hole";
    refuseOf(entry, slot)(
      "E0814",
      `has ${found}${positionOf(i, shape)}, which is not a number that ${dtype} can represent`,
    );
  }
  return stored;
}

/** ` at [1, 2]`; nothing for a scalar */
export const positionOf = (index: number, shape: readonly number[]): string =>
  shape.length === 0
    ? ""
    : ` at [${shape.map((size, axis) => Math.floor(index / count(shape.slice(axis + 1))) % size).join(", ")}]`;

import { dtypes, type DType, type TensorData } from "./dtype.ts";
import { reject, list } from "./error.ts";
import type { EntryPlan, NamedSlot } from "./plan.ts";
import { count, sameShape, showType } from "./tensor.ts";

/**
 * A typed array of the entry's dtype (Uint8Array also for bool), an array of numbers, one number for a scalar, or data
 * with its shape.
 */
export type Input =
  | TensorData
  | readonly (number | boolean)[]
  | number
  | { readonly data: TensorData | readonly (number | boolean)[]; readonly shape: readonly number[] };
export type Inputs = Readonly<Record<string, Input>>;

export type Elements = TensorData | readonly (number | boolean)[];

interface Given {
  readonly data: Elements;
  readonly shape: readonly number[] | null;
}

function given(input: Input): Given {
  if (typeof input === "number") return { data: [input], shape: [] };
  if (ArrayBuffer.isView(input) || Array.isArray(input)) return { data: input as Elements, shape: null };
  return input as Given;
}

const isGiven = (value: unknown): boolean =>
  typeof value === "number" ||
  Array.isArray(value) ||
  isTyped(value) ||
  (typeof value === "object" &&
    value !== null &&
    "data" in value &&
    (Array.isArray(value.data) || isTyped(value.data)) &&
    "shape" in value &&
    Array.isArray(value.shape));

const isTyped = (value: unknown): boolean => ArrayBuffer.isView(value) && !(value instanceof DataView);

/**
 * The variant of the entry whose dims match the sizes of the inputs. All names, dtypes and sizes are checked before
 * anything runs.
 */
export function matchingVariant(
  variants: readonly EntryPlan[],
  inputs: Inputs,
  dims?: Readonly<Record<string, number>>,
): number {
  const first = variants[0] as EntryPlan;
  checkNames(first, inputs);
  for (const slot of first.inputs) checkKind(first, slot, inputs[slot.name]);
  const fits = variants.flatMap((variant, i) =>
    hasDims(variant, dims) && variant.inputs.every((slot) => hasSize(slot, inputs[slot.name] as Input)) ? [i] : [],
  );
  if (fits.length === 1) return fits[0] as number;
  const known = list(variants.map(signature));
  if (fits.length > 1)
    reject(
      "E0813",
      `the inputs match several variants of \`${first.name}\`: ${known}`,
      "choose one with the `dims` option",
    );
  return reject(
    "E0812",
    `\`${first.name}\` was not compiled for ${list(first.inputs.map((slot) => shown(slot, inputs[slot.name] as Input)))}`,
    `it accepts ${known}`,
  );
}

function checkNames(entry: EntryPlan, inputs: Inputs): void {
  const wanted = entry.inputs.map((slot) => slot.name);
  const inputsOf = wanted.length === 0 ? "it has no inputs" : `its inputs are ${list(wanted)}`;
  const missing = wanted.filter((name) => !Object.hasOwn(inputs, name) || inputs[name] === undefined);
  const unknown = Object.keys(inputs).filter((name) => !wanted.includes(name));
  if (unknown.length > 0) reject("E0810", `\`${entry.name}\` has no input ${list(unknown)}`, inputsOf);
  if (missing.length > 0) reject("E0810", `\`${entry.name}\` needs the input ${list(missing)}`, inputsOf);
}

function checkKind(entry: EntryPlan, slot: NamedSlot, input: Input | undefined): void {
  const wanted = dtypes[slot.dtype].array;
  if (!isGiven(input))
    reject(
      "E0811",
      `input \`${slot.name}\` of \`${entry.name}\` is not a tensor`,
      `pass a ${wanted.name}, an array of numbers, or { data, shape }`,
    );
  const { data, shape } = given(input as Input);
  if (
    ArrayBuffer.isView(data) &&
    !(data instanceof wanted) &&
    !(wanted === Uint8Array && data instanceof Uint8ClampedArray)
  ) {
    reject(
      "E0811",
      `input \`${slot.name}\` of \`${entry.name}\` is ${slot.dtype}; got a ${data.constructor.name}`,
      `pass a ${wanted.name}`,
    );
  }
  if (!ArrayBuffer.isView(data)) checkNumbers(slot, data);
  if (shape !== null && count(shape) !== data.length)
    reject(
      "E0811",
      `input \`${slot.name}\` has ${data.length} elements, but its shape [${shape.join(",")}] needs ${count(shape)}`,
    );
}

/** Rejects what JavaScript would convert silently: `undefined` becomes NaN, a string its number. */
function checkNumbers(slot: NamedSlot, data: readonly unknown[]): void {
  const at = data.findIndex((value) => typeof value !== "number" && typeof value !== "boolean");
  if (at < 0) return;
  const help = Array.isArray(data[at]) ? "pass a flat array, or { data, shape }" : undefined;
  reject("E0811", `input \`${slot.name}\` has an element of type ${typeof data[at]} at index ${at}`, help);
}

const hasDims = (variant: EntryPlan, dims: Readonly<Record<string, number>> | undefined): boolean =>
  dims === undefined || Object.entries(dims).every(([name, size]) => variant.dims[name] === size);

function hasSize(slot: NamedSlot, input: Input): boolean {
  const { data, shape } = given(input);
  return shape === null ? data.length === count(slot.shape) : sameShape(shape, slot.shape);
}

const signature = (variant: EntryPlan): string =>
  `(${variant.inputs.map((slot) => `${slot.name}: ${showType(slot)}`).join(", ")})`;

function shown(slot: NamedSlot, input: Input): string {
  const { data, shape } = given(input);
  return `${slot.name} with ${shape === null ? `${data.length} elements` : `shape [${shape.join(",")}]`}`;
}

const ranges: Readonly<Record<DType, readonly [number, number] | null>> = {
  f32: null,
  f64: null,
  i32: [-(2 ** 31), 2 ** 31 - 1],
  u8: [0, 255],
  i8: [-128, 127],
  bool: [0, 1],
};

/** The elements of an input, which may be the caller's own array. */
export const elementsOf = (input: Input): Elements => given(input).data;

/** Checks the values unless the array type guarantees them: numbers for an integer dtype, bytes for a bool. */
export function checkValues(slot: NamedSlot, data: Elements): void {
  const range = ranges[slot.dtype];
  if (range === null || (ArrayBuffer.isView(data) && slot.dtype !== "bool")) return;
  for (let i = 0; i < data.length; i++) {
    const value = Number(data[i]);
    if (!Number.isInteger(value) || value < range[0] || value > range[1])
      reject(
        "E0814",
        `input \`${slot.name}\` has the value ${value} at index ${i}, which ${slot.dtype} cannot represent`,
      );
  }
}

export function copyInput(to: TensorData, data: Elements): void {
  to.set(data as ArrayLike<number>);
}

// What an input is entered as and an output is shown as, by its type. A user can choose another of the kinds that fit.
import type { SlotType } from "../../../runtime/model.ts";

/** A tensor without its batch axis: what one form enters, or one view shows. */
export interface Sample {
  readonly shape: readonly number[];
  /** How many samples the tensor has. */
  readonly batch: number;
}

/** The dim of the batch, by its usual names; null if the inputs have none. */
export const batchDimOf = (inputs: readonly SlotType[]): string | null =>
  ["N", "B", "batch"].find((name) => inputs.some(({ shape, dims }) => shape.length > 1 && dims[0] === name)) ?? null;

/** The first axis is that of the batch if it is that dim, or has size 1. */
export function sampleOf({ shape, dims }: Pick<SlotType, "shape" | "dims">, batchDim: string | null): Sample {
  const [first = 1, ...rest] = shape;
  const isBatch = (batchDim !== null && dims[0] === batchDim) || (rest.length > 0 && first === 1);
  return isBatch ? { shape: rest, batch: first } : { shape, batch: 1 };
}

export const countOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

export interface ImageSize {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** The size of the image that a sample may be; null if it is none. */
export function imageSize(shape: readonly number[]): ImageSize | null {
  const [a = 1, b = 1, c] = shape;
  switch (shape.length) {
    case 3:
      return a >= 4 && b >= 4 && (c === 1 || c === 3) ? { height: a, width: b, channels: c } : null;
    case 2:
      return a >= 8 && b >= 8 ? { height: a, width: b, channels: 1 } : null;
    case 1:
      for (const channels of [1, 3]) {
        const side = Math.sqrt(a / channels);
        if (side >= 8 && Number.isInteger(side)) return { height: side, width: side, channels };
      }
      return null;
    default:
      return null;
  }
}

/** Whether a sample with the shape of an image is one by default: lists of numbers have such shapes, too. */
function isImage(name: string, shape: readonly number[]): boolean {
  if (imageSize(shape) === null) return false;
  return shape.length === 3 || /image|img|photo|picture|pixel|mask|digit|real|fake|clean|noisy/i.test(name);
}

export type InputKind = "image" | "numbers" | "ids" | "paste";
export type ViewKind = "number" | "bars" | "image" | "classes" | "ids" | "table";

/** Forms with more fields than this are of no use. */
const mostFields = 64;
const mostBars = 1000;

/** The first is the default. */
export function inputKinds(name: string, { dtype, ...slot }: SlotType, batchDim: string | null): readonly InputKind[] {
  const { shape } = sampleOf(slot, batchDim);
  const count = countOf(shape);
  const drawn = imageSize(shape) !== null && ["f32", "f64", "u8"].includes(dtype);
  const kinds: readonly (readonly [InputKind, boolean])[] = [
    ["image", drawn && isImage(name, shape)],
    ["ids", dtype === "i32" && shape.length === 1 && count > 1],
    ["numbers", count <= mostFields],
    ["paste", true],
    ["image", drawn],
  ];
  return chosen(kinds);
}

/** The first is the default. */
export function viewKinds(name: string, { dtype, ...slot }: SlotType, batchDim: string | null): readonly ViewKind[] {
  const { shape } = sampleOf(slot, batchDim);
  const count = countOf(shape);
  const [height = 1, width = 1, channels = 1] = shape;
  const isList = shape.length === 1 && count > 1;
  const hasClasses = shape.length === 3 ? channels > 1 && channels <= 64 : shape.length === 2 && dtype === "i32";
  const kinds: readonly (readonly [ViewKind, boolean])[] = [
    ["number", count === 1],
    ["image", isImage(name, shape)],
    ["classes", hasClasses && height >= 8 && width >= 8],
    ["ids", dtype === "i32" && isList],
    ["bars", isList && count <= mostBars],
    ["table", count > 1],
    ["image", imageSize(shape) !== null],
  ];
  return chosen(kinds);
}

const chosen = <Kind>(kinds: readonly (readonly [Kind, boolean])[]): readonly Kind[] => [
  ...new Set(kinds.filter(([, fits]) => fits).map(([kind]) => kind)),
];

/** One named part of every sample: an image, a label. */
export interface Field {
  /** Shape of one sample's part; `[]` for a label. */
  readonly item: readonly number[];
  readonly data: Uint8Array | Int32Array | Float32Array;
  /** Elements are divided by this when they are converted to f32: 255 for pixels. */
  readonly divisor: number;
}

export interface Split {
  readonly count: number;
  /** By the name of the entry input. */
  readonly fields: ReadonlyMap<string, Field>;
}

export interface Dataset {
  readonly name: string;
  readonly train: Split;
  readonly test: Split;
}

/** Images of one byte per pixel, and their classes. */
export function imagesAndLabels(item: readonly number[], pixels: Uint8Array, labels: Uint8Array): Split {
  return {
    count: labels.length,
    fields: new Map<string, Field>([
      ["image", { item, data: pixels, divisor: 255 }],
      ["label", { item: [], data: labels, divisor: 1 }],
    ]),
  };
}

export const itemSize = (field: Field): number => field.item.reduce((a, b) => a * b, 1);

/** The first `count` samples. */
export function limited(split: Split, count: number): Split {
  if (count >= split.count) return split;
  const cut = (field: Field): Field => ({ ...field, data: field.data.subarray(0, count * itemSize(field)) });
  return { count, fields: new Map([...split.fields].map(([name, field]) => [name, cut(field)])) };
}

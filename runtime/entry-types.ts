import type { DType } from "./dtype.ts";
import type { EntryPlan, NamedSlot } from "./plan.ts";

/** The type of an input or output. */
export interface SlotType {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** The dim whose size each axis has, or null. */
  readonly dims: readonly (string | null)[];
}

/** What a caller can learn about an entry at run time. */
export interface EntryType {
  /** A plain entry computes, `train` trains, `draw` draws new numbers at each call. */
  readonly kind: "plain" | "train" | "draw";
  /** One for each set of dims for which the entry was compiled. */
  readonly variants: readonly {
    readonly dims: Readonly<Record<string, number>>;
    readonly inputs: Readonly<Record<string, SlotType>>;
    readonly outputs: Readonly<Record<string, SlotType>>;
  }[];
}

/** The entries by name, without `init`. */
export function describeEntries(plans: readonly EntryPlan[]): ReadonlyMap<string, EntryType> {
  const names = new Set(plans.map(({ name }) => name).filter((name) => name !== "init"));
  return new Map(
    [...names].map((name) => {
      const own = plans.filter((plan) => plan.name === name);
      const variants = own.map(({ dims, inputs, outputs }) => ({
        dims,
        inputs: typesOf(inputs),
        outputs: typesOf(outputs),
      }));
      return [name, { kind: own[0]?.kind ?? "plain", variants }];
    }),
  );
}

const typesOf = (slots: readonly NamedSlot[]): Readonly<Record<string, SlotType>> =>
  Object.fromEntries(
    slots.map(({ name, dtype, shape, axes = shape.map(() => null) }) => [name, { dtype, shape, dims: axes }]),
  );

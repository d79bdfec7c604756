import type { EntryType, SlotType } from "./model.ts";
import type { NamedSlot, SessionEntry } from "./session-plan.ts";

/** The entries by name, without `init`. */
export function describeEntries(plans: readonly SessionEntry[]): ReadonlyMap<string, EntryType> {
  const entries = new Map<string, EntryType>();
  for (const { name, kind = "plain", dims, inputs, outputs } of plans)
    if (name !== "init")
      entries.set(name, {
        kind,
        variants: [
          ...(entries.get(name)?.variants ?? []),
          { dims, inputs: typesOf(inputs), outputs: typesOf(outputs) },
        ],
      });
  return entries;
}

const typesOf = (slots: readonly NamedSlot[]): Readonly<Record<string, SlotType>> =>
  Object.fromEntries(
    slots.map(({ name, dtype, shape, axes = shape.map(() => null) }) => [name, { dtype, shape, dims: axes }]),
  );

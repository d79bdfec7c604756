import type fc from "fast-check";
import type { Item } from "./item.ts";
import { activations } from "./activations.ts";
import { layers } from "./layers.ts";
import { losses } from "./losses.ts";
import { sequences } from "./sequences.ts";

/** One list per group; add a file `items-<group>.ts` and its line here. */
export const items: readonly Item[] = [...activations, ...layers, ...losses, ...sequences];

/** Items whose arguments are drawn, by what they are uses of. */
export const drawnItems: Readonly<Record<string, fc.Arbitrary<Item>>> = {};

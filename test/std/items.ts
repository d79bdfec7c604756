import type { Item } from "./item.ts";
import { activations } from "./items-activations.ts";
import { layers } from "./items-layers.ts";
import { losses } from "./items-losses.ts";
import { sequences } from "./items-sequences.ts";

/** One list per group; add a file `items-<group>.ts` and its line here. */
export const items: readonly Item[] = [...activations, ...layers, ...losses, ...sequences];

import { activations } from "./activations.ts";
import { functions } from "./functions.ts";
import type { Item } from "./item.ts";
import { layers } from "./layers.ts";
import { losses } from "./losses.ts";
import { sequences } from "./sequences.ts";

/** All handwritten items. */
export const items: readonly Item[] = [...activations, ...layers, ...losses, ...sequences, ...functions];

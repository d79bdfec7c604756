import type { Item } from "./item.ts";
import { activations } from "./items-activations.ts";
import { losses } from "./items-losses.ts";

/** One list per group; add a file `items-<group>.ts` and its line here. */
export const items: readonly Item[] = [...activations, ...losses];

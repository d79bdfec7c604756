import type { Core } from "./core.ts";
import { initialize } from "./initialize.ts";
import type { AnyModel, ModelOf, ResetOptions, TensorData } from "./model.ts";
import { matching } from "./slots.ts";
import { putSnapshot, takeSnapshot } from "./snapshot.ts";

/** The feature `reset`, of modules with code for initial values. */
export const resetting = (core: Core): Pick<ModelOf<AnyModel>, "reset"> => ({
  reset(given: number | ResetOptions) {
    const { plan, buffer, slots } = core;
    const options: ResetOptions = typeof given === "object" ? given : { seed: given };
    const { seed = seedOf(slots.get("rng.seed")), only = "*" } = options;
    const chosen = matching(only, plan.persistent, "reset");
    const before = takeSnapshot(plan.persistent, buffer);
    initialize(core, seed);
    putSnapshot(plan.persistent, buffer, before, (slot) => !chosen(slot));
    core.touch();
  },
});

/** The seed that the two words of the random state are. */
const seedOf = ([low = 0, high = 0]: TensorData | readonly number[] = []): number =>
  (low >>> 0) + (high >>> 0) * 2 ** 32;

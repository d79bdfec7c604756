// For hosts that load nothing themselves: they are given the code and the weights.
import { load } from "./model/module.mjs";
import { trial } from "./trial.mjs";

export const run = async (module, weights) => trial(await load({ module, weights }));

// The service worker of an extension. The harness reads `outcome`.
import { load } from "./model/module.mjs";
import { outcomeOf } from "./outcome.mjs";
import { trial } from "./trial.mjs";

globalThis.outcome = outcomeOf(load().then(trial));

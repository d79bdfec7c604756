// The service worker of an extension. The harness reads `outcome`.
import { load } from "./model/module.mjs";
import { trial } from "./trial.mjs";

globalThis.outcome = load().then((model) => ({ hash: trial(model) }));

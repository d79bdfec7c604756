// workerd: modules of WebAssembly come compiled, and data are modules, too.
import { load } from "./model/module.mjs";
import code from "./model/module.wasm";
import weights from "./model/weights.safetensors";
import { outcomeOf } from "./outcome.mjs";
import { trial } from "./trial.mjs";

const model = load({ module: code, weights });

// The tool that runs it asks for a default export.
export default { fetch: async () => Response.json(await outcomeOf(model.then(trial))) };

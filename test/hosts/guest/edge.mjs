// workerd: modules of WebAssembly come compiled, and data are modules, too.
import code from "./model/module.wasm";
import weights from "./model/weights.safetensors";
import { run } from "./given.mjs";
import { outcomeOf } from "./outcome.mjs";

// The tool that runs it asks for a default export.
export default { fetch: async () => Response.json(await outcomeOf(run(code, weights))) };

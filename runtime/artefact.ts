/*
 * What a built model may contain; `dlc build` links what one model needs.
 */

export { bytesFromBase64 } from "./base64.ts";
export { checked, checkedLoad } from "./checked.ts";
export { jsCode, wasmCode } from "./code-source.ts";
export { DlcError } from "./error.ts";
export { explainInputs } from "./explain-inputs.ts";
export { checkIndices } from "./index-range.ts";
export { initialize } from "./initialize.ts";
export { loader } from "./loader.ts";
export { resetting } from "./reset.ts";
export { settings } from "./settings.ts";
export { withParts } from "./structured-inputs.ts";
export { storing } from "./storing.ts";
export { workerLoader } from "./worker-client.ts";
export { serve, training } from "./worker-server.ts";
export { trainer } from "./worker-train.ts";

import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { builtType, modelTypes } from "../cli/build/declarations.ts";
import { partsOf, sessionPlan } from "../cli/build/model-parts.ts";
import { writeWhole } from "../cli/host/files.ts";
import type { CompiledModule } from "../compiler/index.ts";
import type { Plan } from "../runtime/plan.ts";

/** `net.d.dl.ts`, which TypeScript reads for `net.dl` with `allowArbitraryExtensions`. */
const typesFileOf = (file: string): string => file.replace(/dl$/, "d.dl.ts");

/** What the runtime declares for all models. */
const shared = ["Input", "LoadOptions", "LoadReport", "ModelOf", "ModelTypes", "StateTensor", "Tensor"];

/** The types of a production build, so that a program that type-checks also runs there. */
export function typesOf(file: string, compiled: Pick<CompiledModule, "entries">, plan: Plan): string {
  const own = `${modelTypes(sessionPlan(compiled, plan))}
${builtType(partsOf(compiled, plan, { target: "wasm" }))}
export function load(options?: LoadOptions): Promise<Model>;
`;
  const used = shared.filter((name) => new RegExp(`\\b${name}\\b`).test(own));
  return `// The types of ${basename(file)}, written by dlc when it compiles the file.
import type { ${used.join(", ")} } from "dlc/runtime";
export { DlcError } from "dlc/runtime";

${own}declare const net: { readonly load: typeof load };
export default net;
`;
}

/** Writes the types of a model, unless they are there: a write would wake everything that watches the file. */
export function writeTypes(file: string, types: string): void {
  const path = typesFileOf(file);
  if (!existsSync(path) || readFileSync(path, "utf8") !== types) writeWhole(path, types);
}

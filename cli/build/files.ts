import type { CompiledModule } from "../../compiler/index.ts";
import type { Manifest } from "../../runtime/plan.ts";
import type { Session } from "../../runtime/session.ts";
import { bundle } from "./bundle.ts";
import { declarations } from "./declarations.ts";

export type BuiltFiles = ReadonlyMap<string, string | Uint8Array>;

/** The files of a built model, by name: everything that a page or a script needs, without the compiler. */
export function builtFiles(
  compiled: Pick<CompiledModule, "plan" | "wasm" | "js">,
  session: Session,
  target: "wasm" | "js",
  mode: "fast" | "strict",
): BuiltFiles {
  const { plan } = compiled;
  const files = new Map<string, string | Uint8Array>();
  if (target === "js") files.set("kernels.mjs", compiled.js());
  else if (mode === "fast")
    files.set("module.wasm", compiled.wasm("fast").bytes).set("module.strict.wasm", compiled.wasm("strict").bytes);
  else files.set("module.wasm", compiled.wasm("strict").bytes);
  const code: Manifest["code"] =
    target === "js"
      ? { kind: "js", module: "kernels.mjs" }
      : {
          kind: "wasm",
          relaxed: mode === "fast" ? "module.wasm" : null,
          strict: mode === "fast" ? "module.strict.wasm" : "module.wasm",
        };
  const manifest: Manifest = { format: "dlc-model-1", code, weights: "weights.safetensors", plan };
  return (
    files
      .set("module.mjs", glue())
      .set("module.d.ts", declarations(plan))
      // TypeScript looks for the types of a .mjs file here.
      .set("module.d.mts", 'export * from "./module.js";\n')
      .set("weights.safetensors", session.save())
      .set("manifest.json", `${JSON.stringify(manifest, null, 1)}\n`)
  );
}

/** The runtime as one file, with `load` for the files beside it. */
function glue(): string {
  const runtime = bundle(new URL("../../runtime/load.ts", import.meta.url));
  return `// A compiled model: \`load\` starts it from the files beside this one. Made by dlc; runs in Node and in browsers.\n${runtime}export const load = (options) => loadBuilt(import.meta.url, options);\nexport { DlcError };\n`;
}

import { createHash } from "node:crypto";
import { basename } from "node:path";
import type { CompiledModule } from "../../compiler/index.ts";
import { hashOf } from "../../runtime/hash.ts";
import type { Manifest, Plan } from "../../runtime/plan.ts";
import type { Session } from "../../runtime/session.ts";
import { bundle } from "./bundle.ts";
import { declarations } from "./declarations.ts";

const everything = { settings: true, random: true } as const;

export type BuiltFiles = ReadonlyMap<string, string | Uint8Array>;

/** The files of a built model, by name: everything that a page or a script needs, without the compiler. */
export function builtFiles(
  compiled: Pick<CompiledModule, "plan" | "wasm" | "js">,
  session: Session,
  target: "wasm" | "js",
  mode: "fast" | "strict",
): BuiltFiles {
  const plan = withoutFolders(compiled.plan);
  const code: Manifest["code"] =
    target === "js"
      ? { kind: "js", module: "kernels.mjs" }
      : {
          kind: "wasm",
          relaxed: mode === "fast" ? "module.wasm" : null,
          strict: mode === "fast" ? "module.strict.wasm" : "module.wasm",
        };
  const modules =
    code.kind === "js"
      ? [{ name: code.module, text: compiled.js() }]
      : [
          ...(code.relaxed === null ? [] : [{ name: code.relaxed, bytes: compiled.wasm("fast").bytes }]),
          { name: code.strict, bytes: compiled.wasm("strict").bytes },
        ];
  const runtime = runtimeText();
  const build = buildId([
    runtime,
    JSON.stringify({ code, plan }),
    ...modules.map((module) => ("text" in module ? module.text : module.bytes)),
    session.save(everything),
  ]);
  const manifest: Manifest = { format: "dlc-model-1", build, code, weights: "weights.safetensors", plan };
  const manifestText = `${JSON.stringify(manifest, null, 1)}\n`;
  return new Map<string, string | Uint8Array>([
    ...modules.map(
      (module) =>
        [
          module.name,
          "text" in module ? `${module.text}export const build = "${build}";\n` : withSection(module.bytes, build),
        ] as const,
    ),
    ["module.mjs", glue(runtime, hashOf(new TextEncoder().encode(manifestText)))],
    ["module.d.ts", declarations(plan)],
    // TypeScript looks for the types of a .mjs file here.
    ["module.d.mts", 'export * from "./module.js";\n'],
    ["weights.safetensors", session.save({ ...everything, metadata: { build } })],
    ["manifest.json", manifestText],
  ]);
}

/** A hash of the contents: equal builds have equal ids, and files of different builds do not. */
function buildId(contents: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const content of contents) hash.update(`${content.length}:`).update(content);
  return hash.digest("hex").slice(0, 16);
}

/** Appends a custom section, `build`, to a WebAssembly module. */
function withSection(module: Uint8Array, build: string): Uint8Array {
  const contents = new TextEncoder().encode(`\u0005build${build}`);
  const whole = new Uint8Array(module.length + 2 + contents.length);
  whole.set(module);
  whole.set([0, contents.length, ...contents], module.length);
  return whole;
}

/** A build is the same in every folder. */
const withoutFolders = (plan: Plan): Plan => ({
  ...plan,
  entries: plan.entries.map((entry) => ({
    ...entry,
    inputs: entry.inputs.map((slot) => (slot.at === undefined ? slot : { ...slot, at: basename(slot.at) })),
  })),
});

/** The runtime as one file. */
export const runtimeText = (): string =>
  bundle(new URL("../../runtime/load.ts", import.meta.url), ["loader", "sealedManifest", "DlcError"]);

/** The runtime with `load` for the files beside it. */
const glue = (runtime: string, manifestHash: number): string =>
  `// A compiled model: \`load\` starts it from the files beside this one. Made by dlc; runs in Node and in browsers.\n${runtime}export const load = loader(import.meta.url, sealedManifest(${manifestHash}));\nexport { DlcError };\n`;

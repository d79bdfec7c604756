import { createHash } from "node:crypto";
import type { CompiledModule, ModuleCode } from "../../compiler/index.ts";
import type { Session } from "../../runtime/session.ts";
import type { Plan } from "../../runtime/plan.ts";
import { link } from "./glue/link.ts";
import { glueParts } from "./glue/parts.ts";
import { partsOf, sessionPlan, type ModelParts } from "./model-parts.ts";
import { withSections } from "./sections.ts";
import type { ModuleSizes } from "./kernel-sizes.ts";
import { declarations } from "./declarations.ts";
import { workerFiles } from "./worker-files.ts";
import { builtWeights } from "./weights.ts";

export interface ArtefactOptions {
  readonly target: "wasm" | "js";
  readonly mode: "fast" | "strict";
  /**
   * A session whose params and states the build has; without it the model starts from its seed. The state of its
   * optimizers is reset, unless it is asked for.
   */
  readonly weights?: Session;
  /** Also writes the state of optimizers, so that training continues. */
  readonly optimizerState?: boolean;
  /** All members of a model, with all options and explanations of mistakes. */
  readonly full?: boolean;
  /** Everything in `module.mjs`. */
  readonly inline?: boolean;
  /** Hashes of their contents in the names of the files that `module.mjs` loads. */
  readonly hashed?: boolean;
  /** Also `client.mjs`, which runs the model in a worker. */
  readonly worker?: boolean;
  /** The text of an expression for the URL of a file; by default it is beside `module.mjs`. */
  readonly urlOf?: (file: DataFile) => string;
}

/** A file that `module.mjs` loads. */
export interface DataFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface Artefact {
  readonly files: ReadonlyMap<string, string | Uint8Array>;
  /** What was built: without the code for initial values if the weights are given. */
  readonly code: ModuleCode;
  /** The sizes of its functions. In an inline build the files are parts of `module.mjs`. */
  readonly modules: readonly ModuleSizes[];
}

/** The files of a built model by name: all that a page or a script needs, without the compiler. */
export async function buildArtefact(compiled: CompiledModule, options: ArtefactOptions): Promise<Artefact> {
  const { target, mode, weights, inline = false, hashed = false, urlOf = besideModule } = options;
  const code = weights === undefined ? compiled : compiled.withoutInit();
  const table = await glueParts();
  const parts = partsOf(compiled, code.plan, options);
  const runtime = link(table, parts.roots);
  const plan = sessionPlan(compiled, code.plan);

  const modes = target === "js" ? [] : mode === "fast" ? (["fast", "strict"] as const) : (["strict"] as const);
  const modules = modes.map((each) => code.wasm(each).bytes);
  const script = target === "js" ? code.js() : null;
  const kernels = script?.text ?? "";
  const optimizers = code.plan.persistent.filter(({ role }) => role === "optimizer").map(({ path }) => path);
  if (options.optimizerState !== true && optimizers.length > 0) weights?.reset({ only: optimizers });
  const stored = weights === undefined ? null : (id?: string) => builtWeights(weights, code.plan, id);
  const id = hashOf([runtime.text, kernels, JSON.stringify(plan), ...modules, ...(stored === null ? [] : [stored()])]);

  const place = (name: string, bytes: Uint8Array): DataFile => ({
    name: hashed ? name.replace(/\.(?=\w+$)/, `.${hashOf([bytes]).slice(0, 8)}.`) : name,
    bytes,
  });
  const codeFiles = modes.map((each, i) =>
    place(each === mode ? "module.wasm" : "module.strict.wasm", withSections(modules[i] as Uint8Array, code.plan, id)),
  );
  const weightsFile = stored === null ? null : place("weights.safetensors", stored(id));
  const glue = tail(
    runtime.nameOf,
    { id, plan, parts, inline, urlOf, target, kernels, constants: code.plan.constants },
    codeFiles,
    weightsFile,
  );
  const module = `${banner}${runtime.text}${glue}`;
  const data = inline ? [] : [...codeFiles, ...(weightsFile === null ? [] : [weightsFile])];
  return {
    files: new Map<string, string | Uint8Array>([
      ...data.map(({ name, bytes }) => [name, bytes] as const),
      ["module.mjs", module],
      ["module.d.ts", declarations(table.types, plan, parts)],
      // TypeScript looks for the types of a .mjs file here.
      ["module.d.mts", 'export * from "./module.js";\n'],
      ...(options.worker === true ? workerFiles(table, code.plan, inline ? module : undefined) : []),
    ]),
    code,
    modules:
      script === null
        ? codeFiles.map(({ name }, i) => ({ file: name, functionBytes: code.wasm(modes[i] ?? mode).functionBytes }))
        : [{ file: "module.mjs", functionBytes: script.functionBytes }],
  };
}

const banner = "// A model, by dlc: `load` starts it.\n";

/** Written out, so that a bundler finds the file. */
const besideModule = ({ name }: DataFile): string => `new URL("./${name}",import.meta.url)`;

interface TailFacts {
  readonly id: string;
  readonly plan: unknown;
  readonly parts: ModelParts;
  readonly inline: boolean;
  readonly urlOf: (file: DataFile) => string;
  readonly target: "wasm" | "js";
  readonly kernels: string;
  readonly constants: Plan["constants"];
}

/** The end of `module.mjs`: what this model is made of. */
function tail(
  nameOf: (root: string) => string,
  { id, plan, parts, inline, urlOf, target, kernels, constants }: TailFacts,
  codeFiles: readonly DataFile[],
  weights: DataFile | null,
): string {
  const fileText = (file: DataFile): string =>
    `[${file.bytes.length},()=>${inline ? decoded(Buffer.from(file.bytes).toString("base64")) : urlOf(file)}]`;
  const decoded = (base64: string): string => `${nameOf("bytesFromBase64")}("${base64}")`;
  // In the order of the parameters of `wasmCode`: the module for all hosts first.
  const code =
    target === "js"
      ? `${nameOf("jsCode")}(kernels,[${constants.map(({ offset, base64 }) => `[${offset},${decoded(base64)}]`).join(",")}])`
      : `${nameOf("wasmCode")}(${codeFiles.toReversed().map(fileText).join(",")})`;
  const fields = [
    `id:"${id}"`,
    `plan:${literal(plan)}`,
    `code:${code}`,
    ...(weights === null ? [] : [`weights:${fileText(weights)}`]),
    `rules:{${Object.entries(parts.rules)
      .map(([name, root]) => `${name}:${nameOf(root)}`)
      .join(",")}}`,
    ...(parts.starts ? [`start:${nameOf("initialize")}`] : []),
    ...(parts.checked ? [`checked:${nameOf("checked")}`] : []),
    `features:[${parts.features.map(nameOf).join(",")}]`,
    `lacks:${JSON.stringify(parts.lacks)}`,
  ];
  const own =
    target === "js"
      ? `\nconst kernels=(()=>{${kernels.replace("export function", "function")}return instantiate})();\n`
      : "";
  const loader = `${nameOf("loader")}({${fields.join(",")}})`;
  return `${own}export const load=${parts.checked ? `${nameOf("checkedLoad")}(${loader})` : loader};export{${nameOf("DlcError")} as DlcError};\n`;
}

/** As JSON, but in JavaScript `"__proto__": x` sets a prototype. A quote in a string has a backslash before it. */
const literal = (value: unknown): string => JSON.stringify(value).replaceAll('"__proto__":', '["__proto__"]:');

/** A hash of the contents: equal builds have equal ids, and files of different builds do not. */
function hashOf(contents: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const content of contents) hash.update(`${content.length}:`).update(content);
  return hash.digest("hex").slice(0, 16);
}

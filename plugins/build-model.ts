import { dirname, relative, resolve } from "node:path";
import type { Artefact, DataFile } from "../cli/build/artefact.ts";
import { createResolver } from "../cli/host/resolver.ts";
import { readSource } from "../cli/host/source.ts";
import type { CompiledModule, Resolver } from "../compiler/index.ts";
import type { Diagnostic } from "../dsl/diagnostic.ts";
import { DiagnosticError } from "../dsl/diagnostic-error.ts";
import { DlcError } from "../runtime/error.ts";
import type { ModelOptions } from "./options.ts";
import { typesOf } from "./types-file.ts";

/** A `.dl` file as a module, or what is wrong with it. */
export type BuiltModel = {
  /** Other files that were read; the build is stale when one of them changes. */
  readonly reads: readonly string[];
} & (
  | { readonly kind: "failed"; readonly errors: readonly Diagnostic[] }
  | {
      readonly kind: "built";
      /** Exports `load` and `DlcError`; the default export is an object with `load`. */
      readonly code: string;
      /** The text of `net.d.dl.ts`. */
      readonly types: string;
      readonly warnings: readonly Diagnostic[];
    }
);

/** `urlOf`: see the options of `buildArtefact`. */
export async function buildModel(
  file: string,
  options: ModelOptions,
  urlOf: (file: DataFile) => string,
): Promise<BuiltModel> {
  const reads = new Set<string>();
  try {
    const compiled = await compiledFile(file, options, (path) => reads.add(path));
    const weights = options.weights === undefined ? undefined : resolve(dirname(file), options.weights);
    if (weights !== undefined) reads.add(weights);
    const { code, files } = await artefactOf(compiled, options, weights, urlOf);
    return {
      kind: "built",
      code: `${String(files.get("module.mjs"))}export default{load};\n`,
      types: typesOf(file, compiled, code.plan),
      warnings: compiled.warnings,
      reads: [...reads],
    };
  } catch (error) {
    return { kind: "failed", errors: diagnosticsOf(error), reads: [...reads] };
  }
}

/** How messages name a file. */
function nameOf(file: string): string {
  const name = relative(process.cwd(), file);
  return name.startsWith("..") ? file : name;
}

async function compiledFile(
  file: string,
  { dims, variants, entries, taps, mode, target }: ModelOptions,
  read: (path: string) => void,
): Promise<CompiledModule> {
  // Bundlers that find no `.dl` file do not load the compiler.
  const { compileModule } = await import("../compiler/index.ts");
  const source = readSource(nameOf(file));
  const find = createResolver(source.name);
  const noted: Resolver = (path, from) => {
    const found = find(path, from);
    if (found !== null && !found.name.startsWith("std/")) read(resolve(found.name));
    return found;
  };
  return compileModule(source, {
    ...(dims && { dims }),
    ...(variants && { variants }),
    ...(entries && { entries }),
    ...(taps && { taps }),
    ...(mode && { mode }),
    ...(target && { target }),
    resolve: noted,
  });
}

async function artefactOf(
  compiled: CompiledModule,
  { mode = "fast", target = "wasm", optimizerState = false, inline = false, full = false }: ModelOptions,
  weights: string | undefined,
  urlOf: (file: DataFile) => string,
): Promise<Artefact> {
  const { buildArtefact } = await import("../cli/build/artefact.ts");
  const session = weights === undefined ? undefined : await trained(compiled, weights, mode);
  return buildArtefact(compiled, {
    ...{ mode, target, optimizerState, inline, full, urlOf },
    ...(session && { weights: session }),
  });
}

async function trained(compiled: CompiledModule, weights: string, mode: "fast" | "strict") {
  const [{ createSession }, { loadTrained }] = await Promise.all([
    import("../runtime/session.ts"),
    import("../cli/host/weights.ts"),
  ]);
  const session = await createSession(compiled.plan, await compiled.code(), { mode });
  loadTrained(session, nameOf(weights));
  return session;
}

/** Errors in options and weights have no location. */
export function diagnosticsOf(error: unknown): readonly Diagnostic[] {
  if (error instanceof DiagnosticError) return error.diagnostics;
  if (!(error instanceof DlcError)) throw error;
  const { code, says, help } = error;
  return [{ code, says, ...(help !== undefined && { help }) }];
}

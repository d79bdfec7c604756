import type { CompiledModule, CompileOptions } from "../../compiler/index.ts";
import type { Source } from "../../dsl/span.ts";
import type { Session } from "../../runtime/session.ts";
import type { CompileFlags } from "../options.ts";
import { printDiagnostics } from "./errors.ts";
import { createResolver } from "./resolver.ts";

/** Loads the compiler when a command first needs it; `dlc --help` does not. */
const loadCompiler = () => import("../../compiler/index.ts");

export function compileOptions(
  source: Source,
  flags: CompileFlags,
  more: Partial<CompileOptions> = {},
): CompileOptions {
  return {
    dims: flags.dim,
    mode: flags.mode,
    target: flags.target,
    without: flags.without,
    resolve: createResolver(source.name),
    ...more,
  };
}

export async function compileSource(
  source: Source,
  flags: CompileFlags,
  more: Partial<CompileOptions> = {},
): Promise<CompiledModule> {
  const { compileModule } = await loadCompiler();
  const compiled = compileModule(source, compileOptions(source, flags, more));
  if (!flags.json) printDiagnostics(compiled.warnings, false);
  return compiled;
}

export async function startSession(compiled: CompiledModule, flags: CompileFlags): Promise<Session> {
  const [{ createSession }, { profileSteps }] = await Promise.all([
    import("../../runtime/session.ts"),
    import("../../runtime/profile.ts"),
  ]);
  return createSession(compiled.plan, await compiled.code(), {
    seed: flags.seed,
    mode: flags.mode,
    checks: flags.unchecked !== true,
    profiler: profileSteps,
  });
}

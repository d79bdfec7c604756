import { Command } from "commander";
import { withCompileOptions, withJson, type CompileFlags } from "../options.ts";

export function check(): Command {
  return withJson(withCompileOptions(new Command("check").description("prints the mistakes of models").argument("<files...>", ".dl files"))).action(
    async (files: readonly string[], flags: CompileFlags) => {
      const [{ checkSource }, { compileOptions }, { exitCodes, printDiagnostics }, { readSource }] = await Promise.all([
        import("../../compiler/index.ts"),
        import("../host/compiler.ts"),
        import("../host/report.ts"),
        import("../host/source.ts"),
      ]);
      const found = files.map(readSource).flatMap((source) => checkSource(source, compileOptions(source, flags)));
      if (found.length > 0 || flags.json) printDiagnostics(found, flags.json === true);
      if (found.length > 0) process.exitCode = exitCodes.diagnostics;
      else if (!flags.json) console.log(`${files.length === 1 ? files[0] : `${files.length} files`}: no mistakes`);
    },
  );
}

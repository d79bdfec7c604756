import { Command } from "commander";
import { withJson } from "../options.ts";

interface FmtFlags {
  readonly check?: true;
  readonly json?: true;
}

export function fmt(): Command {
  return withJson(
    new Command("fmt")
      .description("formats models")
      .argument("<files...>", ".dl files")
      .option("--check", "changes no file; exits with 1 if a file is not formatted"),
  ).action(async (files: readonly string[], flags: FmtFlags) => {
    const [{ format }, { diagnosticJson }, { exitCodes, printDiagnostics }, { readSources }, { writeWhole }] =
      await Promise.all([
        import("../../dsl/format.ts"),
        import("../../dsl/render.ts"),
        import("../host/errors.ts"),
        import("../host/source.ts"),
        import("../host/files.ts"),
      ]);
    const formatted = readSources(files).map((source) => ({ source, ...format(source) }));
    const mistakes = formatted.flatMap(({ diagnostics }) => diagnostics);
    if (mistakes.length > 0 && !flags.json) printDiagnostics(mistakes, false);
    const changed = formatted.flatMap(({ source, text }) =>
      text === null || text === source.text ? [] : [{ name: source.name, text }],
    );
    for (const { name, text } of changed) {
      if (!flags.check) writeWhole(name, text);
      if (!flags.json) console.log(flags.check ? `${name} would change` : name);
    }
    if (flags.json)
      console.log(
        JSON.stringify(
          { changed: changed.map(({ name }) => name), diagnostics: mistakes.map(diagnosticJson) },
          null,
          2,
        ),
      );
    if (mistakes.length > 0 || (flags.check && changed.length > 0)) process.exitCode = exitCodes.diagnostics;
  });
}

import { Command } from "commander";
import { withCompileOptions, withJson, type CompileFlags } from "../options.ts";

interface BisectFlags extends CompileFlags {
  readonly entry?: string;
}

export function bisect(): Command {
  return withJson(
    withCompileOptions(
      new Command("bisect")
        .description(
          "finds the first pass (or the code generator) that changes an entry's results, and reduces the graph to a few nodes that show it",
        )
        .argument("<file>", ".dl file")
        .option("--entry <name>", "the entry to bisect (default: the first)"),
    ),
  ).action(async (file: string, flags: BisectFlags) => {
    const [
      { bisect: find },
      { pipeline, requiredPasses },
      { compileOptions },
      { reject },
      { exitCodes, printDiagnostics },
      { entriesOf, entryNamed, readSource },
      { liveLine },
      report,
      { diagnosticJson },
    ] = await Promise.all([
      import("../../compiler/trust/bisect.ts"),
      import("../../compiler/pipeline.ts"),
      import("../host/compiler.ts"),
      import("../host/reject.ts"),
      import("../host/errors.ts"),
      import("../host/source.ts"),
      import("../host/terminal.ts"),
      import("../trust/bisect-report.ts"),
      import("../../dsl/render.ts"),
    ]);
    const source = readSource(file);
    const found = flags.entry === undefined ? entriesOf(source)[0] : entryNamed(source, flags.entry);
    const entry = found?.name.text ?? reject("E1020", `${source.name} has no entry`);
    const line = liveLine(process.stderr, flags.json !== true);
    const { verdict, assumed } = await find(source, {
      ...compileOptions(source, flags),
      entry,
      seed: flags.seed,
      onProgress: (says) => line.show(says),
    }).finally(() => line.clear());
    const bisected = {
      entry,
      code: flags.target === "wasm" ? `wasm (${flags.mode})` : flags.target,
      assumed,
      optional: new Set(pipeline.map(({ name }): string => name).filter((name) => !requiredPasses.has(name))),
    };
    const diagnostic = report.diagnosticOfVerdict(verdict, bisected);
    if (diagnostic !== null) process.exitCode = exitCodes.diagnostics;
    if (flags.json) {
      const diagnostics = diagnostic === null ? [] : [diagnosticJson(diagnostic)];
      console.log(JSON.stringify({ diagnostics, ...report.jsonOfVerdict(verdict, entry) }, null, 2));
      return;
    }
    if (diagnostic !== null) printDiagnostics([diagnostic], false);
    console.log(report.reportOfVerdict(verdict, bisected));
  });
}

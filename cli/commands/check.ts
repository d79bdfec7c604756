import { Command } from "commander";
import type { TestResult } from "../../compiler/index.ts";
import { withCompileOptions, withJson, type CompileFlags } from "../options.ts";

interface CheckFlags extends CompileFlags {
  readonly shapes?: true;
  readonly test?: true;
}

export function check(): Command {
  const command = withJson(withCompileOptions(new Command("check").description("prints the mistakes of models").argument("<files...>", ".dl files")))
    .option("--shapes", "prints the files with every inferred shape at the ends of lines")
    .option("--test", "runs the tests of the files, in the reference interpreter and in WebAssembly");
  return command.action(async (files: readonly string[], flags: CheckFlags) => {
    // Of the compiler only what is asked for: a check is to be over before it is waited for.
    const [{ checkSource }, { compileOptions }, { exitCodes, printDiagnostics }, { readSource }] = await Promise.all([
      import("../../compiler/check.ts"),
      import("../host/compiler.ts"),
      import("../host/report.ts"),
      import("../host/source.ts"),
    ]);
    const sources = files.map(readSource);
    const found = sources.flatMap((source) => checkSource(source, compileOptions(source, flags)));
    const tests: TestResult[] = [];
    if (found.length === 0 && flags.test) {
      const { runTests } = await import("../../compiler/run-tests.ts");
      for (const source of sources) tests.push(...(await runTests(source, compileOptions(source, flags))));
    }
    const failures = tests.flatMap((test) => test.failures);
    const wrong = [...found, ...failures];
    if (wrong.length > 0) process.exitCode = exitCodes.diagnostics;
    if (found.length === 0 && flags.shapes) {
      const { showShapes } = await import("../../compiler/shapes.ts");
      for (const source of sources) process.stdout.write(showShapes(source, compileOptions(source, flags)));
    } else if (wrong.length > 0 || flags.json) printDiagnostics(wrong, flags.json === true);
    else if (!flags.test) console.log(`${files.length === 1 ? files[0] : `${files.length} files`}: no mistakes`);
    if (flags.test && !flags.json && found.length === 0) console.log(told(tests));
  });
}

/** One line for each test, and how many passed. */
function told(tests: readonly TestResult[]): string {
  const passed = tests.filter((test) => test.failures.length === 0).length;
  return [...tests.map((test) => `${test.failures.length === 0 ? "ok  " : "FAIL"}  ${test.title}`), `${passed} of ${tests.length} tests passed`].join("\n");
}

import { Command, Option } from "commander";
import type { CompileOptions, Diagnostic, TestResult } from "../../compiler/index.ts";
import { isWarning } from "../../dsl/diagnostic.ts";
import type { Source } from "../../dsl/span.ts";
import { withCompileOptions, withJson, type CompileFlags } from "../options.ts";
import { variantsIn, withVariants, type VariantFlags } from "../variants.ts";

interface CheckFlags extends CompileFlags, VariantFlags {
  readonly shapes?: true;
  readonly test?: true;
  readonly verify?: true;
  readonly entry?: string;
}

export function check(): Command {
  const command = withJson(
    withCompileOptions(
      withVariants(
        new Command("check").description("reports errors in models").argument("<files...>", ".dl files"),
        "each is checked",
      ),
    ),
  )
    .option("--shapes", "prints the files with the inferred shapes at the end of each line")
    .option("--test", "runs the tests in the files, on --target")
    .addOption(
      new Option(
        "--verify",
        "runs every entry on random inputs, compares it with the reference interpreter and shows the largest errors; unset dims get a small size",
      ).conflicts(["shapes", "test"]),
    )
    .option("--entry <name>", "checks only this entry");
  return command.action(async (files: readonly string[], flags: CheckFlags) => {
    // Loads only the parts of the compiler that this check needs, so that it starts fast.
    const [{ checkSource }, { diagnosticJson }, { compileOptions }, { exitCodes, printDiagnostics }, { readSources }] =
      await Promise.all([
        import("../../compiler/inspect/check.ts"),
        import("../../dsl/render.ts"),
        import("../host/compiler.ts"),
        import("../host/errors.ts"),
        import("../host/source.ts"),
      ]);
    const sources = readSources(files);
    const options = (source: Source): CompileOptions =>
      compileOptions(source, flags, {
        ...variantsIn(flags),
        ...(flags.entry !== undefined && { entries: [flags.entry] }),
      });
    if (flags.without.length > 0) (await import("../../compiler/compile.ts")).checkedPasses(flags.without);
    const found = ofAll(sources.map((source) => checkSource(source, options(source))));
    const valid = found.every(isWarning);
    const tests: TestResult[] = [];
    if (valid && flags.test) {
      const { runTests } = await import("../../compiler/inspect/run-tests.ts");
      for (const source of sources)
        for await (const test of runTests(source, compileOptions(source, flags, variantsIn(flags)), [flags.target])) {
          tests.push(test);
          if (!flags.json) console.log(`${test.failures.length === 0 ? "ok  " : "FAIL"}  ${test.title}`);
        }
    }
    if (valid && !flags.json && (flags.verify || flags.shapes)) printDiagnostics(found, false);
    if (valid && flags.verify) return verify(sources, flags);
    const failures = tests.flatMap((test) => test.failures);
    const wrong = [...found, ...failures];
    if (!wrong.every(isWarning)) process.exitCode = exitCodes.diagnostics;
    if (valid && flags.shapes) {
      const { shapesIn, showShapes } = await import("../../compiler/inspect/shapes.ts");
      if (flags.json) {
        const shapes = sources.flatMap((source) =>
          shapesIn(source, options(source)).map((line) => ({ file: source.name, ...line })),
        );
        console.log(JSON.stringify({ diagnostics: found.map(diagnosticJson), shapes }, null, 2));
      } else for (const source of sources) process.stdout.write(showShapes(source, options(source)));
    } else if (wrong.length > 0 || flags.json) printDiagnostics(wrong, flags.json === true);
    if (!flags.shapes && !flags.json && !flags.test && valid)
      console.log(`${files.length === 1 ? files[0] : `${files.length} files`}: no errors`);
    if (flags.test && !flags.json && valid) {
      const passed = tests.filter((test) => test.failures.length === 0).length;
      console.log(`${passed} of ${tests.length} tests passed`);
    }
  });
}

/** The diagnostics of all files. One without a location, such as an unknown dim, counts if every file has it. */
function ofAll(found: readonly (readonly Diagnostic[])[]): readonly Diagnostic[] {
  const everywhere = (says: string): boolean => found.every((list) => list.some((d) => d.says === says));
  return found.flatMap((list, k) => list.filter((d) => d.at !== undefined || (k === 0 && everywhere(d.says))));
}

async function verify(sources: readonly Source[], flags: CheckFlags): Promise<void> {
  const [{ compileOptions }, { exitCodes, printDiagnostics }, { diagnosticJson }, trust] = await Promise.all([
    import("../host/compiler.ts"),
    import("../host/errors.ts"),
    import("../../dsl/render.ts"),
    import("../trust/verify.ts"),
  ]);
  const code = flags.target === "wasm" ? `wasm (${flags.mode})` : flags.target;
  const more = { ...variantsIn(flags), seed: flags.seed, ...(flags.entry !== undefined && { entries: [flags.entry] }) };
  const diagnostics: Diagnostic[] = [];
  const entries: unknown[] = [];
  for (const source of sources)
    for await (const verified of trust.verifySource(
      source,
      { ...compileOptions(source, flags), ...more },
      flags.json === true,
    )) {
      diagnostics.push(...[trust.diagnosticOf(verified, source.name, code)].filter((found) => found !== null));
      entries.push({ file: source.name, ...trust.verifiedJson(verified) });
      if (!flags.json) console.log(trust.showVerified(verified, code));
    }
  if (flags.json) console.log(JSON.stringify({ diagnostics: diagnostics.map(diagnosticJson), entries }, null, 2));
  else printDiagnostics(diagnostics, false);
  if (diagnostics.length > 0) process.exitCode = exitCodes.diagnostics;
}

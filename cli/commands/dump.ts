import { Command } from "commander";
import { withCompileOptions, withJson, type CompileFlags } from "../options.ts";
import { variantsIn, withVariants, type VariantFlags } from "../variants.ts";

interface DumpFlags extends CompileFlags, VariantFlags {
  readonly entry?: string;
  readonly stage: string;
  readonly verifyIr?: true;
  readonly origins?: true;
  readonly output?: string;
}

/** Columns of a dump in a terminal; files and pipes get whole lines. */
const widestDump = 120;

export function dump(): Command {
  return withJson(
    withCompileOptions(
      withVariants(
        new Command("dump")
          .description("prints a model at one stage of compilation: ast, graph, a pass, final, kernels, plan, wat, js")
          .argument("<file>", ".dl file")
          .option("--entry <name>", "the entry to print (default: the first)")
          .option("--stage <stage>", "ast, graph, the name of a pass, final, kernels, plan, wat or js", "final")
          .option(
            "--origins",
            "shows where each node of a graph comes from: layer, role, calls, and the nodes that it was made from",
          )
          .option("--verify-ir", "verifies the graph after every pass")
          .option("-o, --output <file>", "writes to a file"),
        "of several for an entry the first is used",
      ),
    ),
  ).action(async (file: string, flags: DumpFlags) => {
    const [{ dump: print }, { compileOptions }, { readSource, entriesOf, entryNamed }, { writeWhole }] =
      await Promise.all([
        import("../../compiler/index.ts"),
        import("../host/compiler.ts"),
        import("../host/source.ts"),
        import("../host/files.ts"),
      ]);
    const source = readSource(file);
    const entry = flags.entry === undefined ? entriesOf(source)[0] : entryNamed(source, flags.entry);
    const options = compileOptions(source, flags, { ...variantsIn(flags), verify: flags.verifyIr === true });
    const terminal = flags.output === undefined && flags.json !== true && process.stdout.isTTY;
    const text = print(source, {
      ...(terminal && { width: widestDump }),
      ...options,
      entry: entry?.name.text ?? "init",
      stage: flags.stage,
      origins: flags.origins === true,
    }).trimEnd();
    if (flags.output === undefined)
      console.log(
        flags.json ? JSON.stringify({ entry: entry?.name.text ?? "init", stage: flags.stage, text }, null, 2) : text,
      );
    else writeWhole(flags.output, `${text}\n`);
  });
}

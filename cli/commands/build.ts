import { Command, InvalidArgumentError, Option } from "commander";
import { byteCount, collect, withCompileOptions, withJson, type CompileFlags } from "../options.ts";
import type { Budget } from "../build/budget.ts";
import type { BuiltFiles } from "../build/files.ts";
import { variantsIn, withVariants, type VariantFlags } from "../variants.ts";

interface BuildFlags extends CompileFlags, VariantFlags, Budget {
  readonly output: string;
  readonly entry: readonly string[];
  readonly tap: Taps;
  readonly weights?: string;
  readonly page?: true;
  readonly labels?: string;
}

export function build(): Command {
  return withJson(
    withCompileOptions(
      withVariants(
        new Command("build")
          .description("writes a folder that runs and trains the model without the compiler")
          .argument("<file>", ".dl file")
          .requiredOption("-o, --output <folder>", "the folder to write")
          .option("--entry <name>", "an entry to build; repeatable (default: all)", collect, [])
          .option(
            "--tap <entry:part>",
            "also returns a part of a model from an entry, such as predict:Net.block1; repeatable",
            collectTap,
            {},
          )
          .option("--weights <file>", "weights to include (.safetensors; default: initial values from the seed)")
          .option(
            "--budget-bytes <N>",
            "fails if one host downloads more, compressed with gzip and without the weights; such as 30000, 30k or 2M",
            byteCount,
          )
          .option("--budget-arena <N>", "fails if the memory of the model is larger", byteCount)
          .option("--page", "also writes a page that runs the model: index.html, for any static server")
          .addOption(
            new Option("--labels <file>", "names of classes or tokens for the page, one per line").implies({
              page: true,
            }),
          ),
        "each call uses the variant that matches its inputs",
      ),
    ),
  ).action(async (file: string, flags: BuildFlags) => {
    const [
      { builtFiles },
      { fileSize, reportText },
      { moduleSizes },
      { checkBudget },
      { pageFiles },
      { compileSource, startSession },
      { reject },
      { readText, writeWhole },
      { readSource },
      { thousands, table },
      { loadTrained },
      { join },
    ] = await Promise.all([
      import("../build/files.ts"),
      import("../build/report.ts"),
      import("../build/kernel-sizes.ts"),
      import("../build/budget.ts"),
      import("../build/page.ts"),
      import("../host/compiler.ts"),
      import("../host/reject.ts"),
      import("../host/files.ts"),
      import("../host/source.ts"),
      import("../host/terminal.ts"),
      import("../host/weights.ts"),
      import("node:path"),
    ]);
    const { target } = flags;
    if (target === "reference")
      return reject("E1008", "the target `reference` cannot be built: it is an interpreter", "use --target wasm or js");
    const more = {
      ...(flags.entry.length > 0 && { entries: flags.entry }),
      ...variantsIn(flags),
      ...(Object.keys(flags.tap).length > 0 && { taps: flags.tap }),
    };
    const compiled = await compileSource(readSource(file), flags, more);
    const session = await startSession(compiled, flags);
    if (flags.weights !== undefined) loadTrained(session, flags.weights);
    const model = builtFiles(compiled, session, target, flags.mode);
    const sizesOf = (some: BuiltFiles) => [...some].map(([name, data]) => fileSize(name, data));
    const built = { code: compiled, files: sizesOf(model), modules: moduleSizes(compiled, target, flags.mode) };
    checkBudget(built, flags);
    const labels = flags.labels === undefined ? [] : linesOf(readText(flags.labels));
    const page: BuiltFiles = flags.page === true ? await pageFiles(compiled.plan, labels) : new Map();
    const files = new Map([...model, ...page]);
    for (const [name, data] of [...files, ["report.txt", reportText(built)] as const])
      writeWhole(join(flags.output, name), data);
    const sizes = sizesOf(files);
    if (flags.json) console.log(JSON.stringify({ folder: flags.output, files: sizes }));
    else
      console.log(
        table([
          ["file", "bytes", "gzip"],
          ...sizes.map(({ name, bytes, gzip }) => [join(flags.output, name), thousands(bytes), thousands(gzip)]),
        ]),
      );
  });
}

/** Without an empty line at the end. */
const linesOf = (text: string): readonly string[] => text.replace(/\r?\n$/, "").split(/\r?\n/);

/** Paths of parts by entry. */
type Taps = Readonly<Record<string, readonly string[]>>;

function collectTap(text: string, before: Taps): Taps {
  const [, entry, path] = /^([A-Za-z_]\w*):(.+)$/.exec(text) ?? [];
  if (entry === undefined || path === undefined)
    throw new InvalidArgumentError("Expected an entry and a part, such as predict:Net.block1.");
  const known = Object.hasOwn(before, entry) ? (before[entry] ?? []) : [];
  return Object.fromEntries([...Object.entries(before), [entry, [...known, path]]]);
}

import { Command, InvalidArgumentError } from "commander";
import { withCompileOptions, withJson, type CompileFlags } from "../options.ts";

interface BuildFlags extends CompileFlags {
  readonly output: string;
  readonly entry: readonly string[];
  readonly variant: readonly Readonly<Record<string, number>>[];
  readonly weights?: string;
}

export function build(): Command {
  return withJson(
    withCompileOptions(
      new Command("build")
        .description("writes a folder that runs and trains the model without the compiler")
        .argument("<file>", ".dl file")
        .requiredOption("-o, --output <folder>", "the folder to write")
        .option(
          "--entry <name>",
          "an entry to build; repeatable (default: all)",
          (name: string, before: readonly string[]) => [...before, name],
          [],
        )
        .option(
          "--variant <dims>",
          "a set of dims, such as N=1 or N=1,T=64; repeatable; each call uses the variant that matches its inputs",
          collectVariant,
          [],
        )
        .option("--weights <file>", "weights to include (.safetensors; default: initial values from the seed)"),
    ),
  ).action(async (file: string, flags: BuildFlags) => {
    const [
      { builtFiles },
      { compileSource, startSession },
      { reject },
      { writeWhole },
      { readSource },
      { thousands, table },
      { loadTrained },
      { gzipSync },
      { join },
    ] = await Promise.all([
      import("../build/files.ts"),
      import("../host/compiler.ts"),
      import("../host/reject.ts"),
      import("../host/files.ts"),
      import("../host/source.ts"),
      import("../host/terminal.ts"),
      import("../host/weights.ts"),
      import("node:zlib"),
      import("node:path"),
    ]);
    const { target } = flags;
    if (target === "reference")
      return reject("E1008", "the target `reference` cannot be built: it is an interpreter", "use --target wasm or js");
    const more = {
      ...(flags.entry.length > 0 && { entries: flags.entry }),
      ...(flags.variant.length > 0 && { variants: flags.variant }),
    };
    const compiled = await compileSource(readSource(file), flags, more);
    const session = await startSession(compiled, flags);
    if (flags.weights !== undefined) loadTrained(session, flags.weights);
    const files = [...builtFiles(compiled, session, target, flags.mode)].map(([name, data]) => ({
      name,
      data,
      bytes: Buffer.byteLength(data),
      gzip: gzipSync(data).length,
    }));
    for (const { name, data } of files) writeWhole(join(flags.output, name), data);
    const sizes = files.map(({ name, bytes, gzip }) => ({ name, bytes, gzip }));
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

function collectVariant(
  text: string,
  before: readonly Readonly<Record<string, number>>[],
): Readonly<Record<string, number>>[] {
  const pairs = text.split(",").map((pair) => /^([A-Za-z_]\w*)=(\d{1,10})$/.exec(pair));
  return [
    ...before,
    Object.fromEntries(pairs.map((match) => (match === null ? misspelt() : [match[1], Number(match[2])]))),
  ];
}

function misspelt(): never {
  throw new InvalidArgumentError("Expected sizes such as N=1 or N=1,T=64.");
}

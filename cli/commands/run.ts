import { Command } from "commander";
import { collect, collectPairs, withCompileOptions, withJson, withUnchecked, type CompileFlags } from "../options.ts";
import type { Tensor } from "../../runtime/model.ts";

interface RunFlags extends CompileFlags {
  readonly entry: string;
  readonly input: ReadonlyMap<string, string>;
  readonly tap: readonly string[];
  readonly weights?: string;
  readonly output?: string;
}

export function run(): Command {
  return withJson(
    withUnchecked(
      withCompileOptions(
        new Command("run")
          .description("runs an entry on arrays in .npy files")
          .argument("<file>", ".dl file")
          .requiredOption("--entry <name>", "the entry to run")
          .option(
            "--input <name=file.npy>",
            "an input; repeatable. Unset dims are inferred from the shapes",
            collectPairs,
            new Map(),
          )
          .option("--tap <part>", "also returns a part of a model, such as Net.block1; repeatable", collect, [])
          .option("--weights <file>", "weights to load (.safetensors; default: initial values from the seed)")
          .option("-o, --output <folder>", "writes each output to a .npy file in this folder"),
      ),
    ),
  ).action(async (file: string, flags: RunFlags) => {
    const [
      { readNpy, writeNpy },
      { compileSource, startSession },
      files,
      { readSource, entryNamed, inferDims },
      { loadTrained },
      { join },
    ] = await Promise.all([
      import("../../compiler/formats/npy.ts"),
      import("../host/compiler.ts"),
      import("../host/files.ts"),
      import("../host/source.ts"),
      import("../host/weights.ts"),
      import("node:path"),
    ]);
    const source = readSource(file);
    const entry = entryNamed(source, flags.entry);
    const inputs = new Map([...flags.input].map(([name, path]) => [name, readNpy(files.readBytes(path), path)]));
    const dims = { ...inferDims(entry, new Map([...inputs].map(([name, { shape }]) => [name, shape]))), ...flags.dim };
    const compiled = await compileSource(source, flags, {
      dims,
      entries: [flags.entry],
      ...(flags.tap.length > 0 && { taps: { [flags.entry]: flags.tap } }),
    });
    const session = await startSession(compiled, flags);
    if (flags.weights !== undefined) loadTrained(session, flags.weights);
    const outputs = Object.entries(session.run(flags.entry, Object.fromEntries(inputs)));
    if (flags.json)
      console.log(
        JSON.stringify(
          Object.fromEntries(outputs.map(([name, tensor]) => [name, { ...tensor, data: [...tensor.data] }])),
        ),
      );
    else for (const [name, tensor] of outputs) console.log(show(name, tensor));
    if (flags.output !== undefined)
      for (const [name, tensor] of outputs) files.writeWhole(join(flags.output, `${name}.npy`), writeNpy(tensor));
  });
}

const mostShown = 12;

function show(name: string, { dtype, shape, data }: Tensor): string {
  const values = Array.from(data.subarray(0, mostShown), (value) => String(Number(value.toPrecision(6))));
  return `${name}: ${dtype}[${shape.join(",")}] = ${values.join(" ")}${data.length > mostShown ? " ..." : ""}`;
}

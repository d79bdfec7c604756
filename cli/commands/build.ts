import { Command, InvalidArgumentError } from "commander";
import type { Variants } from "../../compiler/index.ts";
import { collect, withCompileOptions, withJson, type CompileFlags } from "../options.ts";

interface BuildFlags extends CompileFlags {
  readonly output: string;
  readonly entry: readonly string[];
  readonly variant: readonly Variant[];
  readonly tap: Taps;
  readonly weights?: string;
}

export function build(): Command {
  return withJson(
    withCompileOptions(
      new Command("build")
        .description("writes a folder that runs and trains the model without the compiler")
        .argument("<file>", ".dl file")
        .requiredOption("-o, --output <folder>", "the folder to write")
        .option("--entry <name>", "an entry to build; repeatable (default: all)", collect, [])
        .option(
          "--variant <dims>",
          "a set of dims, such as N=1 or N=1,T=64, for all entries or for one, as in predict:N=1; repeatable; each call uses the variant that matches its inputs",
          collectVariant,
          [],
        )
        .option(
          "--tap <entry:part>",
          "also returns a part of a model from an entry, such as predict:Net.block1; repeatable",
          collectTap,
          {},
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
      ...(flags.variant.length > 0 && { variants: variantsOf(flags.variant) }),
      ...(Object.keys(flags.tap).length > 0 && { taps: flags.tap }),
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

/** `predict:N=1,T=64`; the entry is null for sizes of all entries. */
interface Variant {
  readonly entry: string | null;
  readonly dims: Readonly<Record<string, number>>;
}

function collectVariant(text: string, before: readonly Variant[]): readonly Variant[] {
  const [, entry = null, sizes = ""] = /^(?:([A-Za-z_]\w*):)?(.*)$/.exec(text) ?? [];
  if (before.some((other) => (other.entry === null) !== (entry === null)))
    throw new InvalidArgumentError("Give every variant an entry, as in predict:N=1, or none of them.");
  const pairs = sizes.split(",").map((pair) => /^([A-Za-z_]\w*)=(\d{1,10})$/.exec(pair));
  const dims = Object.fromEntries(
    pairs.map((match) => (match === null ? misspelt() : ([match[1], Number(match[2])] as const))),
  );
  return [...before, { entry, dims }];
}

/** The option `variants` of the compiler. */
function variantsOf(given: readonly Variant[]): Variants {
  if (given.some(({ entry }) => entry === null)) return given.map(({ dims }) => dims);
  return Object.fromEntries(
    [...new Set(given.map(({ entry }) => entry ?? ""))].map((name) => [
      name,
      given.filter(({ entry }) => entry === name).map(({ dims }) => dims),
    ]),
  );
}

/** Paths of parts by entry. */
type Taps = Readonly<Record<string, readonly string[]>>;

function collectTap(text: string, before: Taps): Taps {
  const [, entry, path] = /^([A-Za-z_]\w*):(.+)$/.exec(text) ?? [];
  if (entry === undefined || path === undefined)
    throw new InvalidArgumentError("Expected an entry and a part, such as predict:Net.block1.");
  const known = Object.hasOwn(before, entry) ? (before[entry] ?? []) : [];
  return Object.fromEntries([...Object.entries(before), [entry, [...known, path]]]);
}

function misspelt(): never {
  throw new InvalidArgumentError("Expected sizes such as N=1, N=1,T=64 or predict:N=1.");
}

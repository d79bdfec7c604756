import { Command, InvalidArgumentError } from "commander";
import { positiveNumber, withCompileOptions, withJson, withUnchecked, type CompileFlags } from "../options.ts";
import { variantsIn, withVariants, type VariantFlags } from "../variants.ts";
import type { Source } from "../../dsl/span.ts";

interface BenchFlags extends CompileFlags, VariantFlags {
  readonly entry?: string;
  readonly product?: readonly [number, number, number];
  readonly ms: number;
}

export function bench(): Command {
  return withJson(
    withUnchecked(
      withCompileOptions(
        withVariants(
          new Command("bench")
            .description("measures an entry: total time, time per kernel, share of the machine's peak, and memory use")
            .argument("[file]", ".dl file")
            .option("--entry <name>", "the entry to measure (default: the first)")
            .option("--product <MxKxN>", "measures one matrix product of that size instead of a file", product)
            .option("--ms <N>", "milliseconds to measure for", positiveNumber, 1000),
          "of several for an entry the first is used",
        ),
      ),
    ),
  ).action(async (file: string | undefined, flags: BenchFlags) => {
    const [
      { compileSource, startSession },
      { reject },
      { entriesOf, entryNamed, readSource },
      { peakMeter },
      { measure },
      { breakDown },
      { showMeasurement },
      { originsOfCalls },
    ] = await Promise.all([
      import("../host/compiler.ts"),
      import("../host/reject.ts"),
      import("../host/source.ts"),
      import("../measure/peak.ts"),
      import("../measure/measure.ts"),
      import("../measure/origins.ts"),
      import("../measure/show.ts"),
      import("../../compiler/inspect/kernel-origins.ts"),
    ]);
    if (flags.product !== undefined && (file ?? flags.entry) !== undefined)
      reject("E1009", "`--product` measures a product, not a file", "omit one of the two");
    if (flags.target === "reference")
      reject("E1008", "the target `reference` cannot be measured: it has no kernels", "use --target wasm or js");
    const source =
      flags.product !== undefined
        ? productSource(flags.product)
        : file === undefined
          ? reject("E1009", "nothing to measure", "give a .dl file, or --product 512x512x512")
          : readSource(file);
    const name =
      (flags.entry === undefined ? entriesOf(source)[0] : entryNamed(source, flags.entry))?.name.text ??
      reject("E1020", `${source.name} has no entry`);
    const compiled = await compileSource(source, flags, { ...variantsIn(flags), entries: [name], profile: true });
    const session = await startSession(compiled, flags);
    const entry =
      compiled.plan.entries.find((candidate) => candidate.name === name) ??
      reject("E1020", `${source.name} has no entry \`${name}\``);
    const found = measure(session, entry, flags.ms, flags.target === "wasm" ? await peakMeter(flags.mode) : null);
    const breakdown = breakDown(found.kernels, originsOfCalls(compiled, entry.steps));
    if (flags.json) {
      const { arenaBytes } = compiled.plan;
      console.log(
        JSON.stringify({
          entry: name,
          dims: entry.dims,
          ...found,
          ...breakdown,
          arenaBytes,
          scratchBytes: entry.scratchBytes,
          liveBytes: entry.liveBytes,
        }),
      );
    } else console.log(showMeasurement(compiled.plan, entry, found, breakdown));
  });
}

const productSource = ([m, k, n]: readonly [number, number, number]): Source => ({
  name: "<product>",
  text: `dl 1\n\nentry product(a: f32[${m}, ${k}], b: f32[${k}, ${n}]) {\n  { y: a @ b }\n}\n`,
});

function product(text: string): readonly [number, number, number] {
  const [, m, k, n] = /^(\d{1,6})x(\d{1,6})x(\d{1,6})$/.exec(text) ?? [];
  if (m === undefined || k === undefined || n === undefined)
    throw new InvalidArgumentError("Expected a size such as 512x512x512.");
  return [Number(m), Number(k), Number(n)];
}

import { Command } from "commander";
import type { Summary } from "../../compiler/index.ts";
import { withCompileOptions, withJson, type CompileFlags } from "../options.ts";
import { table, thousands } from "../host/terminal.ts";

interface SummaryFlags extends CompileFlags {
  readonly entry?: string;
}

export function summary(): Command {
  return withJson(
    withCompileOptions(
      new Command("summary")
        .description("prints the layers of a model with their output shapes, params and FLOPs")
        .argument("<file>", ".dl file")
        .option("--entry <name>", "the entry to summarize (default: the first)"),
    ),
  ).action(async (file: string, flags: SummaryFlags) => {
    const [{ summarize }, { compileOptions }, { readSource }] = await Promise.all([
      import("../../compiler/index.ts"),
      import("../host/compiler.ts"),
      import("../host/source.ts"),
    ]);
    const source = readSource(file);
    if (flags.without.length > 0) (await import("../../compiler/compile.ts")).checkedPasses(flags.without);
    const result = summarize(source, flags.entry ?? null, compileOptions(source, flags));
    console.log(flags.json ? JSON.stringify(result, null, 2) : drawn(result));
  });
}

/** The first few, and how many there are beside them. */
const shownOf = (names: readonly string[], most = 8): string =>
  [...names.slice(0, most), ...(names.length > most ? [`${names.length - most} other layers`] : [])].join(", ");

/** A table with a row per application of a layer, indented by nesting depth, and the totals below. */
export function drawn({ entry, inputs, rows, params, paramBytes, untrained, states, flops, assumed }: Summary): string {
  const cells = [
    ["layer", "output shape", "params", "FLOPs"],
    ...inputs.map(({ name, shape, indices }) => [name, indices === undefined ? shape : `${shape} ${indices}`, "", ""]),
    ...rows.map(({ name, path, depth, output, params: own, flops: work }) => [
      `${"  ".repeat(depth)}${path === "" || path === name ? name : `${path.split(".").at(-1)} (${name})`}`,
      output,
      own === 0 ? "" : thousands(own),
      work === 0 ? "" : thousands(work),
    ]),
  ];
  const text = table(cells).split("\n");
  const line = "-".repeat(Math.max(...text.map((row) => row.length)));
  const kept = Object.entries(untrained).map(([layer, count]) => `${layer} (${thousands(count)} params)`);
  const totals = [
    `entry ${entry}: ${thousands(params)} params (${(paramBytes / 1024).toFixed(1)} KiB), ${thousands(states)} values of state, ${(flops / 1e6).toFixed(3)} MFLOP per call`,
    ...(kept.length > 0 ? [`not trained: ${shownOf(kept)}`] : []),
    ...(assumed.length > 0 ? [`with ${assumed.join(", ")}`] : []),
  ];
  return [text[0] ?? "", line, ...text.slice(1), line, ...totals].join("\n");
}

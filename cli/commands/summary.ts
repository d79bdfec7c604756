import { Command } from "commander";
import type { Summary, SummaryRow } from "../../compiler/index.ts";
import { withCompileOptions, withJson, type CompileFlags } from "../options.ts";
import { variantsIn, withVariants, type VariantFlags } from "../variants.ts";
import { table, thousands } from "../host/terminal.ts";

interface SummaryFlags extends CompileFlags, VariantFlags {
  readonly entry?: string;
}

export function summary(): Command {
  return withJson(
    withCompileOptions(
      withVariants(
        new Command("summary")
          .description(
            "prints the layers of a model with their output shapes, params and FLOPs, and the work and memory of an entry",
          )
          .argument("<file>", ".dl file")
          .option("--entry <name>", "the entry to summarize (default: the first)"),
        "of several for an entry the first is used",
      ),
    ),
  ).action(async (file: string, flags: SummaryFlags) => {
    const [{ summarize }, { compileOptions }, { readSource }] = await Promise.all([
      import("../../compiler/index.ts"),
      import("../host/compiler.ts"),
      import("../host/source.ts"),
    ]);
    const source = readSource(file);
    if (flags.without.length > 0) (await import("../../compiler/compile.ts")).checkedPasses(flags.without);
    const result = summarize(source, flags.entry ?? null, compileOptions(source, flags, variantsIn(flags)));
    console.log(flags.json ? JSON.stringify(result, null, 2) : drawn(result));
  });
}

/** The first few, and how many there are beside them. */
const shownOf = (names: readonly string[], most = 8): string =>
  [...names.slice(0, most), ...(names.length > most ? [`${names.length - most} other layers`] : [])].join(", ");

const showSlot = (dtype: string, shape: string): string => `${dtype}${shape}`;
const size = (bytes: number): string =>
  bytes < 2 ** 20 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
const mflop = (flops: number): string => `${(flops / 1e6).toFixed(3)} MFLOP`;

/** The row of the layer around this one. */
const outerOf = (rows: Summary["rows"], i: number): SummaryRow | undefined =>
  rows.slice(0, i).findLast(({ depth }) => depth < (rows[i]?.depth ?? 0));

/** The path within the layer around it, and the layer that it applies: `repeat1.0.dense1 (dense)`. */
function titleOf({ name, path }: SummaryRow, outer: SummaryRow | undefined): string {
  if (path === "" || path === name) return name;
  const inner = outer !== undefined && path.startsWith(`${outer.path}.`) ? path.slice(outer.path.length + 1) : path;
  return `${inner} (${name})`;
}

/** A table with a row per application of a layer, indented by nesting depth, and the totals below. */
export function drawn({ entry, inputs, outputs, rows, params, untrained, states, flops, ...more }: Summary): string {
  const { work, memory, assumed } = more;
  const cells = [
    ["layer", "output shape", "params", "FLOPs"],
    ...inputs.map(({ name, shape, dtype, indices }) => [
      name,
      `${showSlot(dtype, shape)}${indices === undefined ? "" : ` ${indices}`}`,
      "",
      "",
    ]),
    ...rows.map((row, i) => [
      `${"  ".repeat(row.depth)}${titleOf(row, outerOf(rows, i))}`,
      row.output,
      row.params === 0 ? "" : thousands(row.params),
      row.flops === 0 ? "" : thousands(row.flops),
    ]),
  ];
  const text = table(cells).split("\n");
  const line = "-".repeat(Math.max(...text.map((row) => row.length)));
  const kept = Object.entries(untrained).map(([layer, count]) => `${layer} (${thousands(count)} params)`);
  const parts = Object.entries(work).filter(([part, count]) => part === "forward" || count > 0);
  const tensors = Object.entries(memory).filter(([part, count]) => part !== "arena" && count > 0);
  const totals = [
    `entry ${entry}: ${thousands(params)} params (${size(memory.params)}), ${thousands(states)} values of state, ${mflop(flops)} per call`,
    `returns ${outputs.map(({ name, shape, dtype }) => `${name}: ${showSlot(dtype, shape)}`).join(", ")}`,
    `FLOPs (a multiply-add is 2): ${parts.map(([part, count]) => `${part} ${thousands(count)}`).join(", ")}`,
    `memory: ${size(memory.arena)}${tensors.length > 0 ? `, of which ${tensors.map(([part, count]) => `${part} ${size(count)}`).join(", ")}` : ""}`,
    ...(kept.length > 0 ? [`not trained: ${shownOf(kept)}`] : []),
    ...(assumed.length > 0 ? [`with ${assumed.join(", ")}`] : []),
  ];
  return [text[0] ?? "", line, ...text.slice(1), line, ...totals].join("\n");
}

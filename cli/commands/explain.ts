import { Command } from "commander";
import type { ReceptiveField } from "../../compiler/index.ts";
import { table } from "../host/terminal.ts";
import { type CompileFlags, withCompileOptions, withJson } from "../options.ts";

interface ExplainFlags extends CompileFlags {
  readonly receptiveField?: readonly string[];
  readonly entry?: string;
}

export function explain(): Command {
  const command = new Command("explain")
    .description("explains a diagnostic code, with an example and a fix; or what an output of a model depends on")
    .argument("<what>", "a code such as E0106 or dot-c2; with --receptive-field a .dl file")
    .option(
      "--receptive-field <names...>",
      "an output and an input: which elements of it the centre of the output needs",
    )
    .option("--entry <name>", "the entry of the output (default: the first)");
  return withJson(withCompileOptions(command)).action(async (what: string, flags: ExplainFlags) => {
    const { receptiveField: names } = flags;
    if (names !== undefined) return field(command, what, names, flags);
    const [{ explainCode, renderPage }, { hasColor }] = await Promise.all([
      import("../host/explain.ts"),
      import("../host/terminal.ts"),
    ]);
    const found = explainCode(what);
    console.log(
      flags.json
        ? JSON.stringify(found, null, 2)
        : renderPage(found.page, hasColor(process.stdout), Math.min(process.stdout.columns || 100, 100)),
    );
  });
}

async function field(command: Command, file: string, names: readonly string[], flags: ExplainFlags): Promise<void> {
  const [output, input] = names;
  if (output === undefined || input === undefined || names.length > 2)
    command.error("error: --receptive-field takes an output and an input, such as --receptive-field logits image");
  const [{ receptiveField }, { compileOptions }, { readSource }] = await Promise.all([
    import("../../compiler/index.ts"),
    import("../host/compiler.ts"),
    import("../host/source.ts"),
  ]);
  const source = readSource(file);
  const asked = { entry: flags.entry ?? null, output, input };
  const found = receptiveField(source, asked, compileOptions(source, flags));
  console.log(flags.json ? JSON.stringify(found, null, 2) : drawn(found));
}

/** A sentence, and a table with a row per axis of the input. */
function drawn({ entry, output, element, shape, input, axes, assumed }: ReceptiveField): string {
  const where = `${output}[${element.join(", ")}] of ${entry}, with shape [${shape.join(", ")}]`;
  const dims = assumed.length > 0 ? [`with ${assumed.join(", ")}`] : [];
  if (axes === null) return [`${where}, does not depend on ${input}`, ...dims].join("\n");
  const rows = axes.map(({ of, size, first, last, step, stride }, axis) => [
    String(axis),
    size === of ? `all ${of}` : `${size} of ${of}`,
    first === last ? String(first) : `${first} to ${last}`,
    step === null || step === 1 ? "" : String(step),
    stride === null ? "" : `${stride.by} per index of axis ${stride.axis}`,
  ]);
  const cells = [["axis", "size", "elements", "step", "moves"], ...rows];
  return [`${where}, depends on these elements of ${input}:`, table(cells), ...dims].join("\n");
}

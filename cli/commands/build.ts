import { Command, InvalidArgumentError, Option } from "commander";
import type { BuildFlags, Taps } from "../build/command.ts";
import { byteCount, collect, withCompileOptions, withJson } from "../options.ts";
import { withVariants } from "../variants.ts";

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
          .option(
            "--weights <file>",
            "trained weights to include (.safetensors; default: the model starts from its seed)",
          )
          .option("--optimizer-state", "with --weights: also the state of optimizers, so that training continues")
          .option(
            "--inline",
            "writes everything into module.mjs, for any bundler; with --page one page that needs no server",
          )
          .option("--hashed", "puts hashes of their contents into the names of the files that module.mjs loads")
          .option("--worker", "also client.mjs, which runs and trains the model in a worker of its own")
          .option("--full", "also the members that no entry needs, and errors that explain more (5 kB)")
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
    const { buildAction } = await import("../build/command.ts");
    await buildAction(file, flags);
  });
}

function collectTap(text: string, before: Taps): Taps {
  const [, entry, path] = /^([A-Za-z_]\w*):(.+)$/.exec(text) ?? [];
  if (entry === undefined || path === undefined)
    throw new InvalidArgumentError("Expected an entry and a part, such as predict:Net.block1.");
  const known = Object.hasOwn(before, entry) ? (before[entry] ?? []) : [];
  return Object.fromEntries([...Object.entries(before), [entry, [...known, path]]]);
}

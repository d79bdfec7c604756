import { Command } from "commander";
import { dataHelp } from "../data/sources.ts";
import { positiveNumber, withCompileOptions, withJson, withUnchecked } from "../options.ts";
import type { TrainFlags } from "../training/command.ts";

export function trainCommand(): Command {
  return withJson(
    withUnchecked(
      withCompileOptions(
        new Command("train")
          .description("trains a model, and saves its weights after every epoch")
          .argument("<file>", ".dl file")
          .requiredOption("--data <spec>", dataHelp)
          .option("--entry <name>", "the train entry (default: the only one, or `step`)")
          .option(
            "--predict <name>",
            "the entry whose logits or probs are evaluated on the test samples (default: `predict`, if there is one)",
          )
          .option("--epochs <N>", "total number of epochs, including those before --resume", positiveNumber, 5)
          .option("--batch <N>", "samples per step", positiveNumber, 64)
          .option("--batch-dim <name>", "the dim of the batch", "N")
          .option("--limit <N>", "uses only the first N samples", positiveNumber)
          .option(
            "--out <folder>",
            "the folder for history.ndjson, last.safetensors and best.safetensors (default: runs/<model>)",
          )
          .option("--weights <file>", "weights to start from (.safetensors; default: initial values from the seed)")
          .option(
            "--partial",
            "takes from --weights what fits, and prints the rest: a new head keeps its initial values",
          )
          .option("--resume", "continues the run in --out exactly where it stopped"),
      ),
    ),
  ).action(async (file: string, flags: TrainFlags) => {
    const { trainCommandAction } = await import("../training/command.ts");
    process.exitCode = await trainCommandAction(file, flags);
  });
}

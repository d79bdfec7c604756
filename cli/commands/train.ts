import { Command } from "commander";
import { positiveNumber, withCompileOptions, withJson } from "../options.ts";
import type { TrainFlags } from "../training/command.ts";

export function trainCommand(): Command {
  return withJson(
    withCompileOptions(
      new Command("train")
        .description("trains a model, and saves its weights after every epoch")
        .argument("<file>", ".dl file")
        .requiredOption("--data <spec>", "mnist (10,000 embedded digits) or mnist:FOLDER (IDX files)")
        .option("--entry <name>", "the train entry (the only one, or `step`, if absent)")
        .option("--predict <name>", "the entry whose logits or probs are scored on the test samples", "predict")
        .option("--epochs <N>", "epochs in all, those before a --resume included", positiveNumber, 5)
        .option("--batch <N>", "samples per step", positiveNumber, 64)
        .option("--batch-dim <name>", "the dim along which samples lie", "N")
        .option("--limit <N>", "the first N samples only", positiveNumber)
        .option("--out <folder>", "where history.ndjson, last.safetensors and best.safetensors go (runs/<model>, if absent)")
        .option("--resume", "goes on with the run in --out, as if it had never stopped"),
    ),
  ).action(async (file: string, flags: TrainFlags) => {
    const { trainCommandAction } = await import("../training/command.ts");
    process.exitCode = await trainCommandAction(file, flags);
  });
}

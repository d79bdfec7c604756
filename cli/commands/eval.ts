import { Command } from "commander";
import { dataHelp } from "../data/sources.ts";
import { positiveNumber, withCompileOptions, withJson, withUnchecked } from "../options.ts";
import type { DataFlags } from "../training/setup.ts";

interface EvalFlags extends DataFlags {
  readonly weights: string;
  readonly entry: string;
}

export function evaluateCommand(): Command {
  return withJson(
    withUnchecked(
      withCompileOptions(
        new Command("eval")
          .description("computes accuracy and loss of saved weights on the test samples")
          .argument("<file>", ".dl file")
          .requiredOption("--data <spec>", dataHelp)
          .requiredOption("--weights <file>", "weights (.safetensors)")
          .option("--entry <name>", "the entry whose logits or probs are evaluated", "predict")
          .option("--batch <N>", "samples per call", positiveNumber, 64)
          .option("--batch-dim <name>", "the dim of the batch", "N")
          .option("--limit <N>", "uses only the first N samples", positiveNumber),
      ),
    ),
  ).action(async (file: string, flags: EvalFlags) => {
    const [
      { compileForBatches, openLimited },
      { evaluate },
      { sampleEntry },
      { entryNamed, readSource },
      { loadTrained },
      { percent, thousands },
    ] = await Promise.all([
      import("../training/setup.ts"),
      import("../training/evaluate.ts"),
      import("../training/model.ts"),
      import("../host/source.ts"),
      import("../host/weights.ts"),
      import("../host/terminal.ts"),
    ]);
    const source = readSource(file);
    const entry = entryNamed(source, flags.entry).name.text;
    const dataset = openLimited(flags);
    const { session } = await compileForBatches(source, flags, [entry], [dataset.test.count]);
    loadTrained(session, flags.weights);
    const predict = sampleEntry(session, dataset, entry, flags);
    predict.check(dataset.test, flags.batch);
    const score = evaluate(predict, dataset.test, flags.batch);
    if (flags.json) console.log(JSON.stringify(score));
    else
      console.log(
        `accuracy ${percent(score.accuracy)}  loss ${score.loss.toFixed(4)}  on ${thousands(score.samples)} samples`,
      );
  });
}

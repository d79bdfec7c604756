import type { Command, Option } from "commander";
import { didYouMean } from "../../dsl/suggest.ts";

/** What other programs call an option: the option, or where the value is written instead. */
const otherNames: Readonly<Record<string, string>> = {
  "--dataset": "--data",
  "--batch-size": "--batch",
  "--epoch": "--epochs",
  "--output": "--out",
  "--checkpoint": "--weights",
  "--lr": "lr",
  "--learning-rate": "lr",
};

const inFile: Readonly<Record<string, string>> = {
  lr: "the learning rate is written in the file, as in `adam(lr: 1e-3)`",
};

/**
 * Rejects an unknown option with the one that was probably meant. Before the parser, which first reports an option that
 * is missing, as `--data` is if the user wrote `--dataset`.
 */
export function checkFlags(command: Command, args: readonly string[]): void {
  const known = new Map(command.options.flatMap((option) => namesOf(option).map((name) => [name, option] as const)));
  for (let i = 0; i < args.length && args[i] !== "--"; i++) {
    const [name = "", value] = (args[i] ?? "").split("=", 2);
    const option = known.get(name);
    if (option?.required === true && value === undefined) i++;
    if (option !== undefined || !name.startsWith("--") || name === "--help") continue;
    const names = [...known.keys()];
    const other = Object.hasOwn(otherNames, name) ? (otherNames[name] ?? "") : "";
    const near = names.includes(other) ? other : didYouMean(name, names);
    const help = inFile[other] ?? (near === null ? null : `Did you mean ${near}?`);
    command.error(`error: unknown option '${name}'${help === null ? "" : `\n(${help})`}`, {
      code: "commander.unknownOption",
    });
  }
}

const namesOf = ({ long, short }: Option): readonly string[] => [long, short].filter((name) => name !== undefined);

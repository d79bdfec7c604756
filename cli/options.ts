import { InvalidArgumentError, Option, type Command } from "commander";

/** What every command that compiles takes. */
export interface CompileFlags {
  readonly dim: Readonly<Record<string, number>>;
  readonly mode: "fast" | "strict";
  readonly target: "wasm" | "js" | "reference";
  readonly threads: number;
  readonly seed: number;
  readonly without: readonly string[];
  readonly json?: true;
}

export function withCompileOptions(command: Command): Command {
  return command
    .option("--dim <NAME=VALUE>", "size of a dim; repeats", collectDim, {})
    .addOption(
      new Option("--mode <mode>", "fast may round once in a multiply-add; strict gives the same bits everywhere").choices(["fast", "strict"]).default("fast"),
    )
    .addOption(new Option("--target <target>", "what to generate").choices(["wasm", "js", "reference"]).default("wasm"))
    .option("--threads <K>", "threads to run on", threads, 1)
    .option("--seed <N>", "seed of params and of every random draw", wholeNumber, 0)
    .option("--without <PASS>", "switches a pass off; repeats", (name: string, before: readonly string[]) => [...before, name], []);
}

export const withJson = (command: Command): Command => command.option("--json", "print JSON");

function collectDim(text: string, before: Readonly<Record<string, number>>): Record<string, number> {
  const [, name, size] = /^([A-Za-z_]\w*)=(\d{1,10})$/.exec(text) ?? [];
  if (name === undefined || size === undefined) throw new InvalidArgumentError("Write it as N=32.");
  if (Object.hasOwn(before, name)) throw new InvalidArgumentError(`The dim ${name} is given twice.`);
  return Object.fromEntries([...Object.entries(before), [name, Number(size)]]);
}

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new InvalidArgumentError("It must be an integer from 0.");
  return value;
}

export function positiveNumber(text: string): number {
  const value = wholeNumber(text);
  if (value === 0) throw new InvalidArgumentError("It must be an integer from 1.");
  return value;
}

function threads(text: string): number {
  if (positiveNumber(text) !== 1) throw new InvalidArgumentError("This version runs on one thread.");
  return 1;
}

/** `name=value` pairs of a repeated option. */
export function collectPairs(text: string, before: ReadonlyMap<string, string>): Map<string, string> {
  const at = text.indexOf("=");
  if (at < 1 || at === text.length - 1) throw new InvalidArgumentError("Write it as name=file.npy.");
  if (before.has(text.slice(0, at))) throw new InvalidArgumentError(`${text.slice(0, at)} is given twice.`);
  return new Map([...before, [text.slice(0, at), text.slice(at + 1)]]);
}

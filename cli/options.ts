import { InvalidArgumentError, Option, type Command } from "commander";

/** The options of every command that compiles. */
export interface CompileFlags {
  readonly dim: Readonly<Record<string, number>>;
  readonly mode: "fast" | "strict";
  readonly target: "wasm" | "js" | "reference";
  readonly threads: number;
  readonly seed: number;
  readonly without: readonly string[];
  readonly unchecked?: true;
  readonly json?: true;
}

export function withCompileOptions(command: Command): Command {
  return command
    .option("--dim <NAME=VALUE>", "size of a dim; repeatable", collectDim, {})
    .addOption(
      new Option("--mode <mode>", "fast may fuse multiply-adds; strict produces the same bits on every machine")
        .choices(["fast", "strict"])
        .default("fast"),
    )
    .addOption(new Option("--target <target>", "code to generate").choices(["wasm", "js", "reference"]).default("wasm"))
    .option("--threads <K>", "number of threads", threads, 1)
    .option("--seed <N>", "seed of the initial params and of all random numbers", wholeNumber, 0)
    .option("--without <PASS>", "disables a pass; repeatable", collect, []);
}

export const withUnchecked = (command: Command): Command =>
  command.option("--unchecked", "does not check that class labels and ids are in range (the nearest one is used)");

export const withJson = (command: Command): Command => command.option("--json", "print JSON");

function collectDim(text: string, before: Readonly<Record<string, number>>): Record<string, number> {
  const [, name, size] = /^([A-Za-z_]\w*)=(\d{1,10})$/.exec(text) ?? [];
  if (name === undefined || size === undefined) throw new InvalidArgumentError("Expected a size such as N=32.");
  if (Object.hasOwn(before, name)) throw new InvalidArgumentError(`The dim ${name} is given more than once.`);
  return Object.fromEntries([...Object.entries(before), [name, Number(size)]]);
}

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value))
    throw new InvalidArgumentError("Expected an integer that is at least 0.");
  return value;
}

export function positiveNumber(text: string): number {
  const value = wholeNumber(text);
  if (value === 0) throw new InvalidArgumentError("Expected an integer that is at least 1.");
  return value;
}

/** `30000`, `30k` or `1.5M`: the prefixes of SI. */
export function byteCount(text: string): number {
  const [, digits, prefix = ""] = /^(\d{1,12}(?:\.\d{1,6})?)([kM]?)$/.exec(text) ?? [];
  const bytes = Number(digits) * { "": 1, k: 1e3, M: 1e6 }[prefix as "" | "k" | "M"];
  if (!Number.isInteger(bytes)) throw new InvalidArgumentError("Expected a number of bytes such as 30000, 30k or 2M.");
  return bytes;
}

function threads(text: string): number {
  if (positiveNumber(text) !== 1) throw new InvalidArgumentError("Only one thread is supported in this version.");
  return 1;
}

/** The values of a repeated option. */
export const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

/** `name=value` pairs of a repeated option. */
export function collectPairs(text: string, before: ReadonlyMap<string, string>): Map<string, string> {
  const at = text.indexOf("=");
  if (at < 1 || at === text.length - 1) throw new InvalidArgumentError("Expected name=file.npy.");
  if (before.has(text.slice(0, at))) throw new InvalidArgumentError(`${text.slice(0, at)} is given more than once.`);
  return new Map([...before, [text.slice(0, at), text.slice(at + 1)]]);
}

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the `dlc` command as a user does, in a folder. */
export function dlc(folder: string, ...args: readonly string[]): Promise<Outcome> {
  return run(folder, [main, ...args]);
}

/** Runs `dlc` with a faulty compiler: the mutant of that name in `test/mutants`. */
export function mutatedDlc(folder: string, mutant: string, ...args: readonly string[]): Promise<Outcome> {
  return run(folder, ["--import", new URL("../mutants/hook.ts", import.meta.url).href, main, ...args], Infinity, {
    DLC_MUTANT: mutant,
  });
}

/** Runs Node; sends Ctrl-C once the output has `interruptAt` lines. */
export function run(
  folder: string,
  args: readonly string[],
  interruptAt = Infinity,
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      args,
      { cwd: folder, env: { ...process.env, NO_COLOR: "1", DLC_TRACE: "", ...env } },
      (_, stdout, stderr) => {
        resolve({ code: child.exitCode ?? -1, stdout, stderr });
      },
    );
    let lines = 0;
    child.stdout?.on("data", (text: string) => {
      const before = lines;
      lines += text.split("\n").length - 1;
      if (before < interruptAt && lines >= interruptAt) child.kill("SIGINT");
    });
  });
}

export const dlcInterrupted = (folder: string, lines: number, ...args: readonly string[]): Promise<Outcome> =>
  run(folder, [main, ...args], lines);

// Runs examples in JavaScript as a user would: in a folder of their own, where `dlc` is installed.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** `expression; // => value` */
const claim = /^(\s*)(.+); \/\/ => (.+)$/gm;

export const claimsOf = (example: string): number => example.match(claim)?.length ?? 0;

const withChecks = (example: string): string =>
  `import { check } from "./check.mjs";\n${example.replaceAll(claim, "$1check($2, $3);")}`;

const check = `import { deepStrictEqual } from "node:assert";
let count = 0;
export const checks = () => count;
export const check = (found, expected) => {
  count++;
  deepStrictEqual(found, expected);
};
`;

/** Writes an outcome for each file. */
const runner = `import { writeFileSync } from "node:fs";
import { checks } from "./check.mjs";
const outcomes = [];
for (const file of process.argv.slice(2)) {
  const before = checks();
  const error = await import(file).then(() => null, (error) => String(error.stack ?? error));
  outcomes.push({ claims: checks() - before, error });
}
writeFileSync("outcomes.json", JSON.stringify(outcomes));
`;

export interface Outcome {
  /** How many claims were checked. */
  readonly claims: number;
  readonly error: string | null;
}

/** A folder with files and `dlc`, which is removed in the end. */
export class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "dlc-examples-"));

  constructor(files: Readonly<Record<string, string>>) {
    mkdirSync(join(this.path, "node_modules"));
    symlinkSync(root, join(this.path, "node_modules/dlc"), "dir");
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.path, name), text);
  }

  /** Runs `dlc ...`. */
  command(line: string): void {
    const [, ...args] = line.replace(/^npx /, "").split(" ");
    this.#node(join(root, "cli/main.ts"), ...args);
  }

  /** Runs examples one after the other. */
  run(examples: readonly string[]): readonly Outcome[] {
    const files = examples.map((example, i) => {
      writeFileSync(join(this.path, `example-${i}.mjs`), withChecks(example));
      return `./example-${i}.mjs`;
    });
    writeFileSync(join(this.path, "check.mjs"), check);
    writeFileSync(join(this.path, "runner.mjs"), runner);
    this.#node("runner.mjs", ...files);
    return JSON.parse(readFileSync(join(this.path, "outcomes.json"), "utf8")) as readonly Outcome[];
  }

  #node(...args: readonly string[]): void {
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: this.path, encoding: "utf8" });
    if (status !== 0) throw new Error(`node ${args.join(" ")}\n${stderr}`);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}

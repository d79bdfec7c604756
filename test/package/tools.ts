import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url));

/** Other versions of Node and TypeScript, beside node_modules, because only this test needs their 400 MB. */
const cache = join(root, "node_modules/.cache/package-test");
const aliases = { node22: "node@22", node26: "node@26", typescript5: "typescript@5.9" } as const;

const pathOf = (alias: keyof typeof aliases): string => join(cache, "node_modules", alias);

export interface Ran {
  readonly ok: boolean;
  readonly text: string;
}

/** Runs a command as a shell does, with a version of Node, and without the settings of the test runner. */
export function run(command: string, cwd: string, node: string = process.execPath): Ran {
  const kept = Object.entries(process.env).filter(([name]) => !/^(npm_|NODE|VITEST)/i.test(name));
  const path = [join(cwd, "node_modules/.bin"), dirname(node), process.env["PATH"]].join(delimiter);
  const { status, stdout, stderr } = spawnSync(command, {
    cwd,
    env: { ...Object.fromEntries(kept), PATH: path, npm_config_update_notifier: "false" },
    shell: true,
    encoding: "utf8",
  });
  return { ok: status === 0, text: `${stdout}${stderr}` };
}

/** Null if all are there, or the reason why not. */
export function installTools(): string | null {
  const missing = Object.keys(aliases).some((alias) => !existsSync(join(cache, "node_modules", alias, "package.json")));
  if (!missing) return null;
  mkdirSync(cache, { recursive: true });
  const packages = Object.entries(aliases).map(([alias, name]) => `${alias}@npm:${name}`);
  const { ok, text } = run(
    `npm install --prefix . --prefer-offline --no-save --no-package-lock --no-audit --no-fund ${packages.join(" ")}`,
    cache,
  );
  return ok ? null : `the registry cannot be reached: ${text.trim().split("\n").at(-1)}`;
}

/** Node by major version: that which runs the tests, or one that was installed. */
export const nodes: Readonly<Record<string, string>> = {
  "22": join(pathOf("node22"), "bin/node"),
  "24": process.execPath,
  "26": join(pathOf("node26"), "bin/node"),
};

/** The compiler of TypeScript by version. */
export const compilers: Readonly<Record<string, string>> = {
  "5.9": join(pathOf("typescript5"), "bin/tsc"),
  "7": join(root, "node_modules/typescript/bin/tsc"),
};

export const majorOf = (node: string): string => /^v(\d+)/.exec(run(`"${node}" --version`, root).text)?.[1] ?? "none";

export const versionIn = (folder: string): string =>
  (JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { readonly version: string }).version;

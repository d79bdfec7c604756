import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url));

const here = join(root, "test/package");
const installed = join(here, "node_modules");

export interface Ran {
  readonly ok: boolean;
  readonly text: string;
}

/**
 * Runs a command as a shell does, with a version of Node, and without the settings of the test runner. Certificates
 * stay: npm may need them. What `npm ci` has fetched is not fetched again.
 */
export function run(command: string, cwd: string, node: string = process.execPath): Ran {
  const kept = Object.entries(process.env).filter(([name]) => !/^(npm_|NODE(?!_EXTRA_CA_CERTS)|VITEST)/i.test(name));
  const path = [join(cwd, "node_modules/.bin"), dirname(node), process.env["PATH"]].join(delimiter);
  const { status, stdout, stderr } = spawnSync(command, {
    cwd,
    env: {
      ...Object.fromEntries(kept),
      PATH: path,
      npm_config_update_notifier: "false",
      npm_config_prefer_offline: "true",
    },
    shell: true,
    encoding: "utf8",
  });
  return { ok: status === 0, text: `${stdout}${stderr}` };
}

const textOf = (path: string): string => (existsSync(path) ? readFileSync(path, "utf8") : "");

/** Installs the other versions of Node and TypeScript, unless they are there. Null, or the reason why they are not. */
export function installTools(): string | null {
  const lock = join(here, "package-lock.json");
  const last = join(installed, "installed-lock.json");
  if (textOf(last) === textOf(lock)) return null;
  const { ok, text } = run("npm ci --prefer-offline --no-progress --no-audit --no-fund", here);
  if (!ok) return `npm ci in test/package failed: ${text.trim()}`;
  copyFileSync(lock, last);
  return null;
}

const platform = `${process.platform}-${process.arch}`;

/** Node by major version: that which runs the tests, or one that was installed. */
export const nodes: Readonly<Record<string, string>> = Object.fromEntries(
  ["22", "24", "26"].map((major) => [
    major,
    process.versions.node.startsWith(`${major}.`)
      ? process.execPath
      : join(installed, `node-${major}-${platform}/bin/node`),
  ]),
);

/** The compiler of TypeScript by version. */
export const compilers: Readonly<Record<string, string>> = {
  "5.9": join(installed, "typescript-5/bin/tsc"),
  "7": join(root, "node_modules/typescript/bin/tsc"),
};

export const versionIn = (folder: string): string =>
  (JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { readonly version: string }).version;
